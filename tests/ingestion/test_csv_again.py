"""A second export adds and brings up to date: nothing is lost, nothing counts twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from core.errors import BadInput, Conflict
from ingestion.csv.importing import store
from ingestion.csv.source import Choice
from lake.merge import Change, apply_change
from lake.schemas import SILVER
from tests.ingestion.csv_desk import AT, Desk

CASES = Path(__file__).parent / "cases" / "imports"
GOOGLE = "Day,Campaign,Currency code,Impr.,Clicks,Cost\n"
META = "Reporting starts,Reporting ends,Campaign name,Impressions,Amount spent (EUR),Link clicks\n"
SHOP = (
    "Name,Email,Financial Status,Currency,Taxes,Total,Created at,Lineitem quantity,Lineitem name,"
    "Lineitem price,Lineitem sku,Id\n"
)


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def days(first: int, last: int, cost: str = "1.00", campaign: str = "Brand", head: str = GOOGLE) -> str:
    rows = (f"2026-07-{day:02},{campaign},EUR,100,10,{cost}\n" for day in range(first, last + 1))
    return head + "".join(rows)


def orders(first: int, last: int, total: str = "10.00") -> str:
    at = "2026-07-01 10:00:00 +0000"
    rows = (f"#{n},a@b.example,paid,EUR,1.00,{total},{at},1,X,{total},S,{5600000000000 + n}\n"
            for n in range(first, last + 1))  # fmt: skip
    return SHOP + "".join(rows)


def spend(desk: Desk) -> int:
    return int(desk.silver("ad_daily")["spend_micros"].sum()) // 10_000


def again(desk: Desk, *files: Path, remove: bool | None = None, **more: object) -> list:
    planned = desk.plan(*files, **more)
    return store(planned, lake=desk.lake, workspace=desk.workspace, clock=AT, remove=remove)


def connect(desk: Desk, table: str, channel: str, rows: list[dict], account: str = "4821093377") -> None:
    """Put rows into silver as a connected account brings them."""
    frame = pl.DataFrame([{**row, "record_key": str(at), "load_id": "1", "loaded_at": AT.now()}
                          for at, row in enumerate(rows)])  # fmt: skip
    missing = {n: t for n, t in SILVER[table].columns.items() if n not in frame.columns}
    frame = frame.with_columns(pl.lit(None, t).alias(n) for n, t in missing.items())
    apply_change(desk.lake, table, Change(desk.workspace, channel, account, "ad_performance", frame), {})


def ad(day: date, name: str, cost: str, campaign_id: str = "7") -> dict:
    levels = {
        "campaign_id": campaign_id,
        "campaign_name": name,
        "ad_set_id": "1",
        "ad_id": "5",
        "network": "",
    }
    figures = {"currency": "EUR", "impressions": 100, "clicks": 10, "spend_micros": int(float(cost) * 1e6)}
    return {"day_on": day, **levels, **figures}


# --- Days ----------------------------------------------------------------------------------------------


@pytest.mark.case("files/15")
@pytest.mark.case("files/16")
@pytest.mark.parametrize("names", [("report.csv", "report.csv"), ("a.csv", "b.csv")])
def test_a_later_overlapping_export_adds_its_days(desk, names):
    desk.bring(desk.write(names[0], days(1, 14)))
    (result,) = desk.bring(desk.write(names[1], days(8, 21)))
    assert (result.new, result.changed, result.deleted) == (7, 0, 0)
    assert desk.silver("ad_daily").height == 21
    assert spend(desk) == 2100
    (result,) = desk.bring(desk.write("last.csv", days(10, 31, "2.00")))
    assert (result.new, result.changed, result.deleted) == (10, 12, 0)
    assert spend(desk) == 900 + 2 * 2200


def test_a_row_that_vanished_within_the_days_goes_only_with_a_word_and_is_named(desk):
    desk.bring(desk.write("a.csv", days(1, 9)))
    text = days(1, 9).replace("2026-07-05,Brand,EUR,100,10,1.00\n", "")
    file = desk.write("b.csv", text)
    with pytest.raises(
        Conflict, match=r"no longer has 1 earlier row of 2026-07-05 \(Brand\), 1.00 EUR.*--remove"
    ):
        again(desk, file)
    assert spend(desk) == 900
    assert "Would go: 1 earlier row of 2026-07-05" in " ".join(desk.preview(file)[0].notes)
    (result,) = again(desk, file, remove=False)
    assert (result.deleted, spend(desk)) == (0, 900)
    (result,) = again(desk, file, remove=True)
    assert (result.deleted, spend(desk)) == (1, 800)
    (result,) = again(desk, file)
    assert (result.new, result.changed, result.deleted) == (0, 0, 0)
    (result,) = desk.bring(desk.write("a.csv", days(1, 9)))
    assert (result.new, spend(desk)) == (1, 900)


def test_a_campaign_the_file_does_not_tell_stays_and_is_named(desk):
    desk.bring(desk.write("a.csv", days(1, 3) + days(1, 3, campaign="Generic", head="")))
    (result,) = desk.bring(desk.write("b.csv", days(1, 5)))
    assert spend(desk) == 800
    assert (
        "does not tell these campaigns: 3 earlier rows of 2026-07-01 to 2026-07-03 (Generic), 3.00 EUR"
        in (" ".join(result.notes))
    )


@pytest.mark.case("files/17")
def test_a_period_and_its_days_never_count_both_and_the_advice_is_right(desk):
    desk.bring(desk.write("sept_total.csv", f"{META}2026-09-01,2026-09-30,A,3000,30.00,30\n"))
    row = "2026-09-{0:02},2026-09-{0:02},A,100,1.00,1\n"
    part = desk.write("sept_days.csv", META + "".join(row.format(day) for day in range(2, 31)))
    for remove in (None, True, False):
        with pytest.raises(Conflict, match="all days from 2026-09-01 to 2026-09-30, and import that"):
            again(desk, part, remove=remove)
    whole = desk.write("whole.csv", META + "".join(row.format(day) for day in range(1, 31)))
    beginning = desk.write("beginning.csv", META + "".join(row.format(day) for day in range(1, 11)))
    with pytest.raises(Conflict, match="all days from 2026-09-01 to 2026-09-30"):
        again(desk, beginning, remove=True)
    again(desk, whole)
    assert (desk.silver("ad_daily").height, spend(desk)) == (30, 3000)
    with pytest.raises(Conflict, match="count twice"):
        again(desk, desk.write("total.csv", f"{META}2026-09-10,2026-09-12,A,300,3.00,3\n"))
    assert spend(desk) == 3000


@pytest.mark.case("files/20")
@pytest.mark.parametrize("second", ["1234567890", "123-456-7890", "customers/1234567890"])
def test_one_account_is_recognised_however_its_id_is_written(desk, second):
    text = "Day,Campaign,Customer ID,Currency code,Impr.,Clicks,Cost\n2026-07-01,Brand,{},EUR,100,10,5.00\n"
    desk.bring(desk.write("a.csv", text.format("123-456-7890")))
    (result,) = desk.bring(desk.write("b.csv", text.format(second)))
    assert (result.account_id, result.new, spend(desk)) == ("import:1234567890", 0, 500)


@pytest.mark.case("files/20")
def test_a_campaign_by_id_after_the_same_by_name_is_refused_or_takes_its_place(desk):
    named = "Day,Campaign,Customer ID,Currency code,Impr.,Clicks,Cost\n"
    named += "2026-07-01,Brand,123-456-7890,EUR,100,10,5.00\n"
    by_id = "Day,Campaign ID,Campaign,Customer ID,Currency code,Impr.,Clicks,Cost\n"
    by_id += "2026-07-01,77,Brand,1234567890,EUR,100,10,5.00\n"
    desk.bring(desk.write("a.csv", named))
    file = desk.write("b.csv", by_id)
    with pytest.raises(Conflict, match="count twice"):
        again(desk, file)
    with pytest.raises(Conflict, match="count twice"):
        again(desk, file, remove=False)
    assert spend(desk) == 500
    again(desk, file, remove=True)
    assert (spend(desk), desk.silver("ad_daily")["campaign_id"].to_list()) == (500, ["77"])


def test_two_accounts_in_one_file_keep_their_campaigns_apart(desk):
    head = "Day,Campaign,Customer ID,Currency code,Impr.,Clicks,Cost\n"
    rows = "2026-07-01,Brand,111-111-1111,EUR,100,10,5.00\n2026-07-01,Brand,222-222-2222,EUR,50,5,2.00\n"
    results = desk.bring(desk.write("all.csv", head + rows))
    assert [(r.account_id, r.spend_minor) for r in results] == [
        ("import:1111111111", 500),
        ("import:2222222222", 200),
    ]
    with pytest.raises(Conflict, match="say whose they are with --account"):
        desk.bring(desk.write("brand.csv", days(1, 1)))


def test_the_same_days_named_for_another_account_are_refused_where_the_figures_are_equal(desk):
    desk.bring(desk.write("a.csv", days(1, 14)))
    with pytest.raises(Conflict, match="leave out --account"):
        desk.bring(desk.write("b.csv", days(8, 21)), account="other")
    desk.bring(desk.write("b.csv", days(8, 21)))
    assert spend(desk) == 2100
    other = "".join(
        line.replace("100,10", f"{n}00,{n}") for n, line in enumerate(days(1, 9).splitlines(keepends=True))
    )
    (result,) = desk.bring(desk.write("c.csv", other), account="the other client")
    assert result.account_id == "import:the other client"
    assert spend(desk) == 3000


def test_files_of_accounts_named_by_earlier_versions_are_continued(desk):
    """Accounts used to be named by the file; a file over two of them restates each where it is."""
    desk.bring(desk.write("june.csv", days(1, 5)), account="june")
    desk.bring(desk.write("july.csv", days(6, 9)), account="july")
    results = desk.bring(desk.write("report.csv", days(4, 12, "2.00")))
    assert {r.account_id: (r.new, r.changed) for r in results} == {
        "import:june": (0, 2), "import:july": (0, 4), "import:google_ads": (3, 0)}  # fmt: skip
    assert spend(desk) == 300 + 9 * 200


def test_monthly_files_of_one_vendors_account_are_continued(desk):
    head = "Day,Campaign,Customer ID,Currency code,Impr.,Clicks,Cost\n"
    row = "2026-0{}-01,Brand,111-111-1111,EUR,100,10,5.00\n"
    for month in (5, 6):
        first = desk.plan(desk.write("a.csv", head + row.format(month)))
        one = first[0]
        one.account = replace(one.account, id=f"import:month{month}")
        store([one], lake=desk.lake, workspace=desk.workspace, clock=AT)
    results = desk.bring(desk.write("b.csv", head + "".join(row.format(month) for month in (5, 6, 7))))
    assert {r.account_id: (r.new, r.changed) for r in results} == {
        "import:month5": (0, 0), "import:month6": (0, 0), "import:1111111111": (1, 0)}  # fmt: skip
    assert spend(desk) == 1500


def test_years_of_days_are_compared_day_by_day(desk):
    campaigns = [f"C{n}" for n in range(40)]
    year = [date(2025, 7, 1) + timedelta(day) for day in range(365)]
    rows = "".join(f"{day},{name},EUR,100,10,1.00\n" for day in year for name in campaigns)
    desk.bring(desk.write("a.csv", GOOGLE + rows))
    by_set = rows.replace(",EUR", ",S1,EUR")
    file = desk.write("b.csv", GOOGLE.replace("Campaign,", "Campaign,Ad group,") + by_set)
    with pytest.raises(Conflict, match="14600 earlier rows of 2025-07-01 to 2026-06-30"):
        again(desk, file)


def test_a_corrected_currency_takes_the_place_of_the_assumed_one_with_a_word(desk):
    text = "Day,Campaign,Impr.,Clicks,Cost\n2026-07-01,Brand,100,10,5.00\n"
    desk.bring(desk.write("a.csv", text), choice=Choice("google_ads"))
    with pytest.raises(Conflict, match="--remove"):
        again(desk, desk.write("a.csv", text), choice=Choice("google_ads"), currency="USD")
    again(desk, desk.write("a.csv", text), choice=Choice("google_ads"), currency="USD", remove=True)
    assert desk.silver("ad_daily")["currency"].to_list() == ["USD"]


# --- Things with ids -----------------------------------------------------------------------------------


@pytest.mark.case("files/27")
def test_a_second_report_of_mails_adds_its_mails(desk):
    for at in (1, 2):
        text = (CASES / f"mails-{at}.csv").read_text(encoding="utf-8")
        result = desk.bring(desk.write("campaigns.csv", text))[0]
        assert (result.new, result.deleted) == (1, 0)
    assert sorted(desk.silver("email_campaign")["mail_id"]) == ["abc123", "def456"]


@pytest.mark.case("files/27")
def test_a_second_export_of_posts_adds_its_posts(desk):
    head = "Post ID,Publish time,Permalink,Post type,Description\n"
    choice = Choice("instagram")
    two = f"{head}1,2026-05-01 10:00,u,IG image,a\n2,2026-05-02 10:00,u,IG image,b\n"
    desk.bring(desk.write("posts.csv", two), choice=choice)
    (result,) = desk.bring(desk.write("posts.csv", f"{head}3,2026-06-01 10:00,u,IG image,a\n"), choice=choice)
    assert (result.new, result.deleted, desk.silver("post").height) == (1, 0, 3)


@pytest.mark.parametrize("second", ["orders_export_1.csv", "orders_export_2.csv"])
def test_a_later_export_of_orders_adds_and_updates_orders_and_lines(desk, second):
    desk.bring(desk.write("orders_export_1.csv", orders(2001, 2010)))
    results = desk.bring(desk.write(second, orders(2006, 2015)))
    assert [(r.new, r.changed, r.deleted) for r in results] == [(5, 0, 0), (5, 0, 0)]
    assert desk.silver("order")["order_id"].n_unique() == desk.silver("order").height == 15
    assert desk.silver("order_line").height == 15
    desk.bring(desk.write("one.csv", orders(2003, 2003, "12.00")))
    assert desk.silver("order")["total_micros"].sum() == 152_000_000


def test_orders_that_another_account_has_are_not_counted_for_a_second_one(desk):
    desk.bring(desk.write("a.csv", orders(2001, 2010)))
    with pytest.raises(Conflict, match="leave out --account"):
        desk.bring(desk.write("b.csv", orders(2006, 2015)), account="t1")
    other = orders(2001, 2005).replace("2026-07-01", "2026-03-01")
    with pytest.raises(Conflict, match="another shop or list, name it with --account"):
        desk.bring(desk.write("c.csv", other))
    desk.bring(desk.write("c.csv", other), account="second shop")
    assert desk.silver("order").height == 15


# --- Connected accounts --------------------------------------------------------------------------------


def connected_google(desk: Desk) -> None:
    first = date(2025, 11, 1)
    names = ("Brand Search", "Generic Search", "Performance Max Shop", "YouTube Demand Gen")
    rows = [
        ad(first + timedelta(day), name, "1", str(at)) for day in range(21) for at, name in enumerate(names)
    ]
    connect(desk, "ad_daily", "google_ads", rows)


@pytest.mark.case("files/18")
def test_a_report_of_a_connected_account_by_names_is_refused(desk):
    connected_google(desk)
    before = spend(desk)
    text = (CASES / "google_campaigns_by_name.csv").read_text(encoding="utf-8")
    own = "".join(f"{line}\n" for line in text.splitlines() if not line.startswith("2025-12"))
    with pytest.raises(Conflict, match="connected account 4821093377 brings itself"):
        desk.bring(desk.write("a.csv", own))
    account = [f"{line},482-109-3377\n" if line[:4] == "2025" else f"{line},Customer ID\n"
               for line in own.splitlines()[2:]]  # fmt: skip
    with pytest.raises(Conflict, match="connected account 4821093377"):
        desk.bring(desk.write("b.csv", "".join(account)))
    sums = "Day,Currency code,Impr.,Clicks,Cost\n2025-11-03,EUR,5000,100,99.00\n"
    with pytest.raises(Conflict, match="Leave this file out; nothing is missing"):
        desk.bring(desk.write("c.csv", sums), choice=Choice("google_ads", "spend"))
    assert spend(desk) == before


@pytest.mark.case("files/18")
def test_the_advice_for_a_file_longer_than_the_connection_loses_nothing(desk):
    connected_google(desk)
    before = spend(desk)
    row = "{},Brand Search,EUR,100,10,2.00\n"
    long = GOOGLE + "".join(row.format(date(2025, 10, 25) + timedelta(day)) for day in range(14))
    with pytest.raises(Conflict, match="Export the report without 2025-11-01 to 2025-11-07 and import that"):
        desk.bring(desk.write("long.csv", long))
    rest = GOOGLE + "".join(row.format(date(2025, 10, 25) + timedelta(day)) for day in range(7))
    desk.bring(desk.write("rest.csv", rest))
    assert spend(desk) == before + 1400


@pytest.mark.case("files/19")
@pytest.mark.parametrize("form", ["name", "id", "apostrophe"])
def test_orders_of_a_connected_shop_are_refused_by_name_and_by_id(desk, form):
    text = (CASES / "shopify_orders.csv").read_text(encoding="utf-8")
    rows = [line.split(",") for line in text.splitlines()[1:]]
    fixed = {
        "currency": "EUR",
        "total_micros": 1,
        "refunded_micros": 0,
        "is_test": False,
        "is_cancelled": False,
    }
    api = [{"order_id": next(cell for cell in row if cell.startswith("5600")), "order_name": row[0],
            "ordered_at": datetime.fromisoformat(
                next(c for c in row if c.startswith("2025-11"))[:19] + "+00:00"),
            "day_on": date(2025, 11, 1), **fixed} for row in rows if row[0]]  # fmt: skip
    connect(desk, "order", "shopify", api, account="nord.myshopify.com")
    head = "id,name,email,created_at,updated_at,currency,total_price,subtotal_price,total_tax,cancelled_at\n"
    one = "{},{},a@b.example,2025-11-01 07:00:09,2025-11-01 07:00:09,EUR,50.00,50.00,0,\n"
    file = {"name": text, "id": head + one.format(api[1]["order_id"], ""),
            "apostrophe": head + one.format(f"'{api[1]['order_id']}", "")}[form]  # fmt: skip
    with pytest.raises(Conflict, match="connected account nord.myshopify.com brings itself"):
        desk.bring(desk.write("orders.csv", file))
    assert desk.silver("order").height == len(api)


def test_customers_with_an_apostrophe_meet_those_of_a_connected_shop(desk):
    connect(desk, "customer", "shopify", [{"customer_id": "7210448301122"}], account="nord.myshopify.com")
    choice = Choice("shopify", "customers", {"Customer ID": "customer_id", "Total Orders": "orders_count"})
    file = desk.write("customers.csv", "Customer ID,Total Orders,Total Spent\n'7210448301122,3,10.00\n")
    with pytest.raises(Conflict, match="connected account nord.myshopify.com brings itself"):
        desk.bring(file, choice=choice)


# --- What is reported is stored ------------------------------------------------------------------------


@pytest.mark.case("files/21")
def test_post_days_by_layout_are_stored(desk):
    text = (CASES / "ig_business.csv").read_text(encoding="utf-8")
    columns = {"Post ID": "post_id", "Publish time": "day", "Views": "views", "Likes": "likes"}
    (result,) = desk.bring(desk.write("ig.csv", text), choice=Choice("instagram", "post days", columns))
    rows = desk.silver("post_daily")
    assert (rows.height, rows["views"].sum(), rows["likes"].sum()) == (2, 12_800, 631)
    assert (result.new, result.quarantined, result.is_stored) == (2, 0, True)


NO_DAY = "is not a day from 2000 to 2099; correct the cell"
NO_CURRENCY = "'XXQ' is no currency in use; write a code such as EUR"


@pytest.mark.parametrize(
    ("day", "coin", "column", "because"),
    [
        ("0206-07-01", "EUR", "Day", NO_DAY),
        ("2126-07-01", "EUR", "Day", NO_DAY),
        ("2028-07-01", "EUR", "day", "ad_daily.day_on is more than a year ahead"),
        ("2026-07-01", "XXQ", "Currency code", NO_CURRENCY),
        ("1899-07-01", "USD", "Day", NO_DAY),
    ],
)
def test_rows_the_lake_does_not_take_are_named_and_not_counted(desk, day, coin, column, because):
    bad = f"{day},Brand,{coin},100,10,1.23\n"
    file = desk.write("a.csv", f"{GOOGLE}{bad}")
    with pytest.raises(BadInput, match=f"a.csv, line 2, column {column}: .*{because}"):
        again(desk, file)
    assert desk.silver("ad_daily").is_empty()
    mixed = desk.write("b.csv", f"{days(1, 2)}{bad}")
    (dry,) = desk.preview(mixed)
    (result,) = desk.bring(mixed)
    for report in (dry, result):
        assert (report.totals["spend_minor"], report.impressions) == ({"EUR": 200}, 200)
    assert (result.new, result.quarantined, result.is_stored) == (2, 1, True)
    assert [(row.line, row.column) for row in result.bad_rows] == [(4, column)]
    assert because in result.bad_rows[0].because
    assert spend(desk) == 200


def test_the_number_of_a_mail_is_no_person(desk):
    from ingestion.csv.hide import find_personal
    from ingestion.csv.table import read_table

    head = "Email ID,Subject,Recipients,Opens\n"
    assert find_personal(read_table(desk.write("hubspot.csv", f"{head}93812345,Hello,10,5\n"))) == set()
    hashed = "0bc83cb571cd1c50ba6f3e8a78ef1346"
    assert find_personal(read_table(desk.write("tool.csv", f"{head}{hashed},Hello,10,5\n"))) == {"Email ID"}
