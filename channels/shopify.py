"""Shopify: facts, and the shop's orders with lines and refunds, customers and products."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from channels.accounts import make_account
from channels.connection import Answer, Connection, limit_wait
from channels.contract import Account, Channel, Credential, Record, Span, Stream
from channels.paging import Cursors
from channels.records import find
from channels.shopify_queries import (
    CUSTOMERS,
    IDS,
    MORE_LINES,
    MORE_VARIANTS,
    ORDERS,
    PRODUCTS,
    SCOPES,
    SHOP,
)
from channels.shopify_rows import (
    CUSTOMER_FIELDS,
    ORDER_FIELDS,
    PRODUCT_FIELDS,
    customer_rows,
    line_rows,
    order_rows,
    product_rows,
    refund_rows,
)
from core.errors import (
    AuthExpired,
    MissingScope,
    NotFound,
    RateLimited,
    Rejected,
    SpreadersError,
    VendorDown,
)

log = logging.getLogger(__name__)

# --- facts -------------------------------------------------------------------------------------------

# Versions are quarters, each served for twelve months; an older one silently becomes the oldest served.
VERSION: Final = "2026-07"
SUNSET_ON: Final = "2027-07-01"
GRAPHQL: Final = f"/admin/api/{VERSION}/graphql.json"
# Tokens of a shop's own app do not expire. Public apps made since 2026-04-01 get hourly tokens with a
# rotating refresh token; those are not spoken here.
CREDENTIALS: Final = (
    Credential("access_token", "Admin API access token of the shop's own app"),
    Credential("shop", "the shop's name: the part before .myshopify.com", secret=False),
)
# A page of 100 orders with 20 lines each costs about 250 of the 1,000 points a query may cost; where the
# vendor counts otherwise, _ask_page asks for less.
PAGE_SIZES: Final = {"orders": 100, "customers": 100, "products": 50, "ids": 250}
# Ids looked up at each load, of the newest and of a part of the older ones.
COMPARED: Final = 5000
# Without the scope read_all_orders an app sees the orders of 60 days.
ORDERS_IN_SIGHT: Final = timedelta(days=62)
# A listing ends at 25,000 objects: before that a new one begins where the old one stood.
LISTING_LIMIT: Final = 20_000
# An order's journey is filled in later without updatedAt moving, so two days of changes are read again.
ORDER_OVERLAP: Final = timedelta(hours=48)

# Errors come with HTTP 200, told by errors[0].extensions.code.
CODES: Final[Mapping[str, type[SpreadersError]]] = {
    "ACCESS_DENIED": MissingScope,
    "INTERNAL_SERVER_ERROR": VendorDown,
    "MAX_COST_EXCEEDED": Rejected,
}
TOO_FAST: Final = 430  # a status of Shopify's own
SHORT_WAIT: Final = timedelta(seconds=5)
STATUSES: Final[Mapping[int, tuple[type[SpreadersError], str]]] = {
    401: (AuthExpired, "Shopify no longer takes the access token; connect the shop again."),
    402: (Rejected, "The shop is frozen until its bill is paid."),
    403: (MissingScope, "The app may not do this; grant it the scope."),
    404: (NotFound, "Shopify knows no such shop; check its name."),
    423: (Rejected, "The shop is locked."),
}


def check(answer: Answer) -> SpreadersError | None:
    """Return the error an answer means: `errors` counts, whatever the HTTP status."""
    if answer.status in STATUSES:
        kind, message = STATUSES[answer.status]
        return kind(message)
    if answer.status == TOO_FAST:
        return RateLimited("Shopify takes so many calls for an attack.", answer.retry_after(SHORT_WAIT))
    if answer.status >= 300:
        return None  # 429 and 5xx: the shared rule
    body = answer.json()
    errors = body.get("errors") if isinstance(body, Mapping) else None
    if not errors:
        return None
    first = errors[0] if isinstance(errors, list) and isinstance(errors[0], Mapping) else {"message": errors}
    code = find(first, "extensions.code") or ""
    message = f"Shopify refuses ({code or 'query'}): {first.get('message', '')}"
    if code == "THROTTLED":
        return RateLimited(message, limit_wait(max(seconds_to_refill(body), 1.0)), code=code)
    kind = CODES.get(code, Rejected)
    return kind(message, code=code, needs=find(first, "extensions.requiredAccess"))


def pace(answer: Answer) -> float:
    """Return the seconds until the bucket of points holds another query like this one."""
    try:
        return seconds_to_refill(answer.json())
    except VendorDown:
        return 0.0


def seconds_to_refill(body: Any) -> float:
    """Return the seconds until the points this query asked for are there again."""
    cost = find(body, "extensions.cost") or {}
    bucket = cost.get("throttleStatus") or {}
    missing = float(cost.get("requestedQueryCost") or 0) - float(bucket.get("currentlyAvailable") or 0)
    return max(0.0, missing / float(bucket["restoreRate"])) if bucket.get("restoreRate") else 0.0


def authorise(connection: Connection) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the header that carries the token."""
    return {"X-Shopify-Access-Token": connection.fields["access_token"]}, {}


# --- reading -----------------------------------------------------------------------------------------


def ask(connection: Connection, query: str, variables: Mapping[str, Any]) -> Any:
    """Return the `data` of a GraphQL query."""
    body = {"query": query, "variables": variables}
    return connection.post(GRAPHQL, json=body, safe=True).json()["data"]


def list_accounts(connection: Connection) -> list[Account]:
    """Return the one shop of the token."""
    answer = connection.post(GRAPHQL, json={"query": SHOP}, safe=True)
    served = answer.headers.get("X-Shopify-API-Version", VERSION)
    if served != VERSION:
        log.warning("Shopify serves API version %s instead of %s; upgrade Spreaders.", served, VERSION)
    shop = answer.json()["data"]["shop"]
    return [
        make_account(
            _number(shop["id"]),
            shop.get("name"),
            shop.get("currencyCode"),
            shop.get("ianaTimezone"),
            needs_currency=True,
        )
    ]


def _number(gid: str) -> str:
    return gid.rsplit("/", 1)[-1]


def list_nodes(connection: Connection, root: str, query: str, span: Span) -> Iterator[list[Record]]:
    """Yield the nodes of a list, page by page; of those changed since `span.since`, oldest change first."""
    since = _iso(span.since) if span.since else ""
    after, seen, cursors = None, 0, Cursors("Shopify", list=root)
    while True:
        found = _ask_page(connection, root, query, {"after": after, "search": _search(since, span.until)})
        nodes, page = found["nodes"], found["pageInfo"]
        yield nodes
        if not page["hasNextPage"]:
            return
        after, seen = cursors.follow(page["endCursor"]), seen + len(nodes)
        newest = max((str(find(node, "updatedAt") or "") for node in nodes), default="")
        if seen >= LISTING_LIMIT and newest > since:
            since, after, seen, cursors = newest, None, 0, Cursors("Shopify", list=root)


def _ask_page(
    connection: Connection, root: str, query: str, variables: Mapping[str, Any], sizes: str = ""
) -> Any:
    """Ask for a page, and for half as much when the vendor finds it too costly for one query."""
    kept = f"first:{sizes or root}"
    while True:
        size = connection.memo.get(kept, PAGE_SIZES[sizes or root])
        try:
            return ask(connection, query, {"first": size, **variables})[root]
        except Rejected as error:
            if error.evidence.get("code") != "MAX_COST_EXCEEDED" or size == 1:
                raise
            connection.memo[kept] = size // 2


def _search(since: str, until: datetime | None) -> str | None:
    terms = [f"updated_at:>='{since}'"] if since else []
    if until is not None:
        terms.append(f"updated_at:<'{_iso(until)}'")
    return " AND ".join(terms) or None


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _complete(connection: Connection, node: Record, root: str, part: str, query: str) -> None:
    """Fetch the rest of an inner list that did not fit, and drop its cursor, which is no content."""
    page = node[part].pop("pageInfo")
    cursors = Cursors("Shopify", list=part)
    while page["hasNextPage"]:
        asked = {"id": node["id"], "after": cursors.follow(page["endCursor"])}
        rest = ask(connection, query, asked)[root][part]
        node[part]["nodes"] += rest["nodes"]
        page = rest["pageInfo"]


def _complete_all(
    connection: Connection, nodes: Sequence[Record], root: str, part: str, query: str
) -> Sequence[Record]:
    """Return the nodes with their inner lists whole; one without such a list is left as it came."""
    for node in nodes:
        if isinstance(find(node, f"{part}.pageInfo"), Mapping):
            _complete(connection, node, root, part, query)
    return nodes


def read_orders(connection: Connection, _: Account, span: Span) -> Iterator[Sequence[Record]]:
    """Yield the orders changed since, each with all its lines and refunds (there is no list of refunds)."""
    for orders in list_nodes(connection, "orders", ORDERS, span):
        yield _complete_all(connection, orders, "order", "lineItems", MORE_LINES)


def read_customers(connection: Connection, _: Account, span: Span) -> Iterator[Sequence[Record]]:
    """Yield the customers changed since."""
    return list_nodes(connection, "customers", CUSTOMERS, span)


def read_products(connection: Connection, _: Account, span: Span) -> Iterator[Sequence[Record]]:
    """Yield all products with all their variants.

    All of them each time: a new cost does not move the product's updatedAt (unverified).
    """
    for products in list_nodes(connection, "products", PRODUCTS, Span(span.now)):
        yield _complete_all(connection, products, "product", "variants", MORE_VARIANTS)


def find_missing(root: str) -> Callable[[Connection, Account, Sequence[str]], list[str]]:
    """Return a reader that says which stored orders or customers the shop no longer has.

    The newest ids are compared at every load, of the older ones a part each day in turn.
    """

    def find_deleted(connection: Connection, _: Account, known: Sequence[str]) -> list[str]:
        ids = sorted((key for key in known if _number(key).isdigit()), key=lambda key: int(_number(key)))
        older, newest = ids[:-COMPARED], ids[-COMPARED:]
        parts = [older[start : start + COMPARED] for start in range(0, len(older), COMPARED)]
        turn = connection.clock.now().toordinal() % len(parts) if parts else 0
        return [
            key
            for part in (*parts[turn : turn + 1], newest)
            if part
            for key in _compare(connection, root, part)
        ]

    return find_deleted


def _compare(connection: Connection, root: str, known: Sequence[str]) -> list[str]:
    """Return which of these ids, in order of number, a list of the same range does not hold."""
    search = f"id:>={_number(known[0])} AND id:<={_number(known[-1])}"
    cursors, after, there = Cursors("Shopify", list=root), None, dict[str, str]()
    while True:
        found = _ask_page(connection, root, IDS[root], {"after": after, "search": search}, sizes="ids")
        nodes = [node for node in found["nodes"] if isinstance(node, Mapping) and node.get("id")]
        there |= {node["id"]: str(node.get("createdAt") or "") for node in nodes}
        if not found["pageInfo"]["hasNextPage"]:
            break
        after = cursors.follow(found["pageInfo"]["endCursor"])
    missing = [key for key in known if key not in there]
    if root != "orders" or not missing:
        return missing
    first = next((place for place, key in enumerate(known) if key in there), len(known))
    if first and not _sees_all_orders(connection, there.values()):
        return [key for key in known[first:] if key not in there]
    return missing


def _sees_all_orders(connection: Connection, created: Iterable[str]) -> bool:
    """Say whether the token sees orders of any age; otherwise old ones are out of sight, not deleted."""
    limit = _iso(connection.clock.now() - ORDERS_IN_SIGHT)
    if any(text and text < limit for text in created):
        return True
    try:
        scopes = find(ask(connection, SCOPES, {}), "currentAppInstallation.accessScopes") or []
    except (Rejected, MissingScope):
        return False
    return any(find(scope, "handle") == "read_all_orders" for scope in scopes)


# --- streams and channel -----------------------------------------------------------------------------

channel = Channel(
    name="shopify",
    title="Shopify",
    hosts={"api": "https://{shop}.myshopify.com"},
    api_version=VERSION,
    sunset_on=SUNSET_ON,
    credentials=CREDENTIALS,
    check=check,
    authorise=authorise,
    accounts=list_accounts,
    pace=pace,
    streams=(
        Stream(
            name="orders",
            reading="changes",
            key=("id",),
            changed="updatedAt",
            overlap=ORDER_OVERLAP,
            fields=ORDER_FIELDS,
            pages=read_orders,
            silver={"order": order_rows, "order_line": line_rows, "refund": refund_rows},
            personal=("customer.defaultEmailAddress.emailAddress",),
            missing=find_missing("orders"),
        ),
        Stream(
            name="customers",
            reading="changes",
            key=("id",),
            changed="updatedAt",
            fields=CUSTOMER_FIELDS,
            pages=read_customers,
            silver={"customer": customer_rows},
            personal=("defaultEmailAddress.emailAddress",),
            missing=find_missing("customers"),
        ),
        Stream(
            name="products",
            reading="snapshot",
            key=("id",),
            fields=PRODUCT_FIELDS,
            pages=read_products,
            silver={"product": product_rows},
        ),
    ),
)

for verb in ("ads.getPerformance", "ads.generateReport"):
    channel.refuses(
        verb,
        because="a shop buys its ads elsewhere; ask the channel of the ad platform",
        source="https://shopify.dev/docs/api/admin-graphql/2026-07",
    )
