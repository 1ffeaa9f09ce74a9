"""The Shopify twin: the vendor's own library reads and writes it, in GraphQL and REST."""

from __future__ import annotations

import json
import time

import httpx
import pytest
import shopify
from graphql import parse, validate

from sandbox.shopify import access
from sandbox.shopify.selection import SCHEMA
from sandbox.twin import Store

# The vendor's library leaves its sockets to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PATH = "/shopify/admin/api/2026-07"
TOKEN = {"X-Shopify-Access-Token": "sandbox-access_token"}
ORDERS = """query Orders($q:String!,$after:String){orders(first:50,after:$after,query:$q,sortKey:UPDATED_AT){
 pageInfo{hasNextPage endCursor}
 nodes{id legacyResourceId name test createdAt processedAt updatedAt cancelledAt cancelReason currencyCode
  displayFinancialStatus displayFulfillmentStatus sourceName discountCodes
  totalPriceSet{shopMoney{amount currencyCode}} currentTotalPriceSet{shopMoney{amount}}
  totalDiscountsSet{shopMoney{amount}} totalTaxSet{shopMoney{amount}} totalShippingPriceSet{shopMoney{amount}}
  totalRefundedSet{shopMoney{amount}} netPaymentSet{shopMoney{amount}}
  customer{id defaultEmailAddress{emailAddress}}
  customerJourneySummary{ready customerOrderIndex daysToConversion
   firstVisit{occurredAt landingPage referrerUrl source sourceType
    utmParameters{source medium campaign term content}}
   lastVisit{occurredAt landingPage referrerUrl source sourceType
    utmParameters{source medium campaign term content}}}
  lineItems(first:20){nodes{id sku quantity currentQuantity product{id}
   discountedTotalSet{shopMoney{amount}}}}
  refunds{id createdAt totalRefundedSet{shopMoney{amount}}}}}}"""


@pytest.fixture
def web(sandbox):
    with httpx.Client(base_url=f"{sandbox.url}{PATH}", headers=TOKEN, timeout=30) as web:
        yield web


@pytest.fixture
def library(sandbox):
    shopify.Session.setup(api_key="k", secret="s")
    session = shopify.Session("sandbox-shop.myshopify.com", "2026-07", TOKEN["X-Shopify-Access-Token"])
    shopify.ShopifyResource.activate_session(session)
    shopify.ShopifyResource.site = f"{sandbox.url}{PATH}"
    yield shopify
    shopify.ShopifyResource.clear_session()


def ask(web, query, **variables):
    return web.post("/graphql.json", json={"query": query, "variables": variables}).json()


def read_all(web, root, query, **variables):
    nodes, after = [], None
    while True:
        page = ask(web, query, after=after, **variables)["data"][root]
        nodes += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return nodes
        after = page["pageInfo"]["endCursor"]


def to_minor(money):
    return round(float(money["shopMoney"]["amount"]) * 100)


def test_all_orders_are_paged_and_add_up_to_the_ledger(web, sandbox):
    orders = read_all(web, "orders", ORDERS, q="updated_at:>='2020-01-01T00:00:00Z'")
    ledger = httpx.get(f"{sandbox.url}/_ledger/shopify").json()
    assert len(orders) == len({order["id"] for order in orders}) == sum(row["orders"] for row in ledger)
    for name, column in (("totalPriceSet", "total_minor"), ("totalRefundedSet", "refunded_minor")):
        assert sum(to_minor(order[name]) for order in orders) == sum(row[column] for row in ledger)
    refunds = [refund for order in orders for refund in order["refunds"]]
    assert sum(to_minor(refund["totalRefundedSet"]) for refund in refunds) == sum(
        r["refunded_minor"] for r in ledger
    )
    assert [order["updatedAt"] for order in orders] == sorted(order["updatedAt"] for order in orders)
    assert all(order["lineItems"]["nodes"] for order in orders)
    journeys = [order["customerJourneySummary"] for order in orders]
    assert {journey["ready"] for journey in journeys} == {True, False}
    last = [journey["lastVisit"]["utmParameters"] for journey in journeys if journey["ready"]]
    assert {"google", "mailchimp"} <= {utm["source"] for utm in last if utm}


def test_a_watermark_leaves_only_newer_orders(web):
    orders = read_all(web, "orders", ORDERS, q="updated_at:>='2020-01-01T00:00:00Z'")
    mark = orders[len(orders) // 2]["updatedAt"]
    newer = read_all(web, "orders", ORDERS, q=f"updated_at:>='{mark}' AND test:false")
    assert [order["id"] for order in newer] == [
        order["id"] for order in orders if order["updatedAt"] >= mark and not order["test"]
    ]


def test_customers_and_products_are_read(web):
    customers = read_all(web, "customers", """query($after:String){
        customers(first:100,after:$after,sortKey:UPDATED_AT){
        pageInfo{hasNextPage endCursor} nodes{id createdAt updatedAt numberOfOrders
        amountSpent{amount currencyCode}
        tags defaultEmailAddress{emailAddress marketingState}}}}""")  # fmt: skip
    assert {customer["defaultEmailAddress"]["marketingState"] for customer in customers} == {
        "SUBSCRIBED",
        "NOT_SUBSCRIBED",
    }
    products = ask(web, """{products(first:50){nodes{id title variants(first:5){edges{cursor node{sku price
        inventoryItem{unitCost{amount}}}}}}}}""")["data"]["products"]["nodes"]  # fmt: skip
    variant = products[0]["variants"]["edges"][0]["node"]
    assert float(variant["inventoryItem"]["unitCost"]["amount"]) < float(variant["price"])


def test_aliases_fragments_and_single_objects_are_answered(web):
    first = ask(web, "{a:orders(first:1){nodes{...part}} shop{name}} fragment part on Order{number:name id}")[
        "data"
    ]
    node = first["a"]["nodes"][0]
    one = ask(web, "query($id:ID!){order(id:$id){name}}", id=node["id"])["data"]
    assert one["order"]["name"] == node["number"]
    assert ask(web, '{order(id:"gid://shopify/Order/1"){name}}')["data"] == {"order": None}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{orders(first:1){nodes{nonsense}}}", "undefinedField"),
        ("{orders(first:1,nonsense:2){nodes{id}}}", "argumentNotAccepted"),
        ("{orders(first:1){nodes}}", "selectionMismatch"),
        ("{order{id}}", "missingRequiredArguments"),
        ("query($q:String!){orders(first:1,query:$q){nodes{id}}}", "INVALID_VARIABLE"),
        ("{orders(first:251){nodes{id}}}", "BAD_REQUEST"),
        ("{products(first:250){nodes{variants(first:250){nodes{product{variants(first:250){nodes{id}}}}}}}}",
         "MAX_COST_EXCEEDED"),
    ],
)  # fmt: skip
def test_a_wrong_query_is_refused_with_http_200(web, query, code):
    answer = web.post("/graphql.json", json={"query": query})
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["extensions"]["code"] == code


def test_the_cost_is_told_and_the_rest_given_back(web):
    cost = ask(web, ORDERS, q="created_at:>2020-01-01")["extensions"]["cost"]
    assert 0 < cost["actualQueryCost"] < cost["requestedQueryCost"] < access.MOST_COST
    assert cost["throttleStatus"]["restoreRate"] == access.PLANS[access.PLAN][1]


def test_an_empty_bucket_throttles_until_it_is_restored(monkeypatch):
    monkeypatch.setattr(access, "PLAN", "Basic")
    now = time.time()
    monkeypatch.setattr(access.time, "time", lambda: now)
    bucket = access.points_of(Store(None))
    assert [bucket.take(900) for _ in range(3)] == [True, True, False]
    monkeypatch.setattr(access.time, "time", lambda: now + 7)
    assert bucket.take(900)
    body = access.write_throttled(600, (2000, 120, 100))
    assert body["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert body["extensions"]["cost"]["actualQueryCost"] is None


def test_a_bulk_query_gives_lines_with_parents(web):
    query = "{orders{edges{node{id name lineItems{edges{node{id sku}}}}}}}"
    start = """mutation($q:String!){bulkOperationRunQuery(query:$q){bulkOperation{id status}
        userErrors{field message}}}"""
    made = ask(web, start, q=query)["data"]["bulkOperationRunQuery"]
    assert (made["bulkOperation"]["status"], made["userErrors"]) == ("CREATED", [])
    busy = ask(web, start, q=query)["data"]["bulkOperationRunQuery"]["userErrors"]
    assert "already in progress" in busy[0]["message"]
    poll = "query($id:ID!){bulkOperation(id:$id){status url objectCount}}"
    while (found := ask(web, poll, id=made["bulkOperation"]["id"])["data"]["bulkOperation"])[
        "status"
    ] != "COMPLETED":
        assert found["url"] is None
    lines = [json.loads(line) for line in web.get(found["url"]).text.splitlines()]
    assert len(lines) == int(found["objectCount"])
    owners = {line["id"] for line in lines if "__parentId" not in line}
    assert {line["__parentId"] for line in lines if "__parentId" in line} == owners


def test_a_webhook_is_subscribed_once(web):
    create = """mutation($uri:String!){webhookSubscriptionCreate(topic:ORDERS_PAID,
        webhookSubscription:{uri:$uri,format:JSON}){webhookSubscription{id topic}
        userErrors{field message}}}"""
    made = ask(web, create, uri="https://example.com/hook")["data"]["webhookSubscriptionCreate"]
    assert made["webhookSubscription"]["topic"] == "ORDERS_PAID"
    again = ask(web, create, uri="https://example.com/hook")["data"]["webhookSubscriptionCreate"]
    assert "already been taken" in again["userErrors"][0]["message"]


def test_the_vendors_library_reads_and_writes(library):
    assert (
        json.loads(library.GraphQL().execute("{shop{name currencyCode}}"))["data"]["shop"]["currencyCode"]
        == "EUR"
    )
    page = library.Order.find(status="any", limit=100)
    ids = [order.id for order in page]
    while page.has_next_page():
        page = page.next_page()
        ids += [order.id for order in page]
    assert len(ids) == len(set(ids)) == library.Order.count(status="any")
    assert library.Shop.current().iana_timezone == "Europe/Berlin"
    assert library.Customer.find(limit=1)[0].email
    hook = library.Webhook.create(
        {"topic": "orders/updated", "address": "https://example.com/two", "format": "json"}
    )
    assert hook.id


def test_rest_tells_the_calls_and_the_next_page(web):
    answer = web.get("/orders.json", params={"status": "any", "limit": 2, "fields": "id,total_price"})
    used, size = answer.headers["X-Shopify-Shop-Api-Call-Limit"].split("/")
    assert int(used) <= int(size)
    assert 'rel="next"' in answer.headers["Link"]
    assert all(set(order) == {"id", "total_price"} for order in answer.json()["orders"])
    assert web.get("/orders.json", params={"page_info": "x", "status": "any"}).status_code == 400


def test_an_old_version_is_answered_by_the_oldest_one(sandbox):
    url = f"{sandbox.url}/shopify/admin/api/2020-01/graphql.json"
    answer = httpx.post(url, json={"query": "{shop{name}}"}, headers=TOKEN)
    assert answer.headers["X-Shopify-API-Version"] == access.VERSIONS[0]


def test_no_token_is_refused(sandbox):
    answer = httpx.post(f"{sandbox.url}{PATH}/graphql.json", json={"query": "{shop{name}}"})
    assert answer.status_code == 401
    assert answer.json()["errors"].startswith("[API] Invalid API key")


def test_the_query_of_the_vendors_documentation_fits_the_schema():
    assert validate(SCHEMA, parse(ORDERS)) == []
