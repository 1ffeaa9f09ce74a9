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
        "product": _ID,
        "variant": _ID,
        "discountedTotalSet": AMOUNT,
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
    "test": FLAG,
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
    """Return `order` rows; `total_micros` is gross of refunds and holds tax and shipping."""
    utm = ("customerJourneySummary", "lastVisit", "utmParameters")
    return records.select(
        "record_key",
        order_id=number(pl.col("id")),
        order_name=pl.col("name"),
        customer_id=number(at("customer", "id")),
        person_key=at("customer", "defaultEmailAddress", "emailAddress"),
        ordered_at=ORDERED_AT,
        day_on=day_in(ORDERED_AT, account.timezone),
        updated_at=instant(pl.col("updatedAt")),
        currency=pl.col("currencyCode"),
        total_micros=amount("totalPriceSet"),
        discount_micros=amount("totalDiscountsSet"),
        tax_micros=amount("totalTaxSet"),
        shipping_micros=amount("totalShippingPriceSet"),
        refunded_micros=amount("totalRefundedSet"),
        is_test=pl.col("test"),
        is_cancelled=pl.col("cancelledAt").is_not_null(),
        **{f"last_utm_{part}": at(*utm, part) for part in ("source", "medium", "campaign", "content")},
    )


def line_rows(records: pl.DataFrame, account: Account) -> pl.DataFrame:
    """Return `order_line` rows. Discounts by code count at the order, not here (unverified)."""
    lines = records.select(
        "record_key",
        order_id=number(pl.col("id")),
        day_on=day_in(ORDERED_AT, account.timezone),
        currency=pl.col("currencyCode"),
        line=at("lineItems", "nodes"),
    )
    return _one_each(lines, "line").select(
        "record_key",
        "order_id",
        "day_on",
        "currency",
        line_id=number(at("line", "id")),
        product_id=number(at("line", "product", "id")),
        variant_id=number(at("line", "variant", "id")),
        sku=at("line", "sku"),
        quantity=whole(at("line", "quantity")),
        net_micros=amount("line", "discountedTotalSet"),
    )


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
    """One row per list entry; records with an empty list leave none."""
    return records.filter(pl.col(column).list.len() > 0).explode(column)
