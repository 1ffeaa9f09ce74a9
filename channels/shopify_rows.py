"""Shopify's orders, customers and products as rows; one order becomes an order, its lines and its refunds."""

from __future__ import annotations

from typing import Final

import polars as pl
import pyarrow as pa

from channels.contract import Account
from channels.records import day_in, instant, micros, whole

TEXT: Final = pa.string()
FLAG: Final = pa.bool_()
# Amounts are decimal text, so they stay exact.
AMOUNT: Final = pa.struct({"shopMoney": pa.struct({"amount": TEXT})})
_ID: Final = pa.struct({"id": TEXT})
_EMAIL: Final = pa.struct({"emailAddress": TEXT})
_UTM: Final = pa.struct(dict.fromkeys(("source", "medium", "campaign", "content"), TEXT))
_LINE: Final = pa.struct(
    {
        "id": TEXT,
        "sku": TEXT,
        "quantity": pa.int64(),
        "currentQuantity": pa.int64(),
        "isGiftCard": FLAG,
        "product": _ID,
        "variant": _ID,
        "discountedTotalSet": AMOUNT,
        "taxLines": pa.list_(pa.struct({"priceSet": AMOUNT})),
    }
)
_REFUND: Final = pa.struct({"id": TEXT, "createdAt": TEXT, "totalRefundedSet": AMOUNT})
_VARIANT: Final = pa.struct(
    {
        "id": TEXT,
        "title": TEXT,
        "sku": TEXT,
        "price": TEXT,
        "inventoryItem": pa.struct({"unitCost": pa.struct({"amount": TEXT, "currencyCode": TEXT})}),
    }
)

ORDER_FIELDS: Final = {
    **dict.fromkeys(("id", "legacyResourceId", "name"), TEXT),
    **dict.fromkeys(("test", "taxesIncluded"), FLAG),
    **dict.fromkeys(("createdAt", "processedAt", "updatedAt", "cancelledAt", "currencyCode"), TEXT),
    **dict.fromkeys(
        "totalPriceSet currentTotalPriceSet totalDiscountsSet totalTaxSet totalShippingPriceSet "
        "totalRefundedSet netPaymentSet".split(),
        AMOUNT,
    ),
    **dict.fromkeys(
        ("cancelReason", "displayFinancialStatus", "displayFulfillmentStatus", "sourceName"), TEXT
    ),
    "discountCodes": pa.list_(TEXT),
    "customer": pa.struct({"id": TEXT, "defaultEmailAddress": _EMAIL}),
    "customerJourneySummary": pa.struct({"lastVisit": pa.struct({"utmParameters": _UTM})}),
    "lineItems": pa.struct({"nodes": pa.list_(_LINE)}),
    "refunds": pa.list_(_REFUND),
}
CUSTOMER_FIELDS: Final = {
    **dict.fromkeys(("id", "createdAt", "updatedAt", "numberOfOrders"), TEXT),
    "tags": pa.list_(TEXT),
    "amountSpent": pa.struct({"amount": TEXT, "currencyCode": TEXT}),
    "defaultEmailAddress": _EMAIL,
}
PRODUCT_FIELDS: Final = {
    **dict.fromkeys(("id", "title", "status", "updatedAt"), TEXT),
    "variants": pa.struct({"nodes": pa.list_(_VARIANT)}),
}
# Nobody paid these: the payment was called off, or the right to take it ran out.
UNPAID: Final = ("VOIDED", "EXPIRED")
# The name Shopify gives the one variant of a product that has no options.
ONLY_VARIANT: Final = "Default Title"


def at(column: str, *path: str) -> pl.Expr:
    """Return a nested value."""
    found = pl.col(column)
    for name in path:
        found = found.struct.field(name)
    return found


def number(gid: pl.Expr) -> pl.Expr:
    """Return the number at the end of `gid://shopify/Order/1001`."""
    return gid.str.extract(r"/(\d+)(?:\?.*)?$")


def amount(column: str, *path: str) -> pl.Expr:
    """Return an amount in the shop's currency as micros."""
    return micros(at(column, *path, "shopMoney", "amount"))


# The vendor's own reports go by processedAt: an order brought over from elsewhere has its true day there.
ORDERED_AT: Final = instant(pl.coalesce("processedAt", "createdAt"))


def order_rows(records: pl.DataFrame, account: Account) -> pl.DataFrame:
    """Return `order` rows; total less refunded is what the order is worth today, with tax and shipping.

    The total is the one after edits, without gift cards sold: these are owed until they pay for an order,
    and that order counts in whole. An order whose payment was voided or ran out counts as cancelled.
    """
    utm = ("customerJourneySummary", "lastVisit", "utmParameters")
    worth, refunded = pl.col("worth_micros"), pl.col("returned_micros")
    return with_worth(records).select(
        "record_key",
        order_id=number(pl.col("id")),
        order_name=pl.col("name"),
        customer_id=number(at("customer", "id")),
        person_key=at("customer", "defaultEmailAddress", "emailAddress"),
        ordered_at=ORDERED_AT,
        day_on=day_in(ORDERED_AT, account.timezone),
        updated_at=instant(pl.col("updatedAt")),
        currency=pl.col("currencyCode"),
        # A total that cannot be read is not guessed from the other amounts.
        total_micros=pl.when(amount("totalPriceSet").is_not_null()).then(worth + refunded),
        discount_micros=amount("totalDiscountsSet"),
        tax_micros=amount("totalTaxSet"),
        shipping_micros=amount("totalShippingPriceSet"),
        refunded_micros=refunded,
        is_test=pl.col("test"),
        is_cancelled=pl.col("cancelledAt").is_not_null() | pl.col("is_unpaid"),
        **{f"last_utm_{part}": at(*utm, part) for part in ("source", "medium", "campaign", "content")},
    )


def with_worth(records: pl.DataFrame) -> pl.DataFrame:
    """Add what an order is worth today, what was paid back for goods, and how its lines were cut.

    Columns: worth_micros, returned_micros, is_unpaid, edited_share (of the units taken off lines, the part
    that was edited away and not paid back).
    """
    total, refunded = amount("totalPriceSet"), amount("totalRefundedSet").fill_null(0)
    current = pl.coalesce(amount("currentTotalPriceSet"), total - refunded)
    paid = pl.coalesce(amount("netPaymentSet"), total - refunded)
    is_void = pl.col("displayFinancialStatus").is_in(UNPAID).fill_null(value=False)
    cards_kept, cards_off, off = (
        _sum_lines(records, value, only_cards=only_cards).alias(name)
        for name, value, only_cards in (
            ("cards_kept", "kept", True),
            ("cards_off", "off", True),
            ("off", "off", False),
        )
    )
    edited = (total - current - refunded).clip(lower_bound=0)
    return (
        records.with_columns(cards_kept, cards_off, off)
        .with_columns(
            worth_micros=(
                pl.when((refunded > 0) | is_void).then(pl.min_horizontal(current, paid)).otherwise(current)
                - pl.col("cards_kept")
            ).clip(lower_bound=0),
            returned_micros=(refunded - pl.col("cards_off")).clip(lower_bound=0),
            is_unpaid=is_void & (paid <= 0),
            edited_share=pl.when(pl.col("off") == 0)
            .then(0.0)
            .when(refunded == 0)
            .then(1.0)
            .otherwise((edited / pl.col("off")).clip(0.0, 1.0)),
        )
        .drop("cards_kept", "cards_off", "off")
    )


def _sum_lines(records: pl.DataFrame, value: str, *, only_cards: bool) -> pl.Series:
    """Return, per record, the value of its lines' units that are still in the order or were taken off."""
    place = pl.int_range(pl.len()).alias("place")
    lines = _one_each(records.select(place, line=at("lineItems", "nodes")), "line")
    units, kept = _units()
    counted = kept if value == "kept" else units - kept
    if only_cards:
        lines = lines.filter(at("line", "isGiftCard").fill_null(value=False))
    sums = lines.group_by("place").agg(
        part_of(amount("line", "discountedTotalSet"), counted, units).sum().alias("sum")
    )
    places = pl.DataFrame({"place": range(records.height)}, schema={"place": pl.Int64})
    return places.join(sums, on="place", how="left", maintain_order="left")["sum"].fill_null(0)


def _units() -> tuple[pl.Expr, pl.Expr]:
    """Return how many pieces a line had, and has after edits and refunds."""
    units = whole(at("line", "quantity"))
    return units, pl.coalesce(whole(at("line", "currentQuantity")), units)


def part_of(whole_micros: pl.Expr, counted: pl.Expr, units: pl.Expr) -> pl.Expr:
    """Return the part of an amount that falls to some of its units, rounded down to a micro."""
    each, rest = whole_micros // units, whole_micros % units
    return pl.when(counted == units).then(whole_micros).otherwise(each * counted + rest * counted // units)


def line_rows(records: pl.DataFrame, account: Account) -> pl.DataFrame:
    """Return `order_line` rows: goods as ordered less what was edited away; gift cards are no goods.

    `tax_micros` is the tax within `net_micros`: none where the shop's prices have none, null where the
    shop does not tell. Discounts by code count at the order, not here (unverified).
    """
    lines = with_worth(records).select(
        "record_key",
        "taxesIncluded",
        "edited_share",
        order_id=number(pl.col("id")),
        day_on=day_in(ORDERED_AT, account.timezone),
        currency=pl.col("currencyCode"),
        line=at("lineItems", "nodes"),
    )
    units, kept = _units()
    tax = pl.col("tax_micros")
    return (
        _one_each(lines, "line")
        .filter(~at("line", "isGiftCard").fill_null(value=False))
        .with_columns(
            units=units,
            quantity=units - ((units - kept) * pl.col("edited_share")).round().cast(pl.Int64),
            tax_micros=_sum_tax(),
        )
        .filter((pl.col("quantity") > 0) | (pl.col("units") <= 0))
        .select(
            "record_key",
            "order_id",
            "day_on",
            "currency",
            "quantity",
            line_id=number(at("line", "id")),
            product_id=number(at("line", "product", "id")),
            variant_id=number(at("line", "variant", "id")),
            sku=at("line", "sku"),
            net_micros=_kept_part(amount("line", "discountedTotalSet")),
            tax_micros=pl.when("taxesIncluded")
            .then(_kept_part(tax))
            .when(~pl.col("taxesIncluded"))
            .then(pl.lit(0, pl.Int64)),
        )
    )


def _kept_part(of_line: pl.Expr) -> pl.Expr:
    return part_of(of_line, pl.col("quantity"), pl.col("units"))


def _sum_tax() -> pl.Expr:
    """Return a line's tax, null where the shop does not list any tax."""
    entry = micros(pl.element().struct.field("priceSet").struct.field("shopMoney").struct.field("amount"))
    lines = at("line", "taxLines")
    return pl.when(lines.is_not_null()).then(lines.list.eval(entry).list.sum())


def refund_rows(records: pl.DataFrame, account: Account) -> pl.DataFrame:
    """Return `refund` rows, on the day the money went back."""
    refunds = records.select(
        "record_key", order_id=number(pl.col("id")), currency=pl.col("currencyCode"), refund=pl.col("refunds")
    )
    refunded_at = instant(at("refund", "createdAt"))
    return _one_each(refunds, "refund").select(
        "record_key",
        "order_id",
        "currency",
        refund_id=number(at("refund", "id")),
        refunded_at=refunded_at,
        day_on=day_in(refunded_at, account.timezone),
        amount_micros=amount("refund", "totalRefundedSet"),
    )


def customer_rows(records: pl.DataFrame, _: Account) -> pl.DataFrame:
    """Return `customer` rows: totals over all their orders."""
    return records.select(
        "record_key",
        customer_id=number(pl.col("id")),
        person_key=at("defaultEmailAddress", "emailAddress"),
        created_at=instant(pl.col("createdAt")),
        updated_at=instant(pl.col("updatedAt")),
        orders_count=whole(pl.col("numberOfOrders")),
        spent_micros=micros(at("amountSpent", "amount")),
        currency=at("amountSpent", "currencyCode"),
    )


def product_rows(records: pl.DataFrame, account: Account) -> pl.DataFrame:
    """Return `product` rows, one per variant; prices are in the shop's currency, costs only if they are."""
    variants = records.select(
        "record_key", "title", product_id=number(pl.col("id")), variant=at("variants", "nodes")
    )
    cost, name = at("variant", "inventoryItem", "unitCost").struct, at("variant", "title")
    return _one_each(variants, "variant").select(
        "record_key",
        "product_id",
        variant_id=number(at("variant", "id")),
        sku=at("variant", "sku"),
        title=pl.when(name == ONLY_VARIANT)
        .then("title")
        .otherwise(pl.concat_str("title", name, separator=" - ")),
        currency=pl.lit(account.currency),
        price_micros=micros(at("variant", "price")),
        unit_cost_micros=pl.when(cost.field("currencyCode") == account.currency).then(
            micros(cost.field("amount"))
        ),
    )


def _one_each(records: pl.DataFrame, column: str) -> pl.DataFrame:
    """One row per list entry; records with an empty list leave none, nor does an entry without content."""
    rows = records.filter(pl.col(column).list.len() > 0).explode(column)
    return rows.filter(pl.col(column).is_not_null())
