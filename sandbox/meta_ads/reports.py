"""Report runs made for later, and reading any single object."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from sandbox.guarded import GuardedWorld
from sandbox.meta.ask import Ask
from sandbox.meta.errors import missing_node
from sandbox.meta.fields import parse_fields, select
from sandbox.meta.known import KNOWN_FIELDS
from sandbox.meta_ads.audiences import describe_audience
from sandbox.meta_ads.nodes import PIXEL, find_kind, show
from sandbox.meta_ads.query import read_query
from sandbox.meta_ads.reading import MarketingAsk, charge_ads
from sandbox.twin import Store, TheStore, TheWorld

# What each look at a run sees: it goes on while it is watched, so that nobody has to wait for it.
STEPS = (("Job Not Started", 0), ("Job Running", 40), ("Job Completed", 100))
router = APIRouter()


@router.post("/{version}/{node}/insights")
def start_run(ask: MarketingAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Start a report run."""
    kind = find_kind(world, store, node)
    if kind not in ("act", "campaign", "adset", "ad"):
        raise missing_node(node, "Post")
    charge_ads(ask, world, store, "ads_insights")
    level = "account" if kind == "act" else kind
    query = read_query(ask, level, node.removeprefix("act_"), world.today, is_async=True)
    params = {k: v for k, v in ask.params.items() if k not in ("access_token", "appsecret_proof")}
    with world.hold():
        run = store.next_id("run", 9_001_000_001)
        store.table("run")[run] = {
            "params": params,
            "level": level,
            "node": query.node,
            "looks": 0,
            "percent": 0,
            "date_start": query.since.isoformat(),
            "date_stop": query.until.isoformat(),
            "time_ref": int(world.now.timestamp()),
        }
        store.save()
    return ask.reply({"report_run_id": run})


@router.get("/{version}/{node}")
def read_node(ask: MarketingAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """One object by id."""
    charge_ads(ask, world, store)
    kind = find_kind(world, store, node)
    wanted = parse_fields(ask.text("fields", "id"))
    if kind == "run":
        return ask.reply(read_run(ask, world, store, node))
    if kind == "audience":
        described = describe_audience(world, store, node)
        return ask.reply(select(described, wanted, "CustomAudience", KNOWN_FIELDS["CustomAudience"]))
    if kind == "pixel":
        return ask.reply(select({"id": PIXEL, "name": "Sandbox pixel"}, wanted, "AdsPixel"))
    return ask.reply(show(world, store, node, wanted))


def read_run(ask: Ask, world: GuardedWorld, store: Store, node: str) -> dict[str, Any]:
    """The state of a report run, one step further at every look."""
    with world.hold():
        run = store.table("run")[node]
        status, percent = STEPS[min(run["looks"], len(STEPS) - 1)]
        run["looks"] += 1
        run["percent"] = percent
        store.save()
    state = {
        "id": node,
        "account_id": world.accounts("meta_ads")["account_id"][0],
        "time_ref": run["time_ref"],
        "async_status": status,
        "async_percent_completion": percent,
        "date_start": run["date_start"],
        "date_stop": run["date_stop"],
        "is_running": percent < 100,
    }
    names = (
        ask.text("fields")
        or "id,account_id,time_ref,async_status,async_percent_completion,date_start,date_stop"
    )
    return select(state, parse_fields(names), "AdReportRun", KNOWN_FIELDS["AdReportRun"])
