"""Routes that read: accounts, objects, their edges, insights and report runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import orjson
import polars as pl
from fastapi import APIRouter, Depends, Response

from sandbox.guarded import GuardedWorld
from sandbox.meta.ask import Ask, TheAsk
from sandbox.meta.errors import bad_param, fail, missing_node
from sandbox.meta.fields import parse_fields
from sandbox.meta.paging import find_page, page_of, write_paging
from sandbox.meta.usage import Meter, charge
from sandbox.meta_ads.insight_rows import write_rows
from sandbox.meta_ads.measures import measure, write_json
from sandbox.meta_ads.nodes import (
    BUSINESS,
    CHANNEL,
    FINAL,
    count_active_ads,
    describe,
    find_kind,
    read_rows,
    show,
)
from sandbox.meta_ads.query import Query, read_query
from sandbox.twin import Store, TheStore, TheWorld

OLDEST_ALIVE = 25
router = APIRouter()


def read_marketing_ask(ask: TheAsk) -> Ask:
    """A request at a version the Marketing API still serves; error 2635 otherwise."""
    if ask.version < OLDEST_ALIVE:
        raise fail(
            2635,
            "(#2635) You are calling a deprecated version of the Ads API. "
            "Please update to the latest version: v26.0.",
        )
    return ask


MarketingAsk = Annotated[Ask, Depends(read_marketing_ask)]


def charge_ads(ask: Ask, world: GuardedWorld, store: Store, use_case: str = "ads_management") -> None:
    """Count a call against the account's hour (limited tier)."""
    active = count_active_ads(world)
    limits = {
        "ads_management": 300 + 40 * active,
        "ads_insights": 600 + 400 * active,
        "custom_audience": 5000 + 40 * len(store.table("audience")),
    }
    meter = store.scratch.setdefault("meter", Meter())
    charge(ask, meter, use_case, str(world.accounts(CHANNEL)["account_id"][0]), limits[use_case])


@router.get("/{version}/me")
def read_me(ask: MarketingAsk) -> Response:
    """The system user."""
    return ask.reply({"id": "100000000000019", "name": "Sandbox system user"})


@router.get("/{version}/me/adaccounts")
def list_accounts(ask: MarketingAsk, world: TheWorld, store: TheStore) -> Response:
    """Ad accounts the token may read."""
    ids = [f"act_{row}" for row in world.accounts(CHANNEL)["account_id"]]
    return list_nodes(ask, world, store, ids)


@router.get("/{version}/me/businesses")
def list_businesses(ask: MarketingAsk) -> Response:
    """The business that owns everything."""
    return ask.reply({"data": [BUSINESS]})


@router.get("/{version}/{node}/insights")
def read_insights(ask: MarketingAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Insights of an object, or the result of a report run."""
    kind = find_kind(world, store, node)
    charge_ads(ask, world, store, "ads_insights")
    if kind == "run":
        return read_run_result(ask, world, store, node)
    if kind not in ("act", "campaign", "adset", "ad"):
        raise missing_node(node)
    level = "account" if kind == "act" else kind
    return reply_insights(ask, world, read_query(ask, level, node.removeprefix("act_"), world.today))


def read_run_result(ask: Ask, world: GuardedWorld, store: Store, node: str) -> Response:
    """Rows of a finished report run; error 2601 before."""
    run = store.table("run")[node]
    if run["percent"] < 100:
        raise fail(2601, "(#2601) Error loading async ad report: the report is not ready", is_transient=True)
    asked = Ask(ask.version, "GET", {**run["params"], **ask.params}, ask.url, ask.token, ask.headers)
    query = read_query(asked, run["level"], run["node"], world.today, is_async=True)
    return reply_insights(ask, world, query)


def reply_insights(ask: Ask, world: GuardedWorld, query: Query) -> Response:
    """The asked page of rows that were written once for this state of the market."""
    rows = world.cached(("meta_ads", query), lambda: build_rows(world, query))
    start, end = find_page(ask, rows.len())
    page = rows.slice(start, end - start).to_list()
    paging = write_paging(ask, start, end, rows.len()) if page else None
    body = b'{"data":[' + ",".join(page).encode() + b"]"
    tail = b',"paging":' + orjson.dumps(paging) if paging else b""
    return ask.reply(body + tail + b"}")


def build_rows(world: GuardedWorld, query: Query) -> pl.Series:
    """All rows of a query as text."""
    account = world.accounts(CHANNEL).select(write_json("name"), "currency").row(0, named=True)
    return write_rows(measure(world, query), query, account["currency"], account["name"])


@router.get("/{version}/{node}/campaigns")
def list_campaigns(ask: MarketingAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Campaigns of an account."""
    return list_edge(ask, world, store, node, "campaign")


@router.get("/{version}/{node}/adsets")
def list_ad_sets(ask: MarketingAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Ad sets of an account or campaign."""
    return list_edge(ask, world, store, node, "adset")


@router.get("/{version}/{node}/ads")
def list_ads(ask: MarketingAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Ads of an account, campaign or ad set."""
    return list_edge(ask, world, store, node, "ad")


def list_edge(ask: Ask, world: GuardedWorld, store: Store, node: str, kind: str) -> Response:
    """Children of one kind, filtered; deleted and archived ones only when asked for."""
    parent = find_kind(world, store, node)
    column = {"campaign": "campaign_id", "adset": "ad_set_id"}.get(parent)
    if parent != "act" and (column is None or kind == parent):
        raise missing_node(node)
    ids = [id_ for id_, row in read_rows(world)[kind].items() if column is None or row[column] == node]
    keep = read_entity_filters(ask)
    described = [describe(world, store, kind, id_) for id_ in ids]
    return list_nodes(ask, world, store, [row["id"] for row in described if all(test(row) for test in keep)])


def read_entity_filters(ask: Ask) -> list[Callable[[dict[str, Any]], bool]]:
    """Tests of `filtering` and `effective_status`; without a status filter, final ones are left out."""
    asked = list(ask.value("filtering", []) or [])
    if ask.text("effective_status"):
        asked.append({"field": "effective_status", "operator": "IN", "value": ask.words("effective_status")})
    tests = [read_entity_filter(one) for one in asked]
    if not any(str(one.get("field", "")).endswith("effective_status") for one in asked):
        tests.append(lambda row: row["effective_status"] not in FINAL)
    return tests


def read_entity_filter(one: dict[str, Any]) -> Callable[[dict[str, Any]], bool]:
    """One filter, as `{"field":"name","operator":"CONTAIN","value":"x"}`."""
    field = str(one.get("field", "")).rsplit(".", 1)[-1]
    operator, value = str(one.get("operator", "")).upper(), one.get("value")
    listed: Sequence[str] = [str(v) for v in value] if isinstance(value, list) else [str(value)]
    operators: dict[str, Callable[[str], bool]] = {
        "CONTAIN": lambda text: listed[0].lower() in text.lower(),
        "EQUAL": lambda text: text == listed[0],
        "IN": lambda text: text in listed,
        "NOT_IN": lambda text: text not in listed,
    }
    if operator not in operators or field not in ("id", "name", "status", "effective_status", "objective"):
        raise bad_param(
            "filtering", f"Filtering field {field} with operation {operator.lower()} is not supported"
        )
    return lambda row: operators[operator](str(row.get(field, "")))


def list_nodes(ask: Ask, world: GuardedWorld, store: Store, ids: Sequence[str]) -> Response:
    """A page of objects with the wanted fields."""
    charge_ads(ask, world, store)
    page, paging = page_of(ask, ids)
    wanted = parse_fields(ask.text("fields", "id"))
    body: dict[str, Any] = {"data": [show(world, store, node, wanted) for node in page]}
    if paging:
        body["paging"] = paging
    if ask.text("summary"):
        body["summary"] = {"total_count": len(ids)}
    return ask.reply(body)
