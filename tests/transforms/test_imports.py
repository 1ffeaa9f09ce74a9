"""Every real export, imported by the product's own way, through dbt on Postgres: sums as in the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import polars as pl
import pytest

from core.time import FixedClock
from ingestion.csv.importing import make_asked, store
from ingestion.csv.plan import plan_import
from ingestion.csv.source import Choice, open_source
from lake.delta import Lake
from lake.publish import publish
from lake.warehouse import Warehouse
from tests.shared import add_up, real, rows_of
from tests.transforms import market
from transforms.build import build_models

# One build for some fifty workspaces, on a machine that may do other things beside.
pytestmark = [pytest.mark.timeout(600), pytest.mark.shared]
AT = FixedClock(datetime(2026, 9, 1, tzinfo=UTC))
ADS = "ad_platform_seeds"
SHOP = "shop_seeds/shopify/shopify"
MAIL = "email_platform_seeds"
SOCIAL = "social_platform_seeds"


@dataclass(frozen=True)
class Report:
    """An ad report, the columns of its amounts, and what one of them is in the currency's unit."""

    file: str
    spend: str
    impressions: tuple[str, ...] = ("impressions",)
    clicks: tuple[str, ...] = ("clicks",)
    unit: int = 1


REPORTS = (
    Report("amazon_ads/amazon_ads_campaign_level_report_data.csv", "cost"),
    Report("amazon_ads/amazon_ads_ad_group_level_report_data.csv", "cost"),
    Report("amazon_ads/amazon_ads_advertised_product_report_data.csv", "cost"),
    Report("apple_search/apple_search_campaign_report_data.csv", "local_spend_amount", clicks=("taps",)),
    Report("apple_search/apple_search_ad_group_report_data.csv", "local_spend_amount", clicks=("taps",)),
    Report("apple_search/apple_search_ad_report_data.csv", "local_spend_amount", clicks=("taps",)),
    Report("facebook_ads/facebook_ads_basic_ad_data.csv", "spend", clicks=("inline_link_clicks",)),
    Report("google_ads/google_ads_account_stats_data.csv", "cost_micros", unit=10**6),
    Report("google_ads/google_ads_campaign_stats_data.csv", "cost_micros", unit=10**6),
    Report("google_ads/google_ads_ad_group_stats_data.csv", "cost_micros", unit=10**6),
    Report("google_ads/google_ads_ad_stats_data.csv", "cost_micros", unit=10**6),
    Report("google_ads/google_ads_keyword_stats_data.csv", "cost_micros", unit=10**6),
    Report("linkedin/linkedin_ad_analytics_by_campaign_data.csv", "cost_in_local_currency"),
    Report("linkedin/linkedin_ad_analytics_by_creative_data.csv", "cost_in_local_currency"),
    Report("microsoft_ads/microsoft_ads_account_performance_daily_report_data.csv", "spend"),
    Report("microsoft_ads/microsoft_ads_campaign_performance_daily_report_data.csv", "spend"),
    Report("microsoft_ads/microsoft_ads_ad_group_performance_daily_report_data.csv", "spend"),
    Report("microsoft_ads/microsoft_ads_ad_performance_daily_report_data.csv", "spend"),
    *(
        Report(
            f"pinterest/pinterest_{level}_report_data.csv",
            "spend_in_micro_dollar",
            ("impression_1", "impression_2"),
            ("clickthrough_1", "clickthrough_2"),
            10**6,
        )
        for level in ("advertiser", "campaign", "ad_group", "pin_promotion")
    ),
    *(
        Report(f"reddit_ads/reddit_ads_{level}_report_data.csv", "spend", unit=10**6)
        for level in ("account", "campaign", "ad_group", "ad")
    ),
    *(
        Report(f"snapchat/snapchat_{level}_hourly_report_data.csv", "spend", clicks=("swipes",), unit=10**6)
        for level in ("campaign", "ad_squad", "ad")
    ),
    *(
        Report(f"tiktok/tiktok_{level}_report_hourly_data.csv", "spend")
        for level in ("campaign", "adgroup", "ad")
    ),
    *(
        Report(f"twitter/twitter_{level}_report_data.csv", "billed_charge_local_micro", unit=10**6)
        for level in ("campaign", "line_item", "promoted_tweet")
    ),
)
SHOP_FILES = ("order", "order_line", "refund", "customer", "product")
# An ad spent 3 of the 5 dollars of its account's first day.
ADS_OF_A_DAY = (
    "customer_id,date,ad_group_id,ad_network_type,ad_id,campaign_id,clicks,cost_micros,impressions\n"
    "77,2026-07-01,1,SEARCH,5,9,1,3000000,10\n"
)
ACCOUNT_OF_TWO_DAYS = (
    "customer_id,date,active_view_impressions,device,clicks,cost_micros,impressions\n"
    "77,2026-07-01,0,MOBILE,2,5000000,20\n77,2026-07-02,0,MOBILE,1,1000000,5\n"
)
CASES: dict[str, tuple[list[str], dict[str, object]]] = {
    **{report.file: ([f"{ADS}/{report.file}"], {"currency": "USD"}) for report in REPORTS},
    "kag": (["kag_facebook_ads/KAG_conversion_data.csv"], {"day": date(2017, 8, 17), "currency": "USD"}),
    "account and ads": ([ADS_OF_A_DAY, ACCOUNT_OF_TWO_DAYS], {"currency": "USD"}),
    "shop": ([f"{SHOP}_{name}_data.csv" for name in SHOP_FILES], {}),
    "shop, graphql": (
        [f"{SHOP}_gql_{name}_data.csv" for name in SHOP_FILES],
        {"day": date(2025, 7, 18)},
    ),
    "mailchimp": (
        [
            f"{MAIL}/mailchimp/{name}.csv"
            for name in (
                *("campaign_recipient", "campaign_recipient_activity", "automation_recipient"),
                *("automation_recipient_activity", "unsubscribe", "campaign", "automation_email"),
            )
        ],
        {},
    ),
    "klaviyo": ([f"{MAIL}/klaviyo/{name}.csv" for name in ("event", "campaign")], {}),
    "hubspot": ([f"{MAIL}/hubspot/{name}_data.csv" for name in ("email_event", "email_campaign")], {}),
    "iterable": (
        [f"{MAIL}/iterable/{name}_data.csv" for name in ("campaign_metrics", "campaign_history")],
        {},
    ),
    "hillstrom": (["hillstrom_email/hillstrom.csv"], {"day": date(2008, 3, 20), "currency": "USD"}),
    "youtube": ([f"{SOCIAL}/youtube_{name}_data.csv" for name in ("channel_basic", "video")], {}),
    "facebook pages": (
        [
            f"{SOCIAL}/facebook_pages_{name}_data.csv"
            for name in ("post_history", "lifetime_post_metrics_total", "daily_page_metrics_total")
        ],
        {},
    ),
    "instagram": (
        [
            f"{SOCIAL}/instagram_business_{name}_data.csv"
            for name in ("media_history", "media_insights", "user_history")
        ],
        {},
    ),
    "linkedin pages": (
        [f"{SOCIAL}/linkedin_pages_{name}_data.csv" for name in ("share_history", "share_statistic")],
        {},
    ),
    "x": ([f"{SOCIAL}/{name}.csv" for name in ("tweet", "organic_tweet_report")], {}),
}  # fmt: skip


def path_of(file: str, folder: Path) -> Path:
    """Return a real file, or a file of the text given."""
    if "\n" not in file:
        return real(file)
    path = folder / f"{file[:40].replace(',', ' ')}.csv"
    path.write_text(file)
    return path


def workspace_of(case: str) -> str:
    return str(uuid5(NAMESPACE_URL, case))


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return Lake(tmp_path_factory.mktemp("home") / "lake")


@pytest.fixture(scope="module")
def built(lake: Lake) -> Iterator[Warehouse]:
    """Build every case in a workspace of its own, one build for all."""
    home = lake.path.parent
    with market.open_warehouse(home) as warehouse:
        for case, (files, asked) in CASES.items():
            workspace = workspace_of(case)
            said = make_asked(asked.get("day"), asked.get("currency"), "USD", "UTC")  # type: ignore[arg-type]
            sources = [open_source(path_of(file, home), Choice(), b"key") for file in files]
            planned = plan_import(sources, said, account=None, lake=lake, workspace=workspace)
            store(planned, lake=lake, workspace=workspace, clock=AT)
            publish(lake, warehouse, workspace)
        result = build_models(warehouse, home=home)
        assert result.is_built
        assert {failure.name for failure in result.failures} <= {"money_without_a_rate"}, result.failures
        yield warehouse


def ask(warehouse: Warehouse, case: str, query: str) -> list[tuple[object, ...]]:
    with warehouse.connect(workspace_of(case)) as link:
        return link.execute(query.encode()).fetchall()


def minor(amount: Decimal) -> int:
    return int((amount * 100).to_integral_value(ROUND_HALF_EVEN))


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.file.split("/")[1])
def test_an_ad_report_adds_up_in_the_marts_to_the_minor_unit(built, report):
    file = f"{ADS}/{report.file}"
    columns = "sum(spend_micros)::numeric / 10000, sum(impressions), sum(clicks)"
    query = f"SELECT {columns} FROM marts.fct_spend_daily"
    ((spend, impressions, clicks),) = ask(built, report.file, query)
    assert int(spend.to_integral_value(ROUND_HALF_EVEN)) == minor(add_up(file, report.spend) / report.unit)
    assert impressions == add_up(file, *report.impressions)
    assert clicks == add_up(file, *report.clicks)
    shown = ask(built, report.file, "SELECT sum(spend_micros), sum(impressions) FROM marts.fct_channel_daily")
    assert shown == [(round(add_up(file, report.spend) * 10**6 / report.unit), impressions)]


def test_the_real_facebook_report_adds_up_by_campaign(built):
    rows = ask(
        built, "kag", "SELECT campaign_id, sum(claimed_conversions), count(*) FROM marts.fct_ad_daily"
        " GROUP BY 1 ORDER BY 1"
    )  # fmt: skip
    assert [(campaign, count) for campaign, _, count in rows] == [("1178", 625), ("916", 54), ("936", 464)]
    assert sum(claimed for _, claimed, _ in rows) == 3264
    assert ask(built, "kag", "SELECT spend_minor, impressions, clicks FROM marts.fct_spend_daily") == [
        (5_870_523, 213_434_828, 38_165)
    ]


def test_an_account_and_its_ads_of_the_same_day_are_not_counted_twice(built):
    days = ask(
        built, "account and ads", "SELECT day_on::text, spend_minor FROM marts.fct_spend_daily ORDER BY 1"
    )
    assert days == [("2026-07-01", 500), ("2026-07-02", 100)]
    parts = "SELECT is_unallocated, sum(spend_minor) FROM marts.fct_ad_daily GROUP BY 1 ORDER BY 1"
    assert ask(built, "account and ads", parts) == [(False, 300), (True, 300)]


@pytest.mark.parametrize(
    ("case", "file", "total", "currency"),
    [
        ("shop", f"{SHOP}_order_data.csv", "total_price", "currency"),
        ("shop, graphql", f"{SHOP}_gql_order_data.csv", "total_price_set_shop_amount",
         "total_price_set_shop_currency_code"),
    ],
)  # fmt: skip
def test_a_shops_orders_add_up_by_currency(built, case, file, total, currency):
    kept = [row for row in rows_of(file) if not row["cancelled_at"]]
    told = Counter({row[currency]: Decimal(0) for row in kept})
    for row in kept:
        told[row[currency]] += Decimal(row[total])
    found = ask(
        built, case, "SELECT currency, count(*), sum(total_minor) FROM marts.fct_orders GROUP BY 1 ORDER BY 1"
    )
    count = Counter(row[currency] for row in kept)
    assert found == [(code, count[code], minor(told[code])) for code in sorted(told)]


def test_lines_take_their_orders_day_and_refunds_lower_the_revenue(built):
    lines = ask(
        built, "shop", "SELECT order_id, day_on::text, net_micros FROM lake.order_line"
        " WHERE stream = 'order_line_import'"
    )  # fmt: skip
    days = {row["id"]: row["created_at"][:10] for row in rows_of(f"{SHOP}_order_data.csv")}
    told = {
        (row["order_id"], days[row["order_id"]], int((Decimal(row["price"]) * int(row["quantity"])
         - Decimal(row["total_discount"] or 0)) * 10**6))
        for row in rows_of(f"{SHOP}_order_line_data.csv")
    }  # fmt: skip
    assert set(lines) == told
    given = ask(
        built,
        "shop, graphql",
        "SELECT currency, sum(amount_micros)::bigint FROM lake.refund GROUP BY 1 ORDER BY 1",
    )
    refunds: Counter[str] = Counter()
    for row in rows_of(f"{SHOP}_gql_refund_data.csv"):
        refunds[row["total_refunded_set_shop_currency_code"]] += int(
            Decimal(row["total_refunded_set_shop_amount"]) * 10**6
        )
    assert given == sorted(refunds.items())


def test_the_mails_of_mailchimp_are_counted_from_its_events(built):
    base = f"{MAIL}/mailchimp"
    activity = [
        *rows_of(f"{base}/campaign_recipient_activity.csv"),
        *rows_of(f"{base}/automation_recipient_activity.csv"),
    ]
    found = ask(
        built, "mailchimp", "SELECT sum(sent), sum(opens), sum(clicks), sum(unsubscribes)"
        " FROM marts.fct_email_campaign"
    )  # fmt: skip
    words = Counter(row["action"] for row in activity)
    sent = len(rows_of(f"{base}/campaign_recipient.csv")) + len(rows_of(f"{base}/automation_recipient.csv"))
    assert found == [(sent, words["open"], words["click"], len(rows_of(f"{base}/unsubscribe.csv")))]
    (name,) = rows_of(f"{base}/campaign.csv")
    title = ask(
        built,
        "mailchimp",
        f"SELECT title, subject, sent_at::text FROM marts.fct_email_campaign WHERE mail_id = '{name['id']}'",
    )
    assert title == [(name["title"], name["subject_line"], f"{name['send_time']}+00")]


def test_the_mails_of_hubspot_are_counted_from_its_events(built):
    events = rows_of(f"{MAIL}/hubspot/email_event_data.csv")
    words = Counter(row["type"] for row in events)
    people = {(row["email_campaign_id"], row["recipient"]) for row in events if row["type"] == "OPEN"}
    found = ask(
        built, "hubspot", "SELECT sum(sent), sum(opens), sum(unique_opens) FROM marts.fct_email_campaign"
    )
    assert found == [(words["SENT"], words["OPEN"], len(people))]


def test_klaviyo_and_iterable_bring_their_mails(built):
    sent = [
        row
        for row in rows_of(f"{MAIL}/klaviyo/event.csv")
        if row["campaign_id"] and row["type"] == "Received Email"
    ]
    assert ask(built, "klaviyo", "SELECT sum(sent) FROM marts.fct_email_campaign") == [(len(sent),)]
    metrics = rows_of(f"{MAIL}/iterable/campaign_metrics_data.csv")
    assert sorted(ask(built, "iterable", "SELECT mail_id, sent FROM marts.fct_email_campaign")) == sorted(
        (row["id"], int(row["total_email_sends"])) for row in metrics
    )


def test_the_e_mail_experiment_keeps_its_facts_per_arm(built):
    found = ask(
        built, "hillstrom", "SELECT mail_id, sent, claimed_orders, claimed_value_minor, sent_on::text"
        " FROM marts.fct_email_campaign ORDER BY 1"
    )  # fmt: skip
    assert [row[:2] for row in found] == [
        ("Mens E-Mail", 21_307),
        ("No E-Mail", 0),
        ("Womens E-Mail", 21_387),  # codespell:ignore womens
    ]
    assert [round(row[2] / size, 6) for row, size in zip(found, (21_307, 21_306, 21_387), strict=True)] == [
        *(0.012531, 0.005726, 0.008837)
    ]
    assert sum(row[3] for row in found) == 6_725_813
    assert {row[4] for row in found} == {"2008-03-20"}


def test_the_videos_days_add_up(built):
    file = f"{SOCIAL}/youtube_channel_basic_data.csv"
    found = ask(built, "youtube", "SELECT sum(views), sum(likes), sum(shares) FROM marts.fct_post_daily")
    kept = [row for row in rows_of(file) if row["video_id"]]
    assert found == [
        tuple(sum(Decimal(row[name] or 0) for row in kept) for name in ("views", "likes", "shares"))
    ]
    found = ask(
        built, "youtube", "SELECT sum(follows), sum(unfollows), sum(views) FROM marts.fct_account_daily"
    )
    assert found == [tuple(add_up(file, n) for n in ("subscribers_gained", "subscribers_lost", "views"))]


def test_pages_bring_posts_totals_and_days(built):
    base = f"{SOCIAL}/facebook_pages"
    assert ask(built, "facebook pages", "SELECT count(*) FROM marts.fct_post") == [
        (len({row["id"] for row in rows_of(f"{base}_post_history_data.csv")}),)
    ]
    totals = ask(built, "facebook pages", "SELECT sum(clicks) FROM lake.post_daily")
    assert totals == [(add_up(f"{base}_lifetime_post_metrics_total_data.csv", "post_clicks"),)]
    days = ask(built, "facebook pages", "SELECT sum(follows), sum(engagements) FROM marts.fct_account_daily")
    page = f"{base}_daily_page_metrics_total_data.csv"
    assert days == [(add_up(page, "page_fan_adds"), add_up(page, "page_post_engagements"))]


def test_posts_of_instagram_linkedin_and_x_arrive(built):
    likes = ask(built, "instagram", "SELECT sum(likes) FROM lake.post_daily")
    assert likes == [(add_up(f"{SOCIAL}/instagram_business_media_insights_data.csv", "like_count"),)]
    assert ask(built, "instagram", "SELECT followers FROM marts.fct_account_daily") == [(39,)]
    file = f"{SOCIAL}/linkedin_pages_share_statistic_data.csv"
    told = {(row["_share_entity_urn"], row["_fivetran_synced"][:10]) for row in rows_of(file)} - {("", "")}
    ((posts, liked),) = ask(built, "linkedin pages", "SELECT count(*), sum(likes) FROM lake.post_daily")
    kept = [row for row in rows_of(file) if row["_share_entity_urn"]]
    assert posts == len({one for one in told if one[0]})
    assert liked == sum(int(row["like_count"]) for row in kept)
    assert ask(built, "x", "SELECT count(*) FROM marts.fct_post") == [(100,)]


@pytest.mark.parametrize("case", CASES)
def test_what_was_received_was_loaded_or_put_aside(built, lake, case):
    del built
    loads = lake.read("ops", "load", workspace_of(case)).filter(pl.col("stream") != "account")
    assert not loads.is_empty()
    assert loads["received"].to_list() == (loads["loaded"] + loads["quarantined"]).to_list()
