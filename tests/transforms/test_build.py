"""The dbt project on a real Postgres with rows by hand."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.money import DIGITS
from lake.warehouse import Warehouse
from tests.transforms import market
from tests.transforms.market import LAST, OURS, THEIRS
from transforms import build
from transforms.build import PROJECT, BuildFailed, BuildResult, build_models
from transforms.build_state import State

MARTS = sorted(path.stem for path in (PROJECT / "models" / "marts").glob("*.sql"))

TOUCHED = {
    "dim_campaign", "fct_ad_daily", "fct_spend_daily", "fct_orders", "fct_channel_daily", "fct_blended_daily",
    "fct_over_claim_daily", "fct_roi_daily", "fct_cohort_monthly", "fct_budget_daily", "fct_budget_pacing",
}  # fmt: skip
RESTATED = "00000000-0000-4000-8000-000000000005"
RESTATE = "UPDATE lake.spend_daily SET spend_micros = %s WHERE channel = 'meta_ads' AND day_on = %s"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Warehouse, BuildResult, Path]]:
    home = tmp_path_factory.mktemp("home")
    with market.open_warehouse(home) as warehouse:
        market.fill(warehouse)
        # The neighbour spends in dollars without a rate into its shop's euros.
        market.put(warehouse, "order", [market.order(1, LAST)], THEIRS)
        dollars = market.ad("meta_ads", "act_9", LAST, "x y z", spend_micros=7_000_000)
        market.put(
            warehouse,
            "ad_daily",
            [{**dollars, "currency": "USD", "impressions": 5, "clicks": 1, "stream": "report_import"}],
            THEIRS,
        )
        restate_ads_only(warehouse)
        yield warehouse, build_models(warehouse, home=home, unit_tests=True), home


def restate_ads_only(warehouse: Warehouse) -> None:
    """In a workspace of its own: a total of 25.00 from the day before, and its ads now at 40.00."""
    seen = {"impressions": 100, "clicks": 1}
    market.put(warehouse, "order", [market.order(1, LAST)], RESTATED)
    market.put(
        warehouse,
        "ad_daily",
        [
            market.ad("meta_ads", "act_5", LAST, "c1 s1 m1", spend_micros=35_000_000, **seen),
            market.ad("meta_ads", "act_5", LAST, "c2 s2 m2", spend_micros=5_000_000, **seen),
        ],
        RESTATED,
    )
    older = market.LOADED_AT - timedelta(days=1)
    total = {"channel": "meta_ads", "account_id": "act_5", "day_on": LAST, "currency": "EUR", **seen}
    market.put(
        warehouse, "spend_daily", [{**total, "spend_micros": 25_000_000, "loaded_at": older}], RESTATED
    )


def read(warehouse: Warehouse, query: str, workspace: str = OURS) -> list[tuple[object, ...]]:
    with warehouse.connect(workspace) as link:
        return link.execute(query.encode()).fetchall()


def test_every_model_builds_and_only_the_stale_total_and_the_missing_rate_fail_a_check(built):
    _, result, _ = built
    assert result.is_built
    failed = [failure.name for failure in result.failures]
    assert failed == ["ads_add_up_to_the_account", "money_without_a_rate"]
    assert result.models == sum(1 for _ in (PROJECT / "models").rglob("*.sql")) + 4


def test_money_without_a_rate_stays_apart_in_its_own_currency(built):
    warehouse, _, _ = built
    rows = read(warehouse, "SELECT channel, currency, spend_minor, revenue_minor FROM marts.fct_channel_daily"
                " ORDER BY channel", THEIRS)  # fmt: skip
    assert rows == [("direct", "EUR", 0, 11900), ("meta_ads", "USD", 700, 0)]
    checks = dict(read(warehouse, "SELECT check_name, message FROM marts.check_result WHERE status = 'fail'"))
    assert "fx_rates.csv" in checks["money_without_a_rate"]


def test_spend_per_account_and_day_is_the_account_total_to_the_minor_unit(built):
    warehouse, _, _ = built
    rows = read(
        warehouse, "SELECT DISTINCT channel, spend_minor, impressions FROM marts.fct_spend_daily ORDER BY 1"
    )
    assert rows == [("google_ads", 500, 1500), ("meta_ads", 1000, 2000)]
    remainder = read(
        warehouse,
        "SELECT channel, count(*), sum(spend_minor), sum(impressions) FROM marts.fct_ad_daily"
        " WHERE is_unallocated GROUP BY 1",
    )
    assert remainder == [("google_ads", 62, 62 * 100, 62 * 500)]


@pytest.mark.case("connectors/17")
def test_a_total_older_than_its_ads_makes_no_negative_remainder(built):
    warehouse, _, _ = built
    rows = read(warehouse, "SELECT campaign_id, spend_minor FROM marts.fct_ad_daily ORDER BY 1", RESTATED)
    assert rows == [("c1", 3500), ("c2", 500)]


def test_orders_revenue_and_margin_equal_the_sums_by_hand(built):
    warehouse, _, _ = built
    # 62 orders of 119.00 and one of which half was refunded; goods 100.00, cost 40.00.
    assert read(
        warehouse, "SELECT count(*), sum(revenue_minor), sum(margin_minor) FROM marts.fct_orders"
    ) == [(63, 62 * 11900 + 5950, 62 * 6000 + 1000)]
    credited = dict(read(warehouse, "SELECT credited_channel, count(*) FROM marts.fct_orders GROUP BY 1"))
    assert credited == {"meta_ads": 30, "direct": 31, "mailchimp": 2}
    campaigns = read(
        warehouse,
        "SELECT DISTINCT credited_channel, credited_campaign_id FROM marts.fct_orders"
        " WHERE credited_campaign_id IS NOT NULL ORDER BY 1, 2",
    )
    assert campaigns == [("mailchimp", "mail 7"), ("mailchimp", "mail 8"), ("meta_ads", "c1")]


@pytest.mark.parametrize("mart", [*MARTS, "check_result"])
def test_a_mart_shows_a_workspace_only_its_own_rows(built, mart):
    warehouse, _, _ = built
    for workspace in (OURS, THEIRS):
        seen = read(warehouse, f"SELECT DISTINCT workspace_id FROM marts.{mart}", workspace)
        assert {row[0] for row in seen} <= {workspace}
    stranger = "00000000-0000-4000-8000-000000000009"
    assert read(warehouse, f"SELECT count(*) FROM marts.{mart}", stranger) == [(0,)]
    forced = read(warehouse, f"SELECT relforcerowsecurity FROM pg_class WHERE oid = 'marts.{mart}'::regclass")
    assert forced == [(True,)]


def test_restated_cancelled_and_deleted_rows_change_what_they_touch_and_nothing_else(built):
    warehouse, _, home = built
    before = snapshot(warehouse)
    with warehouse.publishing(OURS) as link:
        link.execute(RESTATE, [11_000_000, LAST])
        link.execute("""UPDATE lake."order" SET is_cancelled = true WHERE order_id = '1'""")
        link.execute("DELETE FROM lake.ad_daily WHERE channel = 'google_ads' AND day_on = %s", [LAST])
        market.remember(link)
    build_models(warehouse, home=home)
    changed = read(
        warehouse,
        f"SELECT channel, spend_minor FROM marts.fct_spend_daily WHERE day_on = '{LAST}' ORDER BY 1",
    )
    assert changed == [("google_ads", 500), ("meta_ads", 1100)]
    assert read(warehouse, "SELECT count(*) FROM marts.fct_orders") == [(62,)]
    after = snapshot(warehouse)
    assert {mart for mart in MARTS if after[mart] != before[mart]} == TOUCHED


def snapshot(warehouse: Warehouse) -> dict[str, list[tuple[object, ...]]]:
    return {mart: sorted(read(warehouse, f"SELECT * FROM marts.{mart}"), key=repr) for mart in MARTS}


def test_a_model_is_rebuilt_alone_on_request(built):
    warehouse, _, home = built
    result = build_models(warehouse, home=home, select="dim_account")
    assert (result.models, result.ok) == (1, True)


@pytest.mark.case("hardening/M3")
@pytest.mark.parametrize("torn", ['{"nodes": {"model.a": {', "", "[]"])
def test_a_torn_manifest_is_as_none_and_all_is_built(tmp_path, monkeypatch, torn):
    (tmp_path / "dbt").mkdir()
    (tmp_path / "dbt" / "manifest.json").write_text(torn)
    monkeypatch.setattr(build, "read_state", lambda _: State("project", {}, {}, frozenset()))
    monkeypatch.setattr(build, "find_stale", lambda *_: [])
    assert build._find_stale({}, tmp_path, "project") is None
    assert build.read_parents(tmp_path) == {}


def test_a_database_out_of_reach_is_said_in_one_sentence(built):
    _, _, home = built

    class Nowhere:
        def dbt_env(self) -> dict[str, str]:
            return {
                "SPREADERS_DBT_HOST": "127.0.0.1", "SPREADERS_DBT_PORT": "1", "SPREADERS_DBT_USER": "u",
                "SPREADERS_DBT_DATABASE": "d", "DBT_ENV_SECRET_PASSWORD": "hidden-word",
            }  # fmt: skip

    with pytest.raises(BuildFailed, match="not built") as caught:
        build_models(Nowhere(), home=home, select="dim_account")
    assert "hidden-word" not in str(caught.value)


def is_unique_elsewhere(node, keyed, nodes):
    """Its own query groups rows by the key, or a keyed model it reads or is read by, row for row, has it."""
    by = node["config"]["meta"].get("unique_by")
    if by == "query":
        return any(words in node["raw_code"] for words in ("group by", "select distinct", "union\n"))
    other = f"model.spreaders.{by}"
    reads = {other} & set(node["depends_on"]["nodes"])
    return other in keyed and bool(reads or node["unique_id"] in nodes[other]["depends_on"]["nodes"])


def test_every_model_is_described_keyed_and_every_mart_typed(built):
    _, _, home = built
    found = json.loads((home / "dbt" / "manifest.json").read_text())["nodes"]
    nodes = found.values()
    models = [n for n in nodes if n["resource_type"] == "model"]
    keyed = {n["attached_node"] for n in nodes if n.get("test_metadata", None)}
    for node in models:
        assert node["description"], node["name"]
        assert node["unique_id"] in keyed or is_unique_elsewhere(node, keyed, found), (
            f"{node['name']} has no key test"
        )
        assert node["config"]["materialized"] in {"view", "kept"}, node["name"]
        reads_lake = any(up.startswith("source.") for up in node["depends_on"]["nodes"])
        assert reads_lake == (node["schema"] == "staging"), f"{node['name']} reads the lake past staging"
        if node["schema"] == "marts":
            assert node["config"]["contract"]["enforced"]
            assert all(c["data_type"] and c["description"] for c in node["columns"].values()), node["name"]


def test_the_currency_seed_is_the_money_of_the_product():
    with (PROJECT / "seeds" / "currencies.csv").open() as file:
        assert {row["currency"]: int(row["digits"]) for row in csv.DictReader(file)} == DIGITS
