"""Orders, lines, refunds, customers and products of shops."""

from __future__ import annotations

from ingestion.csv.kinds import CUSTOMERS, LINES, ORDERS, PRODUCTS, REFUNDS
from ingestion.csv.layouts.layout import Layout, Part, one

SHOP_TABLES: tuple[Layout, ...] = (
    # One line per line item; what concerns the whole order stands on its first line.
    Layout(
        "Shopify orders export",
        "shopify",
        (
            Part(
                ORDERS,
                {
                    "order_id": "name",
                    "order_name": "name",
                    "person": "email",
                    "ordered_at": "created at",
                    "currency": "currency",
                    "total": "total",
                    "discount": "discount amount?",
                    "tax": "taxes?",
                    "shipping": "shipping?",
                    "refunded": "refunded amount?",
                    "cancelled": "cancelled at?",
                },
            ),
            Part(
                LINES,
                {
                    "order_id": "name",
                    "quantity": "lineitem quantity",
                    "unit_price": "lineitem price",
                    "discount": "lineitem discount?",
                    "sku": "lineitem sku?",
                    "product_id": "lineitem sku|lineitem name?",
                },
            ),
        ),
        frozenset({"financial status"}),
    ),
    one(
        *("Shopify order table", "shopify", ORDERS),
        {
            "order_id": "id",
            "order_name": "name",
            "customer_id": "customer id?",
            "person": "email",
            "ordered_at": "created at",
            "updated_at": "updated at",
            "currency": "currency",
            "total": "total price",
            "discount": "total discounts?",
            "tax": "total tax",
            "shipping": "total shipping price set shop amount?",
            "cancelled": "cancelled at",
            "is_test": "test?",
        },
        also="subtotal price",
    ),
    one(
        *("Shopify order table (GraphQL)", "shopify", ORDERS),
        {
            "order_id": "id",
            "order_name": "name",
            "customer_id": "customer id",
            "person": "email",
            "ordered_at": "created at",
            "updated_at": "updated at?",
            "currency": "total price set shop currency code|currency code",
            "total": "total price set shop amount",
            "discount": "total discounts set shop amount|total discount set shop amount?",
            "tax": "total tax set shop amount?",
            "shipping": "total shipping price set shop amount?",
            "refunded": "total refunded set shop amount?",
            "cancelled": "cancelled at",
            "is_test": "test?",
        },
    ),
    one(
        *("Shopify order_line table", "shopify", LINES),
        {
            "order_id": "order id",
            "line_id": "id",
            "product_id": "product id",
            "variant_id": "variant id",
            "sku": "sku",
            "quantity": "quantity",
            "unit_price": "price",
            "discount": "total discount",
        },
    ),
    one(
        *("Shopify order_line table (GraphQL)", "shopify", LINES),
        {
            "order_id": "order id",
            "line_id": "id",
            "product_id": "product id",
            "variant_id": "variant id",
            "sku": "sku",
            "quantity": "quantity",
            "line_total": "original total set shop amount",
            "discount": "total discount set shop amount",
            "currency": "original total set shop currency code",
        },
    ),
    one(
        *("Shopify refund table (GraphQL)", "shopify", REFUNDS),
        {
            "order_id": "order id",
            "refund_id": "id",
            "refunded_at": "created at",
            "amount": "total refunded set shop amount",
            "currency": "total refunded set shop currency code",
        },
    ),
    one(
        *("Shopify refund table", "shopify", REFUNDS),
        {"order_id": "order id", "refund_id": "id", "refunded_at": "processed at|created at"},
        also="restock",
    ),
    Layout(
        "Shopify transaction table",
        "shopify",
        (
            Part(
                REFUNDS,
                {
                    "order_id": "order id",
                    "refund_id": "refund id",
                    "refunded_at": "processed at",
                    "amount": "amount|amount set shop amount",
                    "currency": "currency|amount set shop currency code",
                },
                only=("kind", "refund"),
            ),
        ),
        frozenset({"gateway", "status"}),
    ),
    one(
        *("Shopify customer table", "shopify", CUSTOMERS),
        {
            "customer_id": "id",
            "person": "email",
            "created_at": "created at",
            "updated_at": "updated at",
            "orders_count": "orders count",
            "spent": "total spent",
            "currency": "currency?",
        },
    ),
    one(
        *("Shopify product table", "shopify", PRODUCTS),
        {"product_id": "id", "title": "title"},
        also="product type, vendor, handle",
    ),
)
