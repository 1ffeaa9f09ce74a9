"""Several files in one call: joined by their keys, counted once, and no person among what is stored."""

from __future__ import annotations

import re
from datetime import date

import polars as pl
import pytest

from core.errors import BadInput, Conflict, ProviderNotConfigured
from ingestion.csv.importing import store
from ingestion.csv.source import Choice, open_source
from lake.merge import Change, apply_change
from lake.schemas import SILVER
from tests.ingestion.csv_desk import AT, Desk
from tests.shared import real, rows_of

FACEBOOK = "ad_platform_seeds/facebook_ads/facebook_ads"
ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+[A-Za-z]")
WITH_PERSONS = {
    "shop": [
        f"shop_seeds/shopify/shopify_{name}_data.csv"
        for name in ("order", "order_line", "customer", "refund")
    ],
    "shop, graphql": [f"shop_seeds/shopify/shopify_gql_{name}_data.csv" for name in ("order", "customer")],
    "mailchimp": [
        f"email_platform_seeds/mailchimp/{name}.csv"
        for name in ("automation_recipient", "automation_recipient_activity", "automation_email")
    ],
    "klaviyo": [f"email_platform_seeds/klaviyo/{name}.csv" for name in ("event", "campaign")],
    "hubspot": [
        f"email_platform_seeds/hubspot/{name}_data.csv" for name in ("email_event", "email_campaign")
    ],
    "iterable": [
        f"email_platform_seeds/iterable/{name}_data.csv" for name in ("campaign_metrics", "campaign_history")
    ],
}


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.mark.parametrize("case", WITH_PERSONS)
@pytest.mark.shared
def test_no_address_of_a_real_file_is_found_in_the_lake(desk, case):
    files = [real(file) for file in WITH_PERSONS[case]]
    desk.bring(*files)
    texts, raw = desk.texts(), desk.stored()
    assert texts
    for file in files:
        content = file.read_text(encoding="utf-8-sig")
        for address in set(ADDRESS.findall(content)):
            assert address not in texts
            assert address.encode() not in raw
    # The files' own hashes of names and addresses are persons too.
    for row in rows_of(WITH_PERSONS[case][0]) if case == "shop" else ():
        assert row["email"] == "" or row["email"] not in texts


@pytest.mark.shared
def test_a_file_with_persons_and_no_key_is_not_read(desk):
    with pytest.raises(ProviderNotConfigured, match="personal data .column '.*'. .* SPREADERS_HASH_KEY"):
        open_source(real("shop_seeds/shopify/shopify_customer_data.csv"), Choice(), None)


def test_names_and_parents_come_from_files_of_their_own(desk):
    files = [
        desk.write(
            "x_basic_ad.csv",
            "ad_id,date,account_id,impressions,inline_link_clicks,spend\n"
            "7,2026-07-01,1,10,2,1.5\n8,2026-07-01,1,5,0,0\n",
        ),
        desk.write(
            "x_ad_history.csv",
            "id,account_id,ad_set_id,campaign_id,creative_id,name,_fivetran_synced,updated_time\n"
            "7,1,70,700,5,Old,2026-07-01,2026-06-01 00:00:00\n"
            "7,1,70,700,5,Blue,2026-07-01,2026-06-02 00:00:00\n",
        ),
        desk.write(
            "x_campaign_history.csv",
            "id,account_id,name,_fivetran_synced,updated_time\n700,1,Spring,2026-07-01,2026-06-02 00:00:00\n",
        ),
    ]
    (result,) = desk.bring(*files)
    assert "Names were taken from x_ad_history.csv, x_campaign_history.csv." in result.notes
    rows = desk.silver("ad_daily").sort("ad_id")
    assert rows.select("ad_id", "ad_name", "ad_set_id", "campaign_id", "campaign_name").rows() == [
        ("7", "Blue", "70", "700", "Spring"),
        ("8", None, "", "", None),
    ]


@pytest.mark.shared
def test_the_real_names_of_facebook_are_joined(desk):
    names = ("basic_ad", "basic_ad_actions", "ad_history", "campaign_history")
    (result,) = desk.bring(*(real(f"{FACEBOOK}_{name}_data.csv") for name in names), currency="USD")
    assert (result.spend_minor, result.impressions) == (64_363, 37_275)
    known = {row["id"] for row in rows_of(f"{FACEBOOK}_ad_history_data.csv")}
    rows = desk.silver("ad_daily")
    named = rows.filter(pl.col("ad_id").is_in(list(known)))
    assert named["ad_name"].null_count() == 0
    assert named["campaign_id"].ne("").all()


def test_conversions_of_reddit_are_counted_once_an_ad_and_day(desk):
    head = "account_id,ad_id,date,clicks,ecpm,impressions,spend\n"
    files = [
        desk.write("r_ad_report.csv", f"{head}1,7,2026-07-01,2,1,10,1500000\n1,8,2026-07-01,0,1,5,0\n"),
        desk.write(
            "r_ad_conversions.csv",
            "account_id,ad_id,date,event_name,total_items,total_value,"
            "click_through_conversion_attribution_window_month,"
            "view_through_conversion_attribution_window_month\n"
            "1,7,2026-07-01,purchase,5,12.50,3,1\n1,7,2026-07-01,lead,1,0,9,9\n",
        ),
    ]
    (result,) = desk.bring(*files, currency="USD")
    assert (result.spend_minor, result.claimed_conversions) == (150, 4.0)
    assert result.totals["claimed_value_minor"] == {"USD": 1250}


@pytest.mark.shared
def test_a_file_that_only_adds_to_a_report_asks_for_the_report(desk):
    with pytest.raises(BadInput, match="only adds to a report; give the report itself"):
        desk.bring(real(f"{FACEBOOK}_campaign_history_data.csv"))


@pytest.mark.shared
def test_lines_without_their_orders_ask_for_them(desk):
    with pytest.raises(
        BadInput, match="has no days; give the orders' file in the same call, or the day with --date"
    ):
        desk.bring(real("shop_seeds/shopify/shopify_order_line_data.csv"))
    (result,) = desk.bring(
        real("shop_seeds/shopify/shopify_order_line_data.csv"), day=date(2026, 7, 1), currency="GBP"
    )
    assert result.records == 3


def test_refunds_take_their_amount_from_the_transactions_and_lower_their_order(desk):
    orders = (
        "id,name,email,created_at,updated_at,currency,total_price,subtotal_price,total_tax,cancelled_at\n"
    )
    files = [
        desk.write(
            "order.csv",
            f"{orders}1,#1,a@b.example,2026-07-01 10:00:00,2026-07-01 10:00:00,EUR,50.00,50.00,0,\n",
        ),
        desk.write(
            "refund.csv",
            "id,created_at,processed_at,note,restock,user_id,order_id\n"
            "5,2026-07-03 10:00:00,2026-07-03 10:00:00,,FALSE,1,1\n"
            "6,2026-07-04 10:00:00,2026-07-04 10:00:00,,FALSE,1,1\n",
        ),
        desk.write(
            "transaction.csv",
            "id,order_id,refund_id,amount,processed_at,gateway,kind,status,currency\n"
            "90,1,,50.00,2026-07-01 10:00:00,card,sale,success,EUR\n"
            "91,1,5,20.00,2026-07-03 10:00:00,card,refund,success,EUR\n",
        ),
    ]
    results = {result.kind: result for result in desk.bring(*files)}
    assert results["orders"].totals["refunded_minor"] == {"EUR": 2000}
    assert results["refunds"].totals["amount_minor"] == {"EUR": 2000}
    assert results["refunds"].quarantined == 1
    assert any("1 refunds have no amount" in note for note in results["orders"].notes)
    assert desk.silver("refund").select("refund_id", "amount_micros", "day_on").rows() == [
        ("5", 20_000_000, date(2026, 7, 3))
    ]


@pytest.mark.shared
def test_opens_without_the_sendings_ask_for_them(desk):
    with pytest.raises(
        BadInput, match="does not tell to whom the mails were sent; give the file of recipients"
    ):
        desk.bring(real("email_platform_seeds/mailchimp/campaign_recipient_activity.csv"))


@pytest.mark.shared
def test_a_second_import_of_several_files_changes_nothing_and_a_changed_one_restates(desk):
    files = [real(file) for file in WITH_PERSONS["shop"]]
    desk.bring(*files)
    before = desk.silver("order").sort("order_id")
    assert all((r.new, r.changed, r.deleted) == (0, 0, 0) for r in desk.bring(*files))
    assert desk.silver("order").sort("order_id").equals(before)


def test_nothing_is_loaded_when_one_of_the_files_is_broken(desk):
    good = desk.write(
        "good.csv", "Date,Campaign name,Impressions,Clicks (all),Amount spent (EUR)\n2026-07-01,A,1,1,1\n"
    )
    bad = desk.write(
        "bad.csv", "Date,Campaign name,Impressions,Clicks (all),Amount spent (EUR)\n2026-07-01,A,x,1,1\n"
    )
    with pytest.raises(BadInput, match="bad.csv, line 2, column Impressions: 'x' is not a number"):
        desk.bring(good, bad)
    assert desk.silver("ad_daily").is_empty()


# --- One account in two files --------------------------------------------------------------------------

AD = "customer_id,date,ad_group_id,ad_network_type,ad_id,campaign_id,clicks,cost_micros,impressions\n"
CAMPAIGN = "customer_id,date,base_campaign,ad_network_type,id,clicks,cost_micros,impressions\n"
ACCOUNT = "customer_id,date,active_view_impressions,device,clicks,cost_micros,impressions\n"


def spend(desk: Desk) -> int:
    """What the models make of it: totals where there are any, ads on the other days."""
    ads = desk.silver("ad_daily").group_by("account_id", "day_on").agg(pl.col("spend_micros").sum())
    totals = desk.silver("spend_daily").select("account_id", "day_on", "spend_micros")
    alone = ads.join(totals, on=["account_id", "day_on"], how="anti")
    return int(totals["spend_micros"].sum()) + int(alone["spend_micros"].sum())


@pytest.mark.parametrize("first", ["ads", "account"])
def test_an_accounts_totals_join_its_ads_whichever_came_first(desk, first):
    ads = desk.write("ads.csv", f"{AD}77,2026-07-01,1,SEARCH,5,9,1,3000000,10\n")
    account = desk.write("account.csv", f"{ACCOUNT}77,2026-07-01,0,MOBILE,2,5000000,20\n")
    order = (ads, account) if first == "ads" else (account, ads)
    results = [desk.bring(file, currency="USD")[0] for file in order]
    assert results[0].account_id == results[1].account_id
    assert results[1].account_id == "import:77"
    assert spend(desk) == 5_000_000


def test_campaigns_of_days_that_came_by_ad_are_refused(desk):
    desk.bring(desk.write("ads.csv", f"{AD}77,2026-07-01,1,SEARCH,5,9,1,3000000,10\n"), currency="USD")
    campaigns = desk.write("campaigns.csv", f"{CAMPAIGN}77,2026-07-01,c/9,SEARCH,9,1,3000000,10\n")
    with pytest.raises(Conflict, match=r"campaigns.csv tells otherwise .* account '77' has: 1 earlier row"):
        desk.bring(campaigns, currency="USD")
    assert spend(desk) == 3_000_000
    planned = desk.plan(campaigns, currency="USD")
    store(planned, lake=desk.lake, workspace=desk.workspace, clock=AT, remove=True)
    assert (desk.silver("ad_daily").height, spend(desk)) == (1, 3_000_000)


def test_a_copy_under_another_name_changes_nothing(desk):
    text = f"{AD}77,2026-07-01,1,SEARCH,5,9,1,3000000,10\n"
    desk.bring(desk.write("report.csv", text), currency="USD")
    (result,) = desk.bring(desk.write("report (1).csv", text), currency="USD")
    assert (result.new, result.changed, spend(desk)) == (0, 0, 3_000_000)


def test_other_campaigns_other_days_and_other_accounts_are_welcome(desk):
    desk.bring(desk.write("ads.csv", f"{AD}77,2026-07-01,1,SEARCH,5,9,1,3000000,10\n"), currency="USD")
    desk.bring(desk.write("b.csv", f"{CAMPAIGN}77,2026-07-01,c/8,SEARCH,8,1,1000000,10\n"), currency="USD")
    desk.bring(desk.write("c.csv", f"{CAMPAIGN}77,2026-07-02,c/9,SEARCH,9,1,1000000,10\n"), currency="USD")
    desk.bring(desk.write("d.csv", f"{CAMPAIGN}78,2026-07-01,c/9,SEARCH,9,1,1000000,10\n"), currency="USD")
    assert spend(desk) == 6_000_000


def test_an_account_and_its_ads_in_one_call_meet_as_well(desk):
    ads = desk.write("ads.csv", f"{AD}77,2026-07-01,1,SEARCH,5,9,1,3000000,10\n")
    account = desk.write("account.csv", f"{ACCOUNT}77,2026-07-01,0,MOBILE,2,5000000,20\n")
    first, second = desk.bring(ads, account, currency="USD")
    assert first.account_id == second.account_id == "import:77"
    assert spend(desk) == 5_000_000
    campaigns = desk.write("campaigns.csv", f"{CAMPAIGN}79,2026-07-01,c/9,SEARCH,9,1,3000000,10\n")
    more = desk.write("more.csv", f"{AD}79,2026-07-01,1,SEARCH,5,9,1,3000000,10\n")
    with pytest.raises(Conflict, match="twice"):
        desk.bring(campaigns, more, currency="USD")


def test_two_files_of_one_name_in_one_call_add_up_and_do_not_contradict_each_other(desk):
    (desk.folder / "july").mkdir()
    july = desk.write("july/report.csv", f"{AD}77,2026-07-01,1,SEARCH,5,9,1,3000000,10\n")
    august = desk.write("report.csv", f"{AD}77,2026-08-01,1,SEARCH,5,9,1,3000000,10\n")
    desk.bring(july, august, currency="USD")
    assert spend(desk) == 6_000_000
    other = desk.write("other.csv", f"{AD}77,2026-07-01,1,SEARCH,5,9,1,4000000,10\n")
    with pytest.raises(BadInput, match="another file of the call tell 2026-07-01"):
        desk.bring(july, other, currency="USD")


def test_a_file_of_a_connected_account_is_refused(desk):
    day = {
        "day_on": date(2026, 7, 1),
        "campaign_id": "9",
        "ad_set_id": "1",
        "ad_id": "5",
        "network": "SEARCH",
    }
    numbers = {"currency": "USD", "impressions": 10, "clicks": 1, "spend_micros": 3_000_000}
    row = pl.DataFrame([{**day, **numbers, "record_key": "1", "load_id": "1", "loaded_at": AT.now()}])
    change = Change(desk.workspace, "google_ads", "77", "ad_performance", complete_columns(row))
    apply_change(desk.lake, "ad_daily", change, {})
    ads = desk.write("ads.csv", f"{AD}77,2026-07-01,1,SEARCH,5,9,1,3000000,10\n")
    with pytest.raises(Conflict, match="the connected account 77 brings itself"):
        desk.bring(ads, currency="USD")
    with pytest.raises(Conflict, match="the connected account 77 brings itself"):
        desk.bring(
            desk.write("account.csv", f"{ACCOUNT}77,2026-07-01,0,MOBILE,2,5000000,20\n"), currency="USD"
        )


def complete_columns(row: pl.DataFrame) -> pl.DataFrame:
    wanted = SILVER["ad_daily"].columns
    return row.with_columns(
        pl.lit(None, kind).alias(name) for name, kind in wanted.items() if name not in row
    )


def test_alike_campaigns_of_another_account_are_welcome_under_a_name_of_their_own(desk):
    head = "Day,Campaign name,Impressions,Clicks (all),Amount spent (EUR)\n"
    desk.bring(desk.write("one.csv", f"{head}2026-07-01,Brand,1,1,1\n"))
    (result,) = desk.bring(
        desk.write("two.csv", f"{head}2026-07-01,Brand,9,2,3\n"), account="the other client"
    )
    assert result.account_id == "import:the other client"
    assert desk.silver("ad_daily").height == 2


def test_orders_that_came_in_another_file_are_not_counted_again(desk):
    head = "id,name,email,created_at,updated_at,currency,total_price,subtotal_price,total_tax,cancelled_at\n"
    line = "1,#1,a@b.example,2026-07-01 10:00:00,2026-07-01 10:00:00,EUR,50.00,50.00,0,\n"
    desk.bring(desk.write("orders.csv", head + line))
    (result,) = desk.bring(desk.write("orders (1).csv", head + line))
    assert (result.new, result.changed, desk.silver("order").height) == (0, 0, 1)
