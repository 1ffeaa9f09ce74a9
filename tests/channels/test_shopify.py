import json
import re
from datetime import UTC, date, datetime, timedelta

import httpx
import polars as pl
import pytest

from channels.connection import Answer
from channels.contract import Account, Span
from channels.records import read_frame
from channels.shopify import LISTING_LIMIT, channel, check, pace
from channels.shopify_queries import CUSTOMERS, MORE_LINES, MORE_VARIANTS, ORDERS, PRODUCTS, SHOP
from core.errors import AuthExpired, MissingScope, NotFound, RateLimited, Rejected, VendorDown

SHOP_ACCOUNT = Account("77", "Shop", "EUR", "Europe/Berlin")
NOW = datetime(2026, 9, 1, 6, tzinfo=UTC)
SINCE = Span(NOW, since=datetime(2026, 8, 1, tzinfo=UTC))


def cost(requested, available, restore=100.0):
    status = {"maximumAvailable": 2000.0, "currentlyAvailable": available, "restoreRate": restore}
    return {"cost": {"requestedQueryCost": requested, "actualQueryCost": None, "throttleStatus": status}}


def answered(body, status=200):
    return Answer(status, {}, json.dumps(body).encode(), "")


def failed(code, **more):
    return answered({"errors": [{"message": "No.", "extensions": {"code": code, **more}}]})


def money(amount):
    return {"shopMoney": {"amount": amount, "currencyCode": "EUR"}}


def order(number=1001, **changes):
    plain = {
        "id": f"gid://shopify/Order/{number}",
        "legacyResourceId": str(number),
        "name": f"#{number}",
        "test": False,
        "createdAt": "2026-07-31T22:30:00Z",
        "processedAt": "2026-07-31T22:30:00Z",
        "updatedAt": "2026-08-03T09:00:00Z",
        "cancelledAt": None,
        "cancelReason": None,
        "currencyCode": "EUR",
        "displayFinancialStatus": "PARTIALLY_REFUNDED",
        "displayFulfillmentStatus": "FULFILLED",
        "sourceName": "web",
        "discountCodes": [],
        "totalPriceSet": money("9007199254741.01"),
        "currentTotalPriceSet": money("9007199254721.01"),
        "totalDiscountsSet": money("0.00"),
        "totalTaxSet": money("9.58"),
        "totalShippingPriceSet": money("4.90"),
        "totalRefundedSet": money("20.00"),
        "netPaymentSet": money("9007199254721.01"),
        "customer": {"id": "gid://shopify/Customer/7", "defaultEmailAddress": {"emailAddress": "person:ab"}},
        "customerJourneySummary": {
            "ready": True,
            "lastVisit": {
                "utmParameters": {
                    "source": "mailchimp",
                    "medium": "email",
                    "campaign": "launch",
                    "content": "ck",
                }
            },
        },
        "lineItems": {
            "nodes": [
                {
                    "id": f"gid://shopify/LineItem/{number}{n}",
                    "sku": f"S{n}",
                    "quantity": 2,
                    "product": {"id": "gid://shopify/Product/5"},
                    "variant": None,
                    "discountedTotalSet": money("27.55"),
                }
                for n in (1, 2)
            ]
        },
        "refunds": [
            {
                "id": "gid://shopify/Refund/5",
                "createdAt": "2026-08-02T22:15:00Z",
                "totalRefundedSet": money("20.00"),
            }
        ],
    }
    return {**plain, **changes}


def to_rows(table, *records, stream="orders"):
    declared = channel.stream(stream)
    return declared.silver[table](read_frame(declared, list(records)), SHOP_ACCOUNT)


def test_an_answer_with_status_200_may_be_an_error():
    assert isinstance(
        check(failed("ACCESS_DENIED", requiredAccess="`read_orders` access scope.")), MissingScope
    )
    assert isinstance(check(failed("INTERNAL_SERVER_ERROR")), VendorDown)
    assert isinstance(check(failed("MAX_COST_EXCEEDED")), Rejected)
    assert isinstance(check(answered({"errors": [{"message": "Field 'x' doesn't exist"}]})), Rejected)
    assert check(answered({"data": {"shop": {}}})) is None
    invalid = answered({"errors": "[API] Invalid API key or access token"}, 401)
    assert isinstance(check(invalid), AuthExpired)
    assert isinstance(check(answered({"errors": "Not Found"}, 404)), NotFound)


def test_a_throttled_query_waits_until_the_bucket_holds_its_points():
    body = {
        "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
        "extensions": cost(600, 120),
    }
    error = check(answered(body))
    assert isinstance(error, RateLimited)
    assert error.retry_after == timedelta(seconds=4.8)


def test_the_next_query_is_paced_by_what_is_left_in_the_bucket():
    assert pace(answered({"data": {}, "extensions": cost(112, 1966)})) == 0
    assert pace(answered({"data": {}, "extensions": cost(112, 12)})) == 1.0
    assert pace(Answer(502, {}, b"<html>", "")) == 0


def test_money_is_exact_and_the_day_is_the_shops():
    row = to_rows("order", order()).row(0, named=True)
    assert row["total_micros"] == 9007199254741_010_000 != float("9007199254741.01") * 1_000_000
    assert (row["tax_micros"], row["refunded_micros"]) == (9_580_000, 20_000_000)
    assert row["day_on"] == date(2026, 8, 1)  # half past midnight in Berlin
    assert row["person_key"] == "person:ab"
    assert (row["order_id"], row["customer_id"], row["last_utm_source"]) == ("1001", "7", "mailchimp")
    assert (row["is_test"], row["is_cancelled"]) == (False, False)


def test_one_order_becomes_lines_and_refunds_that_know_their_record():
    lines = to_rows("order_line", order(), order(1002, lineItems={"nodes": []}, refunds=[]))
    assert lines.select("line_id", "quantity", "net_micros", "variant_id").rows() == [
        ("10011", 2, 27_550_000, None),
        ("10012", 2, 27_550_000, None),
    ]
    assert set(lines["record_key"]) == {"gid://shopify/Order/1001"}
    refunds = to_rows("refund", order(), order(1002, refunds=[]))
    assert refunds.select("refund_id", "day_on", "amount_micros").rows() == [
        ("5", date(2026, 8, 3), 20_000_000)
    ]
    assert to_rows("refund", order(1002, refunds=[])).height == 0


def test_an_order_without_customer_journey_or_email_is_kept():
    bare = order(customer=None, customerJourneySummary=None, cancelledAt="2026-08-03T09:00:00Z", test=True)
    row = to_rows("order", bare).row(0, named=True)
    assert (row["customer_id"], row["person_key"], row["last_utm_source"]) == (None, None, None)
    assert (row["is_test"], row["is_cancelled"]) == (True, True)


def test_an_amount_that_cannot_be_read_is_null():
    row = to_rows("order", order(totalPriceSet=money("12,50"))).row(0, named=True)
    assert row["total_micros"] is None


def product(*variants):
    return {"id": "gid://shopify/Product/5", "title": "Mug", "variants": {"nodes": list(variants)}}


def variant(number, title, amount, currency="EUR"):
    cost_of = {"unitCost": {"amount": amount, "currencyCode": currency}} if amount else {"unitCost": None}
    return {
        "id": f"gid://shopify/ProductVariant/{number}",
        "title": title,
        "sku": "S",
        "price": "24.90",
        "inventoryItem": cost_of,
    }


def test_a_product_has_a_row_for_each_variant_and_a_cost_only_in_the_shops_currency():
    some = product(
        variant(1, "Default Title", "6.20"), variant(2, "Red", "6.20", "USD"), variant(3, "Blue", None)
    )
    rows = to_rows("product", some, stream="products")
    assert rows.select("variant_id", "title", "price_micros", "unit_cost_micros").rows() == [
        ("1", "Mug", 24_900_000, 6_200_000),
        ("2", "Mug - Red", 24_900_000, None),
        ("3", "Mug - Blue", 24_900_000, None),
    ]


def vendor(pages):
    """A shop that answers queries by their operation name; `pages(name, variables)` gives the data."""

    def answer(request):
        asked = json.loads(request.content)
        name = re.match(r"query (\w+)", asked["query"]).group(1)
        found = pages(name, asked["variables"])
        return httpx.Response(200, json=found if "errors" in found else {"data": found})

    return answer


def page(nodes, cursor=None):
    return {"pageInfo": {"hasNextPage": cursor is not None, "endCursor": cursor}, "nodes": nodes}


def test_lines_that_did_not_fit_are_fetched_and_no_cursor_is_kept(play):
    def pages(name, variables):
        if name == "Lines":
            return {"order": {"lineItems": page([{"id": f"gid://shopify/LineItem/{variables['after']}"}])}}
        return {
            "orders": page(
                [
                    order(lineItems=page([{"id": "gid://shopify/LineItem/1"}], "2")),
                    order(1002, lineItems=page([])),
                ]
            )
        }

    records = [
        r
        for p in channel.stream("orders").pages(play(channel, vendor(pages)), SHOP_ACCOUNT, SINCE)
        for r in p
    ]
    assert [line["id"][-1] for line in records[0]["lineItems"]["nodes"]] == ["1", "2"]
    assert [record["lineItems"].keys() for record in records] == [{"nodes"}, {"nodes"}]


def test_a_query_that_costs_too_much_is_asked_in_smaller_pages(play):
    def pages(name, variables):
        sizes.append(variables["first"])
        if variables["first"] > 12:
            return {"errors": [{"message": "Too costly", "extensions": {"code": "MAX_COST_EXCEEDED"}}]}
        return {"orders": page([order(lineItems=page([]))], "more" if len(sizes) < 5 else None)}

    sizes = []
    list(channel.stream("orders").pages(play(channel, vendor(pages)), SHOP_ACCOUNT, SINCE))
    assert sizes == [100, 50, 25, 12, 12]


def test_a_listing_begins_anew_before_the_vendors_limit(play):
    start = datetime(2026, 8, 1, tzinfo=UTC)
    every = [
        {"id": str(n), "updatedAt": (start + timedelta(minutes=n)).strftime("%Y-%m-%dT%H:%M:%SZ")}
        for n in range(30_000)
    ]

    def pages(name, variables):
        since = re.search("'(.*?)'", variables["search"]).group(1)
        listing = (
            [c for c in every if c["updatedAt"] >= since] if variables["after"] is None else listings[-1]
        )
        if variables["after"] is None:
            listings.append(listing)
        at = int(variables["after"] or 0)
        assert at < 25_000, "the vendor stops here"
        return {
            "customers": page(
                listing[at : at + 5_000], str(at + 5_000) if at + 5_000 < len(listing) else None
            )
        }

    listings = []
    connection = play(channel, vendor(pages))
    seen = {c["id"] for p in channel.stream("customers").pages(connection, SHOP_ACCOUNT, SINCE) for c in p}
    assert len(seen) == 30_000 > LISTING_LIMIT
    assert len(listings) == 2


def test_changes_are_asked_for_by_instant(play):
    def pages(name, variables):
        asked.append(variables["search"])
        return {"customers": page([])}

    asked = []
    until = Span(NOW, since=SINCE.since, until=NOW)
    list(channel.stream("customers").pages(play(channel, vendor(pages)), SHOP_ACCOUNT, until))
    assert asked == ["updated_at:>='2026-08-01T00:00:00Z' AND updated_at:<'2026-09-01T06:00:00Z'"]


def test_another_version_than_asked_is_noticed(play, caplog):
    def answer(request):
        shop = {
            "id": "gid://shopify/Shop/77",
            "name": "Shop",
            "currencyCode": "EUR",
            "ianaTimezone": "Europe/Berlin",
        }
        return httpx.Response(
            200, json={"data": {"shop": shop}}, headers={"X-Shopify-API-Version": "2027-10"}
        )

    assert channel.accounts(play(channel, answer)) == [SHOP_ACCOUNT]
    assert "2027-10" in caplog.text


@pytest.mark.parametrize("query", [SHOP, ORDERS, CUSTOMERS, PRODUCTS, MORE_LINES, MORE_VARIANTS])
def test_queries_are_balanced(query):
    assert query.count("{") == query.count("}")
    assert query.count("(") == query.count(")")


# --- what an order is worth ----------------------------------------------------------------------------


def worth(status, total, current, paid, refunded="0.0", *, lines=()):
    some = order(
        displayFinancialStatus=status,
        totalPriceSet=money(total),
        currentTotalPriceSet=money(current) if current else None,
        netPaymentSet=money(paid) if paid else None,
        totalRefundedSet=money(refunded),
        lineItems={"nodes": list(lines)},
    )
    row = to_rows("order", some).row(0, named=True)
    goods = to_rows("order_line", some)["net_micros"].sum()
    revenue = 0 if row["is_cancelled"] else row["total_micros"] - row["refunded_micros"]
    return revenue / 1e6, goods / 1e6


def line(amount, quantity=1, current=1, *, tax=None, is_gift_card=False):
    return {
        "id": f"gid://shopify/LineItem/{amount.replace('.', '')}",
        "quantity": quantity,
        "currentQuantity": current,
        "isGiftCard": is_gift_card,
        "discountedTotalSet": money(amount),
        "taxLines": None if tax is None else [{"priceSet": money(part)} for part in tax],
    }


EDITED = pytest.mark.case("connectors/13")
NEVER_PAID = pytest.mark.case("connectors/14")
GIFT_CARD = pytest.mark.case("connectors/15")


@pytest.mark.parametrize(
    ("told", "lines", "revenue", "goods"),
    [
        pytest.param(*row, marks=mark)
        for mark, *row in [
            (EDITED, ("PAID", "100.00", "60.00", "60.00"), (line("60.00"), line("40.00", 1, 0)), 60, 60),
            (EDITED, ("PENDING", "90.00", "30.00", "0.0"), (line("90.00", 3, 1),), 30, 30),
            (EDITED, ("PAID", "100.00", "130.00", "130.00"), (line("100.00"), line("30.00")), 130, 130),
            (EDITED, ("PARTIALLY_REFUNDED", "100.00", "60.00", "60.00", "40.00"),
             (line("60.00"), line("40.00", 1, 0)), 60, 100),
            (EDITED, ("PARTIALLY_REFUNDED", "100.00", "100.00", "80.00", "20.00"),
             (line("100.00"),), 80, 100),
            (EDITED, ("PARTIALLY_REFUNDED", "100.00", None, None, "50.00"), (line("100.00"),), 50, 100),
            (NEVER_PAID, ("VOIDED", "100.00", None, "0.0"), (), 0, 0),
            (NEVER_PAID, ("EXPIRED", "100.00", "100.00", "0.0"), (), 0, 0),
            (NEVER_PAID, ("VOIDED", "100.00", "100.00", "30.00"), (), 30, 0),
            (NEVER_PAID, ("PENDING", "100.00", "100.00", "0.0"), (line("100.00"),), 100, 100),
            (GIFT_CARD, ("PAID", "50.00", "50.00", "50.00"), (line("50.00", is_gift_card=True),), 0, 0),
            (GIFT_CARD, ("PAID", "50.00", "50.00", "50.00"), (line("50.00"),), 50, 50),
            (GIFT_CARD, ("PAID", "80.00", "80.00", "80.00"),
             (line("30.00"), line("50.00", 2, 2, is_gift_card=True)), 30, 30),
            (GIFT_CARD, ("PARTIALLY_REFUNDED", "80.00", "30.00", "30.00", "50.00"),
             (line("30.00"), line("50.00", 1, 0, is_gift_card=True)), 30, 30),
        ]
    ],
)  # fmt: skip
def test_an_order_is_worth_what_was_paid_and_kept(told, lines, revenue, goods):
    assert worth(*told, lines=lines) == (revenue, goods)


@pytest.mark.parametrize(
    ("included", "tax", "expected"),
    [(True, ["40.00", "7.70"], 47_700_000), (True, [], 0), (False, ["47.70"], 0), (True, None, None),
     (None, ["47.70"], None)],
)  # fmt: skip
def test_a_line_tells_the_tax_it_holds(included, tax, expected):
    some = order(taxesIncluded=included, lineItems={"nodes": [line("299.00", tax=tax)]}, refunds=[])
    assert to_rows("order_line", some)["tax_micros"].to_list() == [expected]


def ids(*numbers):
    return [f"gid://shopify/Order/{n}" for n in numbers]


def listing(there, *, scopes=(), created="2026-08-30T00:00:00Z"):
    def pages(name, variables):
        if name == "Scopes":
            return {"currentAppInstallation": {"accessScopes": [{"handle": scope} for scope in scopes]}}
        nodes = [{"id": one, "createdAt": created} for one in there]
        at, size = int(variables["after"] or 0), 2
        more = str(at + size) if at + size < len(nodes) else None
        return {name: page([*nodes[at : at + size], None], more) for name in ("orders", "customers")}

    return vendor(pages)


@pytest.mark.case("connectors/16")
@pytest.mark.parametrize(
    ("there", "asked", "missing"),
    [
        (ids(1), {}, ids(2, 3, 4)),
        (ids(1, 3, 4), {}, ids(2)),
        (ids(1, 2, 3, 4), {}, []),
        (ids(2, 4), {}, ids(3)),  # the first may be out of sight: the app sees 60 days
        (ids(2, 4), {"scopes": ["read_all_orders"]}, ids(1, 3)),
        (ids(2, 4), {"created": "2026-01-01T00:00:00Z"}, ids(1, 3)),
        ([], {}, []),
    ],
)
def test_deleted_orders_are_missing_from_the_list_of_ids(play, there, asked, missing):
    connection = play(channel, listing(there, **asked))
    assert channel.stream("orders").missing(connection, SHOP_ACCOUNT, ids(4, 2, 3, 1)) == missing


@pytest.mark.case("connectors/16")
def test_a_list_of_ids_that_fails_takes_nothing_for_deleted(play, waits):
    def answer(request):
        return httpx.Response(200, json={"errors": [{"extensions": {"code": "INTERNAL_SERVER_ERROR"}}]})

    with pytest.raises(VendorDown):
        channel.stream("orders").missing(play(channel, answer), SHOP_ACCOUNT, ids(1, 2))


# --- against the sandbox -------------------------------------------------------------------------------


def test_orders_lines_and_refunds_of_the_twin_agree_with_what_the_market_sold(
    open_channel, sandbox, market_now
):
    connection = open_channel("shopify")
    account = channel.accounts(connection)[0]
    stream = channel.stream("orders")
    span = Span(market_now, since=market_now - timedelta(days=60))
    records = [record for page in stream.pages(connection, account, span) for record in page]
    frame = read_frame(stream, records)
    orders, lines, refunds = (to_rows(frame, account) for to_rows in stream.silver.values())
    real = orders.filter(~pl.col("is_test"))
    by_day = real.group_by("day_on").agg(
        orders=pl.len(), total=pl.col("total_micros").sum(), refunded=pl.col("refunded_micros").sum()
    )
    ledger = [row for row in httpx.get(f"{sandbox.url}/_ledger/shopify").json() if not row["is_test"]]
    known: dict[str, list[int]] = {}
    for row in ledger:
        sums = known.setdefault(row["day"], [0, 0, 0])
        parts = (row["orders"], row["total_minor"] * 10_000, row["refunded_minor"] * 10_000)
        sums[:] = [a + b for a, b in zip(sums, parts, strict=True)]
    assert {str(day): rest for day, *rest in by_day.rows()} == known
    assert refunds["amount_micros"].sum() == orders["refunded_micros"].sum() > 0
    assert set(lines["order_id"]) == set(orders["order_id"])
    assert lines["tax_micros"].sum() == orders["tax_micros"].sum() > 0
    known = [record["id"] for record in records]
    assert stream.missing(connection, account, [*known, "gid://shopify/Order/5600000000000000"]) == [
        "gid://shopify/Order/5600000000000000"
    ]
    assert real["person_key"].null_count() == 0


def test_a_later_load_reads_only_what_changed_since(open_channel, market_now):
    connection = open_channel("shopify")
    account = channel.accounts(connection)[0]
    since = market_now - timedelta(days=3)
    pages = channel.stream("orders").pages(connection, account, Span(market_now, since=since))
    changed = [datetime.fromisoformat(record["updatedAt"]) for page in pages for record in page]
    assert changed
    assert min(changed) >= since
