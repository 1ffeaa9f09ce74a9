"""One sentence says how complete the numbers are, and its dot is green only where nothing is missing."""

from __future__ import annotations

import pytest

from app.trust import tell_trust

pytestmark = pytest.mark.case("app/15")


def stream(channel, name, error=None):
    return {"channel": channel, "stream": name, "error": error}


def health(streams=(), gate=(), quarantine=()):
    return {
        "latest_on": "2026-10-31",
        "detail": {
            "freshness": list(streams),
            "quarantine": list(quarantine),
            "soundness": {"gate": [{"verdict": v, "is_stale": s} for v, s in gate]},
        },
    }


STREAMS = [stream("meta_ads", "ads"), stream("meta_ads", "campaigns"), stream("shopify", "orders")]


def test_complete_numbers_are_green():
    trust = tell_trust(health(STREAMS, [("ok", False)]))
    assert (trust.state, trust.sentence) == ("good", "Complete to 31 Oct 2026, 3 streams, nothing missing.")


@pytest.mark.parametrize(
    ("state", "missing", "changes"),
    [
        ("bad", "Shopify could not be read in full", {"streams": [*STREAMS, stream("shopify", "x", "401")]}),
        ("bad", "1 table is stopped by a failed check", {"gate": [("stop", False)]}),
        ("warning", "2 tables are out of date", {"gate": [("ok", True), ("warn", True)]}),
        ("warning", "1 record set aside as unreadable", {"quarantine": [{}]}),
    ],
)
def test_what_is_missing_is_named(state, missing, changes):
    trust = tell_trust(health(**{"streams": STREAMS, **changes}))
    assert trust.state == state
    assert missing in trust.sentence
    assert "Complete" not in trust.sentence


def test_before_the_first_build_there_are_no_numbers():
    assert tell_trust({"latest_on": None, "detail": None}).state == "bad"
