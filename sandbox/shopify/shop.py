"""Orders, customers and products of the shop as the objects of the Admin schema."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import polars as pl

from sandbox.currency import write_amount
from sandbox.guarded import GuardedWorld

Thing = dict[str, Any]
SHOP_NAME = "sandbox-shop"
JOURNEY_READY = timedelta(hours=24)  # the journey of a young order is not known yet
FULFILLED_AFTER = timedelta(days=2)
VISIT_COLUMNS = ("source", "medium", "campaign", "content")


def write_instant(at: datetime | None) -> str | None:
    """An instant in UTC as GraphQL writes it."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_gid(kind: str, number: str) -> str:
    """The global id of a thing."""
    return f"gid://shopify/{kind}/{number}"


def read_number(gid: str) -> str:
    """The number at the end of a global id."""
    return str(gid).rpartition("/")[2].partition("?")[0]


class Shop:
    """The shop: tables sorted by (updated_at, id), whose rows become objects only when they are asked for."""

    def __init__(self, world: GuardedWorld) -> None:
        self.world = world
        self.currency: str = world.currency
        self.now: datetime = world.now
        self.site: str = world.scenario.shop.domain
        self.made: dict[str, Thing | None] = {}  # products and variants, few and often asked for
        self.opened: dict[str, tuple[pl.DataFrame, dict[str, int]]] = {}

    def money(self, minor: int) -> Thing:
        """An amount as MoneyV2."""
        return {"amount": write_amount(minor, self.currency), "currencyCode": self.currency}

    def bag(self, minor: int) -> Thing:
        """An amount as MoneyBag; buyers pay in the shop's currency."""
        money = self.money(minor)
        return {"shopMoney": money, "presentmentMoney": money}

    def describe(self) -> Thing:
        """The shop itself."""
        account = self.world.accounts("shopify").row(0, named=True)
        offset = self.now.astimezone(ZoneInfo(account["timezone"])).strftime("%z")
        return {
            "id": write_gid("Shop", "59912345678"),
            "name": account["name"],
            "email": "hello@example.com",
            "myshopifyDomain": f"{SHOP_NAME}.myshopify.com",
            "currencyCode": account["currency"],
            "ianaTimezone": account["timezone"],
            "timezoneOffset": offset,
            "createdAt": "2023-01-10T09:00:00Z",
            "url": f"https://{self.site}",
        }

    # --- tables

    def orders(self) -> pl.DataFrame:
        """Orders with customer, lines and refunds."""
        return self.world.cached("shopify orders", self.build_orders)

    def build_orders(self) -> pl.DataFrame:
        """Orders joined with what belongs to them."""
        world = self.world
        lines = world.order_lines().group_by("order_id").agg(
            pl.struct("line_id", "product_id", "variant_id", "sku", "quantity", "price_minor").alias("lines")
        )  # fmt: skip
        refunds = world.refunds().group_by("order_id").agg(
            pl.struct("refund_id", "created_at", "amount_minor").alias("refunds")
        )  # fmt: skip
        index = pl.int_range(pl.len()).over("customer_id").alias("order_index")
        return (
            world.orders()
            .sort("created_at", "order_id")
            .with_columns(index)
            .join(lines, on="order_id", how="left")
            .join(refunds, on="order_id", how="left")
            .join(self.customers().select("customer_id", "email", "first_name"), on="customer_id", how="left")
            .rename({"order_id": "id"})
            .sort("updated_at", "id")
        )

    def customers(self) -> pl.DataFrame:
        """Customers with whether they get mail."""
        return self.world.cached("shopify customers", self.build_customers)

    def build_customers(self) -> pl.DataFrame:
        """Customers joined with the mailing lists."""
        members = (
            self.world.mail_members()
            .group_by("email")
            .agg((pl.col("status") == "subscribed").any().alias("is_member"))
        )
        return (
            self.world.customers()
            .join(members, on="email", how="left")
            .with_columns(pl.col("customer_id").alias("id"), pl.col("is_member").fill_null(value=False))
            .sort("updated_at", "id")
        )

    def products(self) -> pl.DataFrame:
        """Products."""
        return self.world.cached("shopify products", self.build_products)

    def build_products(self) -> pl.DataFrame:
        """Products, which have been there unchanged since they came."""
        renamed = [pl.col("product_id").alias("id"), pl.col("updated_at").alias("created_at")]
        return self.world.products().with_columns(renamed).sort("updated_at", "id")

    def variants(self) -> pl.DataFrame:
        """Variants: every product has one."""
        return self.world.cached("shopify variants", self.build_variants)

    def build_variants(self) -> pl.DataFrame:
        """The products under the ids of their variants."""
        return self.products().with_columns(pl.col("variant_id").alias("id")).sort("id")

    # --- objects

    def write_order(self, row: dict[str, Any]) -> Thing:
        """An order object."""
        total, refunded = row["total_minor"], row["refunded_minor"]
        created = row["created_at"]
        return {
            "id": write_gid("Order", row["id"]),
            "legacyResourceId": row["id"],
            "name": row["name"],
            "email": row["email"],
            "test": row["is_test"],
            "createdAt": write_instant(created),
            "processedAt": write_instant(created),
            "updatedAt": write_instant(row["updated_at"]),
            "cancelledAt": write_instant(row["cancelled_at"]),
            "cancelReason": "CUSTOMER" if row["cancelled_at"] else None,
            "closedAt": None,
            "currencyCode": row["currency"],
            "displayFinancialStatus": write_financial_status(row),
            "displayFulfillmentStatus": "FULFILLED"
            if self.now - created > FULFILLED_AFTER
            else "UNFULFILLED",
            "sourceName": "web",
            "discountCodes": ["WELCOME10"] if row["discount_minor"] else [],
            "tags": [],
            "note": None,
            "confirmed": True,
            "taxesIncluded": True,
            "totalPriceSet": self.bag(total),
            "subtotalPriceSet": self.bag(row["subtotal_minor"]),
            "currentTotalPriceSet": self.bag(0 if row["cancelled_at"] else total - refunded),
            "totalDiscountsSet": self.bag(row["discount_minor"]),
            "totalTaxSet": self.bag(row["tax_minor"]),
            "totalShippingPriceSet": self.bag(row["shipping_minor"]),
            "totalRefundedSet": self.bag(refunded),
            "netPaymentSet": self.bag(total - refunded),
            "customer": partial(self.write_buyer, row) if row["customer_id"] else None,
            "customerJourneySummary": partial(self.write_journey, row),
            "lineItems": [
                partial(self.write_line, line, row, tax)
                for line, tax in zip(row["lines"] or [], share_tax(row), strict=True)
            ],
            "shippingLines": [partial(self.write_shipping, row)] if row["shipping_minor"] else [],
            "refunds": [partial(self.write_refund, refund) for refund in row["refunds"] or []],
        }

    def write_buyer(self, row: dict[str, Any]) -> Thing:
        """The customer of an order."""
        found = self.find("customers", row["customer_id"])
        return self.write_customer(found) if found else {"id": write_gid("Customer", row["customer_id"])}

    def write_journey(self, row: dict[str, Any]) -> Thing:
        """How the buyer came; the shop knows it a day after the order."""
        if self.now - row["created_at"] < JOURNEY_READY:
            return {"ready": False, "customerOrderIndex": None, "daysToConversion": None, "firstVisit": None,
                    "lastVisit": None}  # fmt: skip
        utm = {
            side: {name: row[f"{side}_utm_{name}"] for name in VISIT_COLUMNS} for side in ("first", "last")
        }
        # The market keeps which visits came first and last, not when; the days between are drawn from the id.
        days = 0 if utm["first"] == utm["last"] else 1 + int(row["id"]) // 7 % 9
        last = row["created_at"] - timedelta(minutes=10)
        return {
            "ready": True,
            "customerOrderIndex": row["order_index"],
            "daysToConversion": days,
            "firstVisit": self.write_visit(row, utm["first"], last - timedelta(days=days), is_last=days == 0),
            "lastVisit": self.write_visit(row, utm["last"], last, is_last=True),
        }

    def write_visit(self, row: dict[str, Any], utm: dict[str, Any], at: datetime, *, is_last: bool) -> Thing:
        """One visit of a journey."""
        landing = row["landing_site"] if is_last else "/"
        referrer = row["referring_site"] if is_last else None
        host = urlsplit(referrer or "").hostname or ""
        return {
            "id": write_gid("CustomerVisit", f"{row['id']}{int(is_last)}"),
            "occurredAt": write_instant(at),
            "landingPage": f"https://{self.site}{landing or '/'}",
            "referrerUrl": referrer,
            "source": utm["source"] or host.removeprefix("www.") or "direct",
            "sourceType": None,
            "utmParameters": {**utm, "term": None} if utm["source"] else None,
        }

    def write_shipping(self, row: dict[str, Any]) -> Thing:
        """The shipping line of an order; the market taxes goods alone."""
        bag = self.bag(row["shipping_minor"])
        return {"id": write_gid("ShippingLine", row["id"]), "title": "Standard", "originalPriceSet": bag,
                "discountedPriceSet": bag, "taxLines": []}  # fmt: skip

    def write_line(self, line: dict[str, Any], row: dict[str, Any], tax: int) -> Thing:
        """A line of an order; `tax` is its part of the order's tax, within its price."""
        product = self.find("products", line["product_id"])
        bag = self.bag(line["price_minor"])
        title = product["title"] if product else ""
        return {
            "id": write_gid("LineItem", line["line_id"]),
            "title": title,
            "name": title,
            "sku": line["sku"],
            "quantity": line["quantity"],
            "currentQuantity": 0 if row["cancelled_at"] else line["quantity"],
            "product": partial(self.find_product, line["product_id"]),
            "variant": partial(self.find_variant, line["variant_id"]),
            "isGiftCard": False,
            "originalTotalSet": bag,
            "discountedTotalSet": bag,
            "taxLines": [self.write_tax(tax)] if tax else [],
        }

    def write_tax(self, tax: int) -> Thing:
        """The tax of a line."""
        rate = self.world.scenario.shop.tax_rate
        return {"title": "VAT", "rate": rate, "ratePercentage": 100 * rate, "priceSet": self.bag(tax)}

    def write_refund(self, refund: dict[str, Any]) -> Thing:
        """A refund of an order."""
        return {
            "id": write_gid("Refund", refund["refund_id"]),
            "legacyResourceId": refund["refund_id"],
            "createdAt": write_instant(refund["created_at"]),
            "updatedAt": write_instant(refund["created_at"]),
            "note": None,
            "totalRefundedSet": self.bag(refund["amount_minor"]),
        }

    def write_customer(self, row: dict[str, Any]) -> Thing:
        """A customer object."""
        state = "SUBSCRIBED" if row["is_member"] else "NOT_SUBSCRIBED"
        return {
            "id": write_gid("Customer", row["id"]),
            "legacyResourceId": row["id"],
            "firstName": row["first_name"],
            "lastName": None,
            "displayName": row["first_name"],
            "email": row["email"],
            "createdAt": write_instant(row["created_at"]),
            "updatedAt": write_instant(row["updated_at"]),
            "numberOfOrders": str(row["orders_count"]),
            "amountSpent": self.money(row["spent_minor"]),
            "tags": [],
            "defaultEmailAddress": {"emailAddress": row["email"], "marketingState": state},
        }

    def write_product(self, row: dict[str, Any]) -> Thing:
        """A product object."""
        return {
            "id": write_gid("Product", row["product_id"]),
            "legacyResourceId": row["product_id"],
            "title": row["title"],
            "handle": row["title"].lower().replace(" ", "-"),
            "status": "ACTIVE",
            "vendor": self.world.accounts("shopify")["name"][0],
            "productType": "",
            "createdAt": write_instant(row["created_at"]),
            "updatedAt": write_instant(row["updated_at"]),
            "tags": [],
            "variants": [partial(self.write_variant, row)],
        }

    def write_variant(self, row: dict[str, Any]) -> Thing:
        """A variant object."""
        item = {"id": write_gid("InventoryItem", row["variant_id"]), "sku": row["sku"], "tracked": True}
        return {
            "id": write_gid("ProductVariant", row["variant_id"]),
            "legacyResourceId": row["variant_id"],
            "title": "Default Title",
            "displayName": f"{row['title']} - Default Title",
            "sku": row["sku"],
            "price": write_amount(row["price_minor"], self.currency),
            "createdAt": write_instant(row["created_at"]),
            "updatedAt": write_instant(row["updated_at"]),
            "inventoryItem": item | {"unitCost": self.money(row["unit_cost_minor"])},
            "product": partial(self.write_product, row),
        }

    def find(self, name: str, number: str) -> dict[str, Any] | None:
        """A row of the table of that name (customers, products, ...) by number."""
        if name not in self.opened:
            table: pl.DataFrame = getattr(self, name)()
            index = self.world.cached(f"shopify index of {name}", partial(index_ids, table))
            self.opened[name] = (table, index)
        table, positions = self.opened[name]
        at = positions.get(number)
        return None if at is None else table.row(at, named=True)

    def find_product(self, number: str) -> Thing | None:
        """A product by number."""
        if number not in self.made:
            row = self.find("products", number)
            self.made[number] = self.write_product(row) if row else None
        return self.made[number]

    def find_variant(self, number: str) -> Thing | None:
        """A variant by number."""
        if number not in self.made:
            row = self.find("variants", number)
            self.made[number] = self.write_variant(row) if row else None
        return self.made[number]


def share_tax(row: dict[str, Any]) -> list[int]:
    """The tax of an order by lines, by their price; the parts add up to the whole."""
    prices = [line["price_minor"] for line in row["lines"] or []]
    whole, shared, seen = sum(prices), [], 0
    for price in prices:
        before, seen = seen, seen + price
        shared.append(row["tax_minor"] * seen // whole - row["tax_minor"] * before // whole if whole else 0)
    return shared


def index_ids(table: pl.DataFrame) -> dict[str, int]:
    """Where each id stands in a table."""
    return {number: at for at, number in enumerate(table["id"])}


def write_financial_status(row: dict[str, Any]) -> str:
    """How far an order is paid."""
    if row["refunded_minor"] and row["refunded_minor"] >= row["total_minor"]:
        return "REFUNDED"
    if row["refunded_minor"]:
        return "PARTIALLY_REFUNDED"
    return "VOIDED" if row["cancelled_at"] else "PAID"
