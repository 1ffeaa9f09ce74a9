"""The legacy REST paths: shop, orders, refunds, customers, products, webhooks."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import orjson
import polars as pl
from fastapi import APIRouter, Depends, Request, Response

from sandbox.currency import write_amount
from sandbox.guarded import GuardedWorld
from sandbox.shopify.access import PLAN, PLANS, authorise, calls_of, write_headers
from sandbox.shopify.bulk import Ledger
from sandbox.shopify.listing import filter_table
from sandbox.shopify.shop import Shop, write_financial_status
from sandbox.twin import Refused, Store, TheStore, TheWorld, answer

router = APIRouter(prefix="/admin/api/{version}", dependencies=[Depends(authorise)])
DEFAULT_LIMIT, MOST_LIMIT = 50, 250
TIMES = ("created_at", "updated_at", "processed_at")
Row = dict[str, Any]


def count_call(request: Request, store: TheStore) -> dict[str, str]:
    """Take a call from the bucket; the headers of the answer."""
    bucket = calls_of(store)
    size = PLANS[PLAN][2]
    if not bucket.take(1):
        text = f"Exceeded {PLANS[PLAN][3]} calls per second for api client. Reduce request rates."
        headers = write_headers(request) | {
            "Retry-After": "2.0",
            "X-Shopify-Shop-Api-Call-Limit": f"{size}/{size}",
        }
        raise Refused(answer({"errors": text}, 429, headers))
    used = size - int(bucket.left())
    return write_headers(request) | {"X-Shopify-Shop-Api-Call-Limit": f"{used}/{size}"}


Headers = Annotated[dict[str, str], Depends(count_call)]


def not_found(headers: dict[str, str]) -> Refused:
    """The refusal of an id that does not exist."""
    return Refused(answer({"errors": "Not Found"}, 404, headers))


class RestShop(Shop):
    """The shop in the words of REST: snake_case, times with the shop's offset."""

    def local(self, at: datetime | None) -> str | None:
        """An instant with the shop's offset."""
        return (
            None if at is None else at.astimezone(ZoneInfo(self.world.timezone)).isoformat(timespec="seconds")
        )

    def amount(self, minor: int) -> str:
        """An amount as a decimal string."""
        return write_amount(minor, self.currency)

    def order(self, row: Row) -> Row:
        """An order record."""
        total = row["total_minor"]
        buyer = (
            {"id": int(row["customer_id"]), "email": row["email"], "first_name": row["first_name"]}
            if row["customer_id"]
            else None
        )
        return {
            "id": int(row["id"]),
            "admin_graphql_api_id": f"gid://shopify/Order/{row['id']}",
            "name": row["name"],
            "order_number": int(row["name"].removeprefix("#")),
            "created_at": self.local(row["created_at"]),
            "processed_at": self.local(row["created_at"]),
            "updated_at": self.local(row["updated_at"]),
            "cancelled_at": self.local(row["cancelled_at"]),
            "closed_at": None,
            "currency": row["currency"],
            "presentment_currency": row["currency"],
            "financial_status": write_financial_status(row).lower(),
            "fulfillment_status": None,
            "total_price": self.amount(total),
            "current_total_price": self.amount(total - row["refunded_minor"]),
            "subtotal_price": self.amount(row["subtotal_minor"]),
            "total_discounts": self.amount(row["discount_minor"]),
            "total_tax": self.amount(row["tax_minor"]),
            "total_shipping_price_set": {
                "shop_money": {"amount": self.amount(row["shipping_minor"]), "currency_code": row["currency"]}
            },
            "landing_site": row["landing_site"],
            "referring_site": row["referring_site"],
            "source_name": "web",
            "discount_codes": [],
            "email": row["email"],
            "customer": buyer,
            "line_items": [self.line(line) for line in row["lines"] or []],
            "refunds": [self.refund(refund, row["id"]) for refund in row["refunds"] or []],
            "test": row["is_test"],
            "tags": "",
            "note_attributes": [],
            "buyer_accepts_marketing": False,
        }  # fmt: skip

    def line(self, line: Row) -> Row:
        """A line record."""
        return {
            "id": int(line["line_id"]),
            "product_id": int(line["product_id"]),
            "variant_id": int(line["variant_id"]),
            "sku": line["sku"],
            "quantity": line["quantity"],
            "price": self.amount(line["price_minor"] // max(1, line["quantity"])),
        }

    def refund(self, refund: Row, order_id: str) -> Row:
        """A refund record."""
        amount = {"kind": "refund", "status": "success", "amount": self.amount(refund["amount_minor"])}
        return {
            "id": int(refund["refund_id"]),
            "order_id": int(order_id),
            "created_at": self.local(refund["created_at"]),
            "processed_at": self.local(refund["created_at"]),
            "refund_line_items": [],
            "order_adjustments": [],
            "transactions": [amount],
            "duties": [],
            "note": None,
        }

    def customer(self, row: Row) -> Row:
        """A customer record."""
        return {
            "id": int(row["id"]),
            "email": row["email"],
            "first_name": row["first_name"],
            "last_name": None,
            "created_at": self.local(row["created_at"]),
            "updated_at": self.local(row["updated_at"]),
            "orders_count": row["orders_count"],
            "total_spent": self.amount(row["spent_minor"]),
            "currency": self.currency,
            "tags": "",
        }

    def product(self, row: Row) -> Row:
        """A product record."""
        variant = {"id": int(row["variant_id"]), "sku": row["sku"], "price": self.amount(row["price_minor"])}
        times = {name: self.local(row[name]) for name in ("created_at", "updated_at")}
        head = {"id": int(row["product_id"]), "title": row["title"], "status": "active", "vendor": ""}
        return (
            head
            | times
            | {"variants": [variant | {"product_id": int(row["product_id"]), "title": "Default Title"}]}
        )


@router.get("/shop.json")
def get_shop(world: TheWorld, headers: Headers) -> Response:
    """The shop."""
    shop = Shop(world).describe()
    body = {
        "id": 59912345678,
        "name": shop["name"],
        "email": shop["email"],
        "domain": shop["url"].removeprefix("https://"),
        "myshopify_domain": shop["myshopifyDomain"],
        "currency": shop["currencyCode"],
        "iana_timezone": shop["ianaTimezone"],
        "plan_display_name": PLAN,
    }
    return answer({"shop": body}, headers=headers)


def write_page(
    request: Request, headers: dict[str, str], name: str, table: pl.DataFrame, write: Callable[[Row], Row]
) -> Response:
    """A page of a table, by time filters or by `page_info`; the next page stands in the Link header."""
    asked = dict(request.query_params)
    if "page_info" in asked:
        if set(asked) - {"page_info", "limit", "fields"}:
            raise Refused(answer({"errors": {"page_info": "Invalid value."}}, 400, headers))
        try:
            state = orjson.loads(base64.urlsafe_b64decode(asked["page_info"]))
        except ValueError:
            raise Refused(answer({"errors": {"page_info": "Invalid value."}}, 400, headers)) from None
    else:
        state = {"asked": asked, "start": 0}
    limit = int(asked.get("limit", DEFAULT_LIMIT))
    if not 0 < limit <= MOST_LIMIT:
        raise Refused(answer({"errors": {"limit": "Limit must be between 1 and 250"}}, 400, headers))
    rows = narrow(table, state["asked"])
    start = state["start"]
    records = [write(row) for row in rows.slice(start, limit).to_dicts()]
    if "fields" in asked:
        wanted = asked["fields"].split(",")
        records = [{key: record[key] for key in wanted if key in record} for record in records]
    links = []
    if start:
        links.append(write_link(request, state["asked"], max(0, start - limit), limit, "previous"))
    if start + limit < rows.height:
        links.append(write_link(request, state["asked"], start + limit, limit, "next"))
    return answer({name: records}, headers=headers | ({"Link": ", ".join(links)} if links else {}))


def write_link(request: Request, asked: dict[str, str], start: int, limit: int, relation: str) -> str:
    """One link of the Link header."""
    state = base64.urlsafe_b64encode(orjson.dumps({"asked": asked, "start": start})).decode()
    url = request.url.replace(query="").include_query_params(limit=limit, page_info=state)
    return f'<{url}>; rel="{relation}"'


def narrow(table: pl.DataFrame, asked: dict[str, str]) -> pl.DataFrame:
    """The rows that time, status and id filters leave, newest first."""
    terms = []
    for name in TIMES:
        for suffix, operator in (("min", ">="), ("max", "<=")):
            if f"{name}_{suffix}" in asked:
                terms.append(f"{name}:{operator}'{asked[f'{name}_{suffix}'].replace(' ', '+')}'")
    if asked.get("financial_status", "any") != "any":
        terms.append(f"financial_status:{asked['financial_status']}")
    rows, _ = filter_table(table, " ".join(terms))
    if "ids" in asked:
        rows = rows.filter(pl.col("id").is_in(asked["ids"].split(",")))
    if "since_id" in asked:
        rows = rows.filter(pl.col("id").cast(pl.Int64) > int(asked["since_id"]))
    if "cancelled_at" in rows.columns:
        status = asked.get("status", "open")
        if status in ("open", "closed"):
            rows = rows.filter(pl.col("cancelled_at").is_null() if status == "open" else pl.lit(value=False))
        elif status == "cancelled":
            rows = rows.filter(pl.col("cancelled_at").is_not_null())
    return rows.sort(["created_at", "id"], descending=True)


@router.get("/orders.json")
def list_orders(request: Request, world: TheWorld, headers: Headers) -> Response:
    """Orders; without `status` only open ones."""
    shop = RestShop(world)
    return write_page(request, headers, "orders", shop.orders(), shop.order)


@router.get("/orders/count.json")
def count_orders(request: Request, world: TheWorld, headers: Headers) -> Response:
    """How many orders the filters leave."""
    return answer({"count": narrow(Shop(world).orders(), dict(request.query_params)).height}, headers=headers)


@router.get("/orders/{order_id}.json")
def get_order(world: TheWorld, headers: Headers, order_id: str) -> Response:
    """One order."""
    shop = RestShop(world)
    row = shop.find("orders", order_id)
    if row is None:
        raise not_found(headers)
    return answer({"order": shop.order(row)}, headers=headers)


@router.get("/orders/{order_id}/refunds.json")
def list_refunds(world: TheWorld, headers: Headers, order_id: str) -> Response:
    """The refunds of an order."""
    shop = RestShop(world)
    row = shop.find("orders", order_id)
    if row is None:
        raise not_found(headers)
    return answer({"refunds": shop.order(row)["refunds"]}, headers=headers)


@router.get("/customers.json")
def list_customers(request: Request, world: TheWorld, headers: Headers) -> Response:
    """Customers."""
    shop = RestShop(world)
    return write_page(request, headers, "customers", shop.customers(), shop.customer)


@router.get("/products.json")
def list_products(request: Request, world: TheWorld, headers: Headers) -> Response:
    """Products."""
    shop = RestShop(world)
    return write_page(request, headers, "products", shop.products(), shop.product)


def describe_hook(ledger: Ledger, number: str) -> Row:
    """A webhook record."""
    hook = ledger.describe_hook(number)
    topic = hook["topic"].lower().replace("_", "/", 1)
    times = {"created_at": hook["createdAt"], "updated_at": hook["updatedAt"]}
    return {
        "id": int(number),
        "topic": topic,
        "address": hook["uri"],
        "format": hook["format"].lower(),
    } | times


@router.get("/webhooks.json")
def list_webhooks(world: TheWorld, store: TheStore, headers: Headers) -> Response:
    """The subscriptions of the app."""
    ledger = open_ledger(world, store)
    return answer({"webhooks": [describe_hook(ledger, number) for number in ledger.hooks]}, headers=headers)


def open_ledger(world: GuardedWorld, store: Store) -> Ledger:
    """The ledger, for its subscriptions."""
    return Ledger(world, store, "")


@router.post("/webhooks.json")
async def create_webhook(request: Request, world: TheWorld, store: TheStore, headers: Headers) -> Response:
    """Subscribe to a topic."""
    body = orjson.loads(await request.body() or b"{}").get("webhook", {})
    ledger = open_ledger(world, store)
    topic = str(body.get("topic", "")).upper().replace("/", "_")
    spec = {"uri": body.get("address"), "format": str(body.get("format", "json")).upper()}
    made = ledger.create_hook({"topic": topic, "webhookSubscription": spec})
    if made["userErrors"]:
        errors = {"address": [made["userErrors"][0]["message"]]}
        raise Refused(answer({"errors": errors}, 422, headers))
    number = made["webhookSubscription"]["legacyResourceId"]
    return answer({"webhook": describe_hook(ledger, number)}, 201, headers)
