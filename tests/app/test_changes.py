"""The sentence on top of Overview says what changed, by how much, and which channels did it."""

from __future__ import annotations

import pytest

from app.changes import find_movers, relative, tell_change


def row(channel, orders, currency="EUR"):
    return {"channel": channel, "orders": orders, "currency": currency}


BASE = [row("direct", 250), row("meta_ads", 495), row("referral", 200), row("google_ads", 1000)]
NOW = [row("direct", 383), row("meta_ads", 477), row("referral", 138), row("google_ads", 1002)]


def figures(orders, spend, revenue):
    return {"orders": orders, "spend_minor": spend, "revenue_minor": revenue}


@pytest.mark.case("app/1")
def test_the_sentence_names_the_change_and_the_channels_behind_it():
    sentence = tell_change(figures(2000, 1015, 110), figures(1945, 1000, 100), find_movers(NOW, BASE))
    assert sentence == (
        "**Orders +2.8%** on spend +1.5%, revenue +10%. Most of the change: "
        "Direct +133 orders (+53%); Referral -62 orders (-31%)."
    )


def test_a_channel_in_two_currencies_counts_once_and_a_new_one_has_no_share():
    movers = find_movers(
        [row("meta_ads", 5), row("meta_ads", 7, "USD"), row("tiktok", 20)], [row("meta_ads", 2)]
    )
    assert [(m.channel, m.orders, m.share) for m in movers] == [("tiktok", 20, None), ("meta_ads", 10, 5.0)]
    assert movers[0].text() == "Tiktok +20 orders"


def test_no_change_and_no_base_are_said_so():
    assert tell_change(figures(10, 10, 10), figures(10, 10, 10), find_movers(NOW, NOW)) == (
        "**Orders unchanged** on spend unchanged, revenue unchanged; no channel stands out."
    )
    assert "no change can be told" in tell_change(figures(10, 5, 5), figures(0, 0, 0), [])
    assert (relative(None, 3), relative(3, 0), relative(3, None), relative(-1, -2)) == (None, None, None, 0.5)
