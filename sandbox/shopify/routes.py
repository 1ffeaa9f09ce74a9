"""The GraphQL path of Shopify, the download of bulk results; the REST paths join here."""

from __future__ import annotations

import math
from typing import Any

import orjson
from fastapi import APIRouter, Depends, Request, Response

from sandbox.shopify import rest
from sandbox.shopify.access import (
    MOST_COST,
    PLAN,
    PLANS,
    authorise,
    play_fault,
    points_of,
    write_cost,
    write_headers,
    write_throttled,
)
from sandbox.shopify.answering import Answerer
from sandbox.shopify.bulk import Ledger
from sandbox.shopify.selection import GraphError, price, price_used, read_selection
from sandbox.shopify.shop import Shop
from sandbox.twin import Refused, TheStore, TheWorld, Twin, answer

router = APIRouter()


async def read_body(request: Request) -> dict[str, Any]:
    """The JSON body of a GraphQL request."""
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict) or not body.get("query"):
        raise Refused(answer({"errors": {"query": "Required parameter missing or invalid"}}, 400))
    return body


@router.post("/admin/api/{version}/graphql.json", dependencies=[Depends(authorise)])
def run_graphql(
    request: Request, world: TheWorld, store: TheStore, body: dict[str, Any] = Depends(read_body)
) -> Response:
    """Answer a query or mutation; errors come with HTTP 200."""
    headers = write_headers(request)
    variables = body.get("variables") or {}
    if isinstance(variables, str):
        variables = orjson.loads(variables or "{}")
    bucket = points_of(store)
    size, rate = PLANS[PLAN][:2]
    try:
        selection = read_selection(body["query"], variables, body.get("operationName"))
        is_mutation = selection.kind == "mutation"
        asked = math.ceil(price(selection.fields, is_mutation=is_mutation))
        check_cost(asked)
        if not bucket.take(asked):
            return answer(write_throttled(asked, (size, int(bucket.left()), rate)), headers=headers)
        ledger = Ledger(world, store, str(request.url).partition("/admin/api/")[0])
        answerer = Answerer(Shop(world), PLAN, ledger.roots())
        data = answerer.answer(selection.fields)
    except GraphError as error:
        return answer({"errors": error.errors}, headers=headers)
    used = min(asked, math.ceil(price_used(selection.fields, data) + (10 if is_mutation else 0)))
    bucket.kept["left"] += asked - used
    extensions = write_cost(asked, used, (size, int(bucket.left()), rate))
    if answerer.warnings:
        extensions["search"] = answerer.warnings
    return answer({"data": data, "extensions": extensions}, headers=headers)


def check_cost(asked: int) -> None:
    """Refuse a query that costs too much on its own."""
    if asked > MOST_COST:
        message = f"Query cost is {asked}, which exceeds the single query max cost limit ({MOST_COST})."
        extensions = {"code": "MAX_COST_EXCEEDED", "cost": asked, "maxCost": MOST_COST}
        raise GraphError({"message": message, "extensions": extensions})


@router.get("/bulk/{number}.jsonl")
def download(request: Request, world: TheWorld, store: TheStore, number: str) -> Response:
    """The result of a finished bulk operation; the address itself is the permission."""
    ledger = Ledger(world, store, "")
    if ledger.bulk.get(number, {}).get("status") != "COMPLETED":
        raise Refused(answer({"errors": "Not Found"}, 404, write_headers(request)))
    return Response(ledger.read_result(number), media_type="application/jsonl")


router.include_router(rest.router)


def find_records(body: Any) -> list[Any] | None:
    """The nodes of the first list of a GraphQL answer, or the records of a REST answer."""
    if not isinstance(body, dict):
        return None
    for value in (body.get("data") or body).values():
        found = value.get("nodes", value.get("edges")) if isinstance(value, dict) else value
        if isinstance(found, list):
            return found
    return None


twin = Twin("shopify", router, play_fault, find_records)
