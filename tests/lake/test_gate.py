"""The gate lets through what is known to be sound and fresh, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import md5

import pytest

from lake.gate import DataUnsound, require_sound
from lake.published import ensure_tables
from lake.quality.result import Result, Verdict, judge
from lake.quality.store import RunMark, record_verdicts

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
DAY = timedelta(hours=26)
PUBLISHED = "INSERT INTO lake.publication VALUES (%s, %s, '{}', %s, 1, %s, 1, %s) ON CONFLICT DO NOTHING"
STATE = "the files as they are"


@pytest.fixture
def gate(warehouse, workspace):
    """Publish `ad_daily` as it is now, record verdicts, then ask the gate."""

    def ask(*verdicts, tables=("ad_daily",), now=NOW):
        with warehouse.publishing(workspace) as link:
            ensure_tables(link)
            link.execute(PUBLISHED, [workspace, "ad_daily", STATE, NOW, NOW])
            record_verdicts(link, RunMark(workspace, "run", NOW), verdicts)
        with warehouse.connect(workspace) as link:
            return require_sound(link, tables, max_age=DAY, now=now)

    return ask


def verdict(kind="ok", table="ad_daily", *, fresh=NOW, state=None, reasons=(), layer="silver"):
    return Verdict(
        layer,
        table,
        kind,
        kind == "stop",
        tuple(reasons),
        fresh,
        state or md5(f"{{}}{STATE}".encode()).hexdigest(),
    )


@pytest.mark.parametrize("kind", ["ok", "warn"])
def test_what_holds_or_only_warns_may_be_acted_on(gate, kind):
    [found] = gate(verdict(kind))
    assert (found.table, found.verdict) == ("ad_daily", kind)


def test_what_was_never_checked_is_refused(gate):
    with pytest.raises(DataUnsound, match=r"ad_daily: it was never checked\); run `spreaders load`"):
        gate()


def test_a_critical_failure_is_refused_and_told(gate):
    reason = "ad_daily: clicks are counted; seen: none."
    with pytest.raises(DataUnsound, match="clicks are counted") as refusal:
        gate(verdict("stop", reasons=[reason]))
    assert refusal.value.status == 409
    assert refusal.value.evidence["tables"] == {"ad_daily": reason}


def test_data_older_than_allowed_is_refused_from_that_hour_on(gate):
    assert gate(verdict(fresh=NOW - DAY))
    with pytest.raises(DataUnsound, match="its oldest load is 27 hours old, 26 are allowed"):
        gate(verdict(fresh=NOW - DAY), now=NOW + timedelta(hours=1))


def test_data_that_nothing_loaded_is_refused(gate):
    with pytest.raises(DataUnsound, match="nothing that feeds it was ever loaded"):
        gate(verdict(fresh=None))


def test_what_was_published_since_the_check_is_refused(gate):
    with pytest.raises(DataUnsound, match="published since it was last checked"):
        gate(verdict(state="an older state"))


def test_one_bad_table_of_several_is_the_one_named(gate):
    with pytest.raises(DataUnsound) as refusal:
        gate(verdict(), tables=("ad_daily", "touch"))
    assert set(refusal.value.evidence["tables"]) == {"touch"}


def test_another_workspace_s_verdict_counts_for_nothing(gate, warehouse):
    gate(verdict())
    with warehouse.connect("00000000-0000-4000-8000-0000000000ff") as link, pytest.raises(DataUnsound):
        require_sound(link, ["ad_daily"], max_age=DAY, now=NOW)


FAILED = Result(
    "silver", "order", "r", "c", "critical", False, "c holds", "2 of 9 rows break it", failing=2, rows=9
)


def test_a_mart_stops_with_the_table_it_is_made_from_and_is_as_fresh():
    parent = judge("silver", "order", [FAILED], fresh_at=NOW)
    mart = judge("mart", "fct_orders", [], inherited=[parent])
    assert (mart.verdict, mart.blocks, mart.fresh_at) == ("stop", True, NOW)
    assert mart.reasons == ("fct_orders is made from order, which does not hold.",)


def test_rows_that_were_set_aside_only_warn_and_anomalies_stop_actions_but_no_build():
    assert judge("silver", "order", [replace(FAILED, set_aside=2)]).verdict == "warn"
    assert judge("silver", "order", [replace(FAILED, set_aside=1)]).verdict == "stop"
    odd = judge("silver", "order", [replace(FAILED, kind="anomaly")])
    assert (odd.verdict, odd.blocks) == ("stop", False)
