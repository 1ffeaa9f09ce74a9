"""The analytics operations on marts built from rows by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

import pytest

from core.context import Context
from core.errors import BadInput, NotFound, ProviderNotConfigured
from lake.analytics import compare, health, overview, platforms, quality, roi, trends
from lake.analytics.summary import summarise
from lake.warehouse import Warehouse
from tests.transforms import market
from tests.transforms.market import FIRST, LAST, OURS, THEIRS
from transforms.build import build_models

QUALITY = """
    INSERT INTO lake.ops_load (workspace_id, load_id, channel, stream, account_id, received, loaded, new,
        changed, deleted, quarantined, seconds, last_on, loaded_at) VALUES
        (%(w)s, 'a', 'meta_ads', 'ads', 'act_1', 9, 9, 9, 0, 0, 0, 1, '2026-08-30', '2026-08-31'),
        (%(w)s, 'b', 'meta_ads', 'ads', 'act_1', 5, 4, 0, 2, 1, 1, 1, '2026-08-31', '2026-09-01');
    INSERT INTO lake.quarantine (workspace_id, channel, stream, account_id, record_key, quarantined_because,
        payload, load_id, loaded_at) VALUES
        (%(w)s, 'meta_ads', 'ads', 'act_1', 'k', 'no spend', '{}', 'b', now());
    INSERT INTO lake.ops_drift (workspace_id, channel, stream, field, kind, seen, first_seen_at, load_id)
        VALUES (%(w)s, 'meta_ads', 'ads', 'novel', 'new', 'string', '2026-09-01', 'b')
"""
AUGUST = {"first_on": date(2026, 8, 1), "last_on": LAST}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    home = tmp_path_factory.mktemp("home")
    with market.open_warehouse(home) as opened:
        ctx = context(opened)
        with pytest.raises(NotFound, match="spreaders build"):
            overview.get_overview(ctx)
        assert health.get_health(ctx).ok is False
        market.fill(opened)
        assert build_models(opened, home=home).ok
        yield opened


@pytest.fixture
def ctx(warehouse: Warehouse) -> Context:
    return context(warehouse)


def context(warehouse: Warehouse, workspace: str = OURS) -> Context:
    return Context(UUID(workspace), "test", frozenset({"*"}), services={"warehouse": warehouse})


def test_the_default_is_28_days_up_to_the_latest_with_numbers(ctx):
    answer = overview.get_overview(ctx)
    assert (answer.period.first_on, answer.period.last_on, answer.period.days) == (date(2026, 8, 4), LAST, 28)
    assert answer.previous.last_on == date(2026, 8, 3)


def test_the_overview_agrees_with_the_sums_by_hand(ctx):
    answer = overview.get_overview(ctx, **AUGUST)
    kpis = {kpi.name: kpi for kpi in answer.kpis}
    # 31 days of 15.00 spend and one order of 119.00 a day; on the 31st one more, half of it refunded.
    assert kpis["spend_minor"].value == 31 * 1500
    assert kpis["revenue_minor"].value == 31 * 11900 + 5950
    assert kpis["margin_minor"].value == 31 * 6000 + 1000
    assert (kpis["orders"].value, kpis["new_customers"].value) == (32, 31)
    assert kpis["mer"].value == pytest.approx((31 * 11900 + 5950) / (31 * 1500))
    assert kpis["spend_minor"].change == 0
    assert kpis["revenue_minor"].previous == 31 * 11900
    assert [len(answer.trend), answer.trend[0].day_on, answer.trend[-1].orders] == [31, date(2026, 8, 1), 2]
    assert sum(day.revenue_minor for day in answer.trend) == kpis["revenue_minor"].value
    assert sum(c.revenue_minor for c in answer.channels) == kpis["revenue_minor"].value
    assert (answer.channels[0].channel, answer.currency) == ("meta_ads", "EUR")


@pytest.mark.parametrize(
    ("first_on", "last_on", "is_whole"),
    [
        (date(2026, 8, 1), LAST, True),
        (date(2026, 7, 31), LAST, False),
        (LAST, LAST + timedelta(days=1), False),
    ],
)
def test_days_that_numbers_only_begin_or_end_in_are_compared_with_nothing(ctx, first_on, last_on, is_whole):
    days = {"first_on": first_on, "last_on": last_on}
    answer, channels = overview.get_overview(ctx, **days), compare.compare_channels(ctx, **days)
    trend = trends.get_trends(ctx, metric="revenue_minor", **days)
    changes = [kpi.change for kpi in answer.kpis if kpi.name == "spend_minor"]
    changes += [channel.spend_change for channel in channels.channels if channel.spend_minor]
    assert {change is not None for change in (*changes, trend.previous)} == {is_whole}
    assert (answer.is_previous_whole, channels.is_previous_whole) == (is_whole, is_whole)
    assert health.get_health(ctx).first_on == date(2026, 7, 1)


@pytest.mark.parametrize("day", [date.min, date(1969, 12, 31), date(2201, 1, 1), date.max])
def test_days_of_no_likely_year_are_refused_with_those_that_are(ctx, day):
    for days in ({"first_on": day, "last_on": day}, {"last_on": day}):
        for ask in (overview.get_overview, compare.compare_channels):
            with pytest.raises(BadInput, match="Ask for days from 1970 to 2200"):
                ask(ctx, **days)


def test_a_channel_shows_claims_beside_credit_and_no_ratio_without_spend(ctx):
    channels = {c.channel: c for c in overview.get_overview(ctx, **AUGUST).channels}
    meta, direct, google = channels["meta_ads"], channels["direct"], channels["google_ads"]
    # The odd days of August before the 31st: 15 orders by meta.
    assert (meta.orders, meta.claimed_conversions, meta.claim_window) == (15, 31, "7d_click")
    assert meta.over_claim_ratio == pytest.approx(31 / 15)
    assert meta.roas == pytest.approx(15 * 11900 / 31000)
    assert meta.roi == pytest.approx((15 * 6000 - 31000) / 31000)
    assert (direct.roas, direct.roi, direct.claimed_conversions) == (None, None, None)
    assert (google.orders, google.roas, google.roi, google.cac) == (0, 0, -1, None)
    assert google.over_claim_ratio is None


def test_the_summary_covers_all_days_with_the_totals_of_the_orders(warehouse):
    with warehouse.connect(OURS) as link:
        summary = summarise(link)
    assert summary["days"] == (LAST - FIRST).days + 1
    assert summary["totals"] == {
        "currency": "EUR", "spend_minor": 93000, "revenue_minor": 743750, "margin_minor": 373000,
        "orders": 63, "mer": 743750 / 93000, "blended_roi": (373000 - 93000) / 93000,
        # 30 orders are credited to Meta; nothing is credited to Google, whose spend counts.
        "roas": 30 * 11900 / 93000, "roi": (30 * 6000 - 93000) / 93000, "model": "last_non_direct",
    }  # fmt: skip
    assert [c["channel"] for c in summary["channels"]] == ["meta_ads", "google_ads", "direct", "mailchimp"]
    assert sum(c["revenue_minor"] for c in summary["channels"]) == 743750


@pytest.mark.parametrize(
    ("by", "first"), [("total", "All channels"), ("channel", "Meta Ads"), ("campaign", "Campaign c1")]
)
def test_roi_adds_up_whatever_it_is_told_by(ctx, by, first):
    answer = roi.get_roi(ctx, **AUGUST, by=by)
    assert answer.rows[0].name == first
    for part in ("spend_minor", "revenue_minor", "margin_minor", "orders"):
        assert sum(getattr(row, part) for row in answer.rows) == getattr(answer.totals, part)


def test_channels_are_compared_by_roi_with_shares_and_change(ctx):
    answer = compare.compare_channels(ctx, **AUGUST)
    assert [c.channel for c in answer.channels][:2] == ["meta_ads", "google_ads"]
    assert sum(c.revenue_share or 0 for c in answer.channels) == pytest.approx(1)
    meta = answer.channels[0]
    assert (meta.spend_share, meta.ctr) == (pytest.approx(2 / 3), pytest.approx(0.01))
    assert (meta.cpc, meta.cpm) == (pytest.approx(50), pytest.approx(500))
    assert meta.spend_change == 0


@pytest.mark.parametrize("level", ["account", "campaign", "ad_set", "ad"])
def test_every_level_of_ads_adds_up_to_the_account(ctx, level):
    answer = platforms.get_platform_metrics(ctx, channel="google_ads", level=level, **AUGUST)
    assert sum(row.spend_minor for row in answer.rows) == 31 * 500
    assert sum(row.impressions for row in answer.rows) == 31 * 1500
    assert all(row.own_currency == "EUR" and row.own_spend_minor == row.spend_minor for row in answer.rows)


def test_ads_carry_their_credited_orders_and_round_once_over_the_days(ctx):
    answer = platforms.get_platform_metrics(ctx, channel="meta_ads", level="ad", parent_id="c1", **AUGUST)
    first, second = answer.rows
    # 31 days of 6.004 and 3.996: rounded daily the first would be 186.00.
    assert (first.id, first.spend_minor, first.orders, first.revenue_minor) == ("m1", 18612, 15, 15 * 11900)
    assert (second.id, second.spend_minor, second.orders) == ("m2", 12388, 0)
    one = platforms.get_platform_metrics(ctx, channel="meta_ads", level="ad", limit=1, **AUGUST)
    assert (len(one.rows), one.total, one.next_skip) == (1, 2, 1)
    rest = platforms.get_platform_metrics(ctx, channel="meta_ads", level="ad", limit=1, skip=1, **AUGUST)
    assert (rest.rows[0].id, rest.next_skip) == ("m2", None)


def test_posts_and_mails_have_their_own_numbers(ctx):
    post = platforms.get_platform_metrics(ctx, channel="instagram", level="post").rows[0]
    assert (post.views, post.engagements, post.engagement_rate) == (200, 10, 0.05)
    page = platforms.get_platform_metrics(ctx, channel="instagram").rows[0]
    assert (page.name, page.views, page.followers) == ("Profile", 500, 90)
    mail = platforms.get_platform_metrics(ctx, channel="mailchimp", level="mail", **AUGUST).rows[0]
    assert (mail.name, mail.open_rate, mail.click_rate, mail.orders) == ("News 8", 0.4, 0.1, 1)
    assert (mail.claimed_conversions, mail.claimed_value_minor) == (2, 23800)


def test_a_level_the_channel_does_not_have_names_those_it_has(ctx):
    with pytest.raises(BadInput, match="account, post"):
        platforms.get_platform_metrics(ctx, channel="instagram", level="ad")
    with pytest.raises(BadInput, match="nothing of 'nowhere'"):
        platforms.get_platform_metrics(ctx, channel="nowhere")


def test_days_the_wrong_way_round_are_refused(ctx):
    with pytest.raises(BadInput, match="ends"):
        overview.get_overview(ctx, first_on=LAST, last_on=FIRST)


def test_another_workspace_gets_nothing(warehouse):
    theirs = context(warehouse, THEIRS)
    answer = overview.get_overview(theirs, **AUGUST)
    assert answer.channels == []
    assert {kpi.value for kpi in answer.kpis} == {0, None}
    assert roi.get_roi(theirs, **AUGUST, by="campaign").rows == []
    with pytest.raises(BadInput):
        platforms.get_platform_metrics(theirs, channel="meta_ads")


def test_without_a_warehouse_the_operation_says_how_to_start(warehouse):
    with pytest.raises(ProviderNotConfigured, match="spreaders up"):
        overview.get_overview(Context(UUID(OURS), "test", frozenset({"*"})))


def test_health_is_good_when_built_and_every_check_passes(ctx):
    answer = health.get_health(ctx)
    assert (answer.ok, answer.failed_checks, answer.latest_on) == (True, 0, LAST)
    assert answer.checks > 40
    assert answer.built_at is not None


def test_the_data_page_reads_checks_loads_quarantine_and_drift(warehouse):
    with warehouse.publishing(OURS) as link:
        for statement in QUALITY.split(";"):
            link.execute(statement, {"w": OURS})
    with warehouse.connect(OURS) as link:
        (fresh,) = quality.read_freshness(link)
        assert (fresh.loads, fresh.quarantined, fresh.last_on, fresh.error) == (2, 1, LAST, None)
        # Received 5: none new, 2 changed, 2 as they were, 1 set aside.
        assert fresh.received == fresh.new + fresh.changed + fresh.unchanged + fresh.quarantined == 5
        assert [r.load_id for r in quality.read_restatements(link)] == ["b"]
        assert [r.because for r in quality.read_quarantine(link)] == ["no spend"]
        assert [d.field for d in quality.read_drift(link)] == ["novel"]
        assert {c.status for c in quality.read_checks(link)} == {"pass"}
    with warehouse.connect(THEIRS) as link:
        assert quality.read_freshness(link) == quality.read_quarantine(link) == quality.read_drift(link) == []
