"""Models are built again only where their inputs changed, and then equal a build of everything."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest

from lake.warehouse import Warehouse
from tests.transforms import market
from tests.transforms.market import FIRST, LAST, OURS, THEIRS
from tests.transforms.test_build import MARTS, snapshot
from transforms.build import build_models

BUILT = "SELECT model, parts FROM intermediate.build_changed ORDER BY model"
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
        market.put(opened, "order", [market.order(1, LAST)], THEIRS)
        assert build_models(opened, home=home).ok
        yield opened


def ask(warehouse: Warehouse, query: str) -> list[tuple[object, ...]]:
    """Ask as dbt does: what it remembers is nobody else's to read."""
    env = warehouse.dbt_env()
    names = {"HOST": "host", "PORT": "port", "USER": "user", "DATABASE": "dbname"}
    address = {to: env[f"SPREADERS_DBT_{name}"] for name, to in names.items()}
    with psycopg.connect(**address, password=env["DBT_ENV_SECRET_PASSWORD"]) as builder:
        return builder.execute(query.encode()).fetchall()


def change(warehouse: Warehouse, *statements: str) -> None:
    with warehouse.publishing(OURS) as link:
        for statement in statements:
            link.execute(statement.encode())
        market.remember(link)


def build(warehouse: Warehouse, home: Path, **options: bool) -> dict[str, str | None]:
    """Build; return for each kept model what it built: None for all, '' for nothing, else its parts."""
    assert build_models(warehouse, home=home, **options).ok
    return dict(ask(warehouse, BUILT))


def test_nothing_is_built_again_when_nothing_changed(warehouse, home):
    before = ask(warehouse, FILES)
    built = build(warehouse, home)
    assert set(built.values()) == {""}
    assert set(MARTS) <= set(built)
    tables = {name: file for name, file in ask(warehouse, FILES) if name != "check_result"}
    assert tables == {name: file for name, file in before if name != "check_result"}


def test_a_restated_day_builds_its_channel_and_month_again_and_nothing_that_does_not_read_it(warehouse, home):
    change(
        warehouse,
        "UPDATE lake.spend_daily SET spend_micros = 11000000"
        f" WHERE channel = 'meta_ads' AND day_on = '{LAST}'",
    )
    built = build(warehouse, home)
    part = f"('{OURS}', 'meta_ads', '2026-08')"
    assert (built[ADS], built["fct_ad_daily"], built["fct_spend_daily"]) == (part, part, part)
    assert built["fct_channel_daily"] is None
    untouched = (
        "fct_orders",
        "int_orders__last_touch",
        "fct_post_daily",
        "fct_funnel_daily",
        "fct_email_daily",
    )
    assert {built[name] for name in untouched} == {""}


def test_a_changed_model_is_built_whole_though_its_inputs_are_the_same(warehouse, home):
    ask(
        warehouse,
        "UPDATE intermediate.build_state SET fingerprint = 'of another query'"
        " WHERE model = 'fct_ad_daily' AND input = 'code' RETURNING model",
    )
    built = build(warehouse, home)
    assert {name for name, parts in built.items() if parts is None} == {"fct_ad_daily"}


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
