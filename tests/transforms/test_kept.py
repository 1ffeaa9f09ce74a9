"""Models are built again only where their inputs changed, and then equal a build of everything."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from lake.warehouse import Warehouse
from tests.transforms import market
from tests.transforms.market import FIRST, LAST, OURS, THEIRS
from tests.transforms.test_build import MARTS, snapshot
from transforms import build as building
from transforms.build import build_models
from transforms.build_state import connect

BUILT = "SELECT model, parts FROM intermediate.build_changed WHERE built_at > '{before}' ORDER BY model"
FILES = (
    "SELECT relname, relfilenode FROM pg_class WHERE relnamespace = 'marts'::regnamespace AND relkind = 'r'"
)
ADS = "int_ads__unioned"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def warehouse(home: Path) -> Iterator[Warehouse]:
    with market.open_warehouse(home) as opened:
        market.fill(opened)
        # A neighbour of many months: what changes with us is little beside it, and is built by parts.
        market.put(opened, "order", [market.order(n, date(2026, n, 28)) for n in range(1, 9)], THEIRS)
        assert build_models(opened, home=home).ok
        yield opened


def ask(warehouse: Warehouse, query: str) -> list[tuple[object, ...]]:
    """Ask as dbt does: what it remembers is nobody else's to read."""
    with connect(warehouse.dbt_env()) as builder:
        return builder.execute(query.encode()).fetchall()


def change(warehouse: Warehouse, *statements: str) -> None:
    with warehouse.publishing(OURS) as link:
        for statement in statements:
            link.execute(statement.encode())
        market.remember(link)


def build(warehouse: Warehouse, home: Path) -> dict[str, str | None]:
    """Build; return for each kept model that was looked at: None for all, '' for nothing, else its parts."""
    ((before,),) = ask(warehouse, "SELECT max(built_at) FROM intermediate.build_changed")
    assert build_models(warehouse, home=home).ok
    return dict(ask(warehouse, BUILT.format(before=before)))


def test_nothing_is_built_again_when_nothing_changed(warehouse, home):
    before = ask(warehouse, FILES)
    result = build_models(warehouse, home=home)
    assert (result.models, result.tests, result.ok) == (0, 0, True)
    assert ask(warehouse, FILES) == before


def test_a_restated_day_builds_its_channel_and_month_again_and_nothing_that_does_not_read_it(warehouse, home):
    change(
        warehouse,
        "UPDATE lake.spend_daily SET spend_micros = 11000000"
        f" WHERE channel = 'meta_ads' AND day_on = '{LAST}'",
    )
    built = build(warehouse, home)
    part = f"('{OURS}', 'meta_ads', '2026-08')"
    assert (built[ADS], built["fct_ad_daily"], built["fct_spend_daily"]) == (part, part, part)
    # Where a day of any channel is one row, channels are mixed.
    mixed = ("fct_channel_daily", "fct_blended_daily", "fct_roi_daily", "fct_email_campaign")
    assert {built.get(name, "") for name in mixed} == {f"('{OURS}', '', '2026-08')", ""}
    day = f"('{OURS}', '{LAST}')"
    days = dict(ask(warehouse, "SELECT model, days FROM intermediate.build_changed WHERE parts <> ''"))
    assert {days[name] for name in (ADS, "fct_spend_daily", "fct_channel_daily")} == {day}
    # Orders are asked because a rate or a campaign's name might have changed; none did.
    assert (built["fct_orders"], built["int_orders__last_touch"]) == ("", "")
    untouched = {"int_orders__deduplicated", "fct_post_daily", "fct_funnel_daily", "fct_email_daily"}
    assert not untouched & set(built)


def test_another_project_is_looked_at_whole_and_only_changed_models_are_built(warehouse, home):
    ask(
        warehouse,
        "UPDATE intermediate.build_state SET fingerprint = 'of another query'"
        " WHERE (model = 'fct_ad_daily' AND input = 'code') OR model = '' RETURNING model",
    )
    built = build(warehouse, home)
    assert set(MARTS) <= set(built)
    assert {name for name, parts in built.items() if parts is None} == {"fct_ad_daily"}
    assert {parts for parts in built.values() if parts is not None} == {""}


def test_a_model_built_alone_leaves_those_that_read_it_to_the_next_build(warehouse, home):
    change(warehouse, "UPDATE lake.ad_daily SET clicks = clicks + 1 WHERE channel = 'meta_ads'")
    assert build_models(warehouse, home=home, select=ADS).ok
    built = build(warehouse, home)
    assert (built[ADS], built["fct_ad_daily"].count("'meta_ads'")) == ("", 2)


def test_a_check_that_does_not_hold_is_told_until_it_is_run_again(warehouse, home):
    failing = "UPDATE marts.check_result SET status = 'fail' WHERE check_name = 'money_without_a_rate'"
    ask(warehouse, failing + " RETURNING check_name")
    standing = build_models(warehouse, home=home)
    assert [(f.name, f.kind, standing.is_built) for f in standing.failures] == [
        ("money_without_a_rate", "check", True)
    ]
    change(warehouse, "UPDATE lake.ad_daily SET clicks = clicks + 1 WHERE channel = 'meta_ads'")
    assert build_models(warehouse, home=home).ok


def test_a_changed_view_builds_again_what_reads_through_it(warehouse, home, tmp_path, monkeypatch):
    project = shutil.copytree(building.PROJECT, tmp_path / "dbt")
    view = project / "models" / "intermediate" / "int_orders__unioned.sql"
    view.write_text(view.read_text() + "\n-- by another hand\nlimit 1000\n")
    monkeypatch.setattr(building, "PROJECT", project)
    changed = build(warehouse, home)
    monkeypatch.undo()
    assert changed["int_orders__deduplicated"] is None
    assert changed["fct_ad_daily"] == ""
    assert build(warehouse, home)["int_orders__deduplicated"] is None


def test_rows_doubled_in_a_changed_month_are_found_though_only_that_month_is_checked(warehouse, home):
    name = "unique_together_int_ads__unioned_"
    rows = f"channel = 'meta_ads' AND day_on = '{LAST}'"
    change(warehouse, f"INSERT INTO lake.ad_daily SELECT * FROM lake.ad_daily WHERE {rows}")
    found = {failure.name for failure in build_models(warehouse, home=home).failures}
    assert any(check.startswith(name) for check in found)
    asked = [file.read_text() for file in home.joinpath("dbt", "compiled").rglob("unique_together_*.sql")]
    part, day = f"in (('{OURS}', 'meta_ads', '{LAST:%Y-%m}'))", f"in (('{OURS}', '{LAST}'))"
    assert any("int_ads__unioned" in query and part in query and day in query for query in asked)

    change(warehouse, "UPDATE lake.touch SET page_path = '/other' WHERE event_id = 'visit 3'")
    assert found <= {failure.name for failure in build_models(warehouse, home=home).failures}

    change(warehouse, f"DELETE FROM lake.ad_daily WHERE {rows}")
    assert build_models(warehouse, home=home).ok


def test_ad_rows_that_no_model_reads_are_told_though_only_changed_days_are_counted(warehouse, home):
    row = market.ad("unread_ads", "act_2", LAST, "u us ua", spend_micros=1)
    market.put(warehouse, "ad_daily", [row])
    assert "every_ad_row_is_read" in {failure.name for failure in build_models(warehouse, home=home).failures}
    change(warehouse, "DELETE FROM lake.ad_daily WHERE channel = 'unread_ads'")
    assert build_models(warehouse, home=home).ok


def restate(dice: random.Random) -> list[str]:
    """Return statements as a bad week brings them: restated, late, deleted and cancelled rows."""
    day = FIRST + timedelta(days=dice.randrange((LAST - FIRST).days + 1))
    channel = dice.choice(["meta_ads", "google_ads"])
    number = dice.randrange(1, 60)
    late = date(2026, dice.choice([5, 6]), 9)
    kinds = [
        (
            f"UPDATE lake.ad_daily SET spend_micros = spend_micros + {number}, clicks = clicks + 1"
            f" WHERE channel = '{channel}' AND day_on = '{day}'"
        ),
        (
            f"UPDATE lake.spend_daily SET claim_window = '1d_view', spend_micros = spend_micros * 2"
            f" WHERE channel = '{channel}' AND day_on = '{day}'"
        ),
        (
            f"DELETE FROM lake.ad_daily WHERE channel = '{channel}'"
            f" AND day_on BETWEEN '{day:%Y-%m-01}' AND '{day}'"
        ),
        f"UPDATE lake.\"order\" SET is_cancelled = NOT is_cancelled WHERE order_id = '{number}'",
        f"UPDATE lake.\"order\" SET refunded_micros = {number} * 10000 WHERE order_id = '{number + 1}'",
        f"DELETE FROM lake.touch WHERE event_id = 'visit {number}'",
        (
            f"UPDATE lake.ad_daily SET day_on = '{late}', month = '{late:%Y-%m}'"
            f" WHERE channel = '{channel}' AND day_on = '{day}'"
        ),
    ]
    return dice.sample(kinds, 4)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_any_restatement_the_marts_equal_those_built_whole(warehouse, home, seed):
    change(warehouse, *restate(random.Random(seed)))
    result = build_models(warehouse, home=home)
    assert result.is_built
    incremental = snapshot(warehouse)
    assert build_models(warehouse, home=home, full_refresh=True).is_built
    assert snapshot(warehouse) == incremental


# All but the first touch few days, so that little is built whole for them: what they leave behind stays.
BY_DAY = {
    "goods cost more": "UPDATE lake.product SET unit_cost_micros = 45000000",
    "an order line of another day": """
        UPDATE lake.order_line SET day_on = '2026-08-21', net_micros = 50000000 WHERE order_id = '20'
    """,
    "that line is gone": "DELETE FROM lake.order_line WHERE order_id = '20'",
    "an order moves to another day": """
        UPDATE lake."order" SET day_on = '2026-08-12', ordered_at = '2026-08-12 12:00Z' WHERE order_id = '40'
    """,
    "an order is refunded": "UPDATE lake.\"order\" SET refunded_micros = 11900000 WHERE order_id = '33'",
    "a visit goes on over midnight": """
        INSERT INTO lake.touch (
            workspace_id, channel, account_id, stream, month, record_key, load_id, loaded_at, event_id, kind,
            occurred_at, day_on, anonymous_id, page_host, page_path
        )
        SELECT
            workspace_id, channel, account_id, stream, month, record_key, load_id, loaded_at, minute,
            'page_view', minute::timestamptz, left(minute, 10)::date, 'night', page_host, '/cart'
        FROM lake.touch CROSS JOIN (VALUES ('2026-08-05 23:50Z'), ('2026-08-06 00:10Z')) AS late (minute)
        WHERE event_id = 'again 5'
    """,
    "its second half is gone": "DELETE FROM lake.touch WHERE event_id = '2026-08-06 00:10Z'",
    "a purchase is not seen": "DELETE FROM lake.touch WHERE event_id = 'buy 35'",
    "a person is known in another browser": """
        UPDATE lake.touch SET person_key = 'p' WHERE event_id IN ('again 37', 'again 38')
    """,
    "campaigns spend in July": """
        UPDATE lake.ad_daily SET spend_micros = spend_micros * 3 WHERE day_on = '2026-07-20'
    """,
    "a campaign's days are gone": """
        DELETE FROM lake.ad_daily WHERE channel = 'google_ads' AND day_on >= '2026-08-29'
    """,
    "a day is spent in dollars": """
        UPDATE lake.ad_daily SET currency = 'USD' WHERE channel = 'meta_ads' AND day_on = '2026-08-10'
    """,
    "a mail is sent at another hour": """
        UPDATE lake.email_campaign SET sent_at = '2026-08-30 08:00Z' WHERE mail_id = 'mail 8'
    """,
    "no, it is not sent yet": "UPDATE lake.email_campaign SET sent_at = NULL WHERE mail_id = 'mail 8'",
    "its claims change": "UPDATE lake.email_campaign SET claimed_orders = 5 WHERE mail_id = 'mail 8'",
    "a page is seen in a month of nothing else": """
        UPDATE lake.account_daily SET day_on = '2026-03-30', month = '2026-03' WHERE day_on = '2026-06-30'
    """,
}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_changes_of_single_days_one_after_another_leave_nothing_behind(warehouse, home):
    for statement in BY_DAY.values():
        change(warehouse, statement)
        assert build_models(warehouse, home=home).is_built
    incremental = snapshot(warehouse)
    assert build_models(warehouse, home=home, full_refresh=True).is_built
    assert snapshot(warehouse) == incremental
