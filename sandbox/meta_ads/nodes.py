"""Ad accounts, campaigns, ad sets, ads and creatives as the Marketing API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from sandbox.guarded import GuardedWorld
from sandbox.meta.errors import missing_node
from sandbox.meta.fields import Wanted, select
from sandbox.meta.known import KNOWN_FIELDS
from sandbox.twin import Store

CHANNEL = "meta_ads"
BUSINESS = {"id": "1900", "name": "Sandbox business"}
PIXEL = "550000000000055"
FINAL = ("DELETED", "ARCHIVED")
KINDS = {"act": "AdAccount", "campaign": "Campaign", "adset": "AdSet", "ad": "Ad", "creative": "AdCreative"}
DEFAULTS: dict[str, Any] = {
    "campaign": {
        "buying_type": "AUCTION",
        "special_ad_categories": [],
        "bid_strategy": "LOWEST_COST_WITHOUT_CAP",
    },
    "adset": {
        "billing_event": "IMPRESSIONS",
        "optimization_goal": "OFFSITE_CONVERSIONS",
        "targeting": {"geo_locations": {"countries": ["DE"]}, "age_min": 18, "age_max": 65},
        "attribution_spec": [
            {"event_type": "CLICK_THROUGH", "window_days": 7},
            {"event_type": "VIEW_THROUGH", "window_days": 1},
        ],
        "learning_stage_info": {"status": "SUCCESS"},
    },
    "ad": {},
}
Row = dict[str, Any]


def read_rows(world: GuardedWorld) -> dict[str, dict[str, Row]]:
    """The market's campaigns, ad sets and ads by kind and id."""

    def build() -> dict[str, dict[str, Row]]:
        frames: dict[str, pl.DataFrame] = {
            "campaign": world.campaigns(CHANNEL),
            "adset": world.ad_sets(CHANNEL),
            "ad": world.ads(CHANNEL),
        }
        keys = {"campaign": "campaign_id", "adset": "ad_set_id", "ad": "ad_id"}
        return {kind: {row[keys[kind]]: row for row in frame.to_dicts()} for kind, frame in frames.items()}

    return world.cached(("meta_ads", "rows"), build)


def find_kind(world: GuardedWorld, store: Store, node: str) -> str:
    """What an id is: act, campaign, adset, ad, creative, audience, run or pixel; error 100/33 otherwise."""
    if node.startswith("act_"):
        find_account(world, node)
        return "act"
    for kind, rows in read_rows(world).items():
        if node in rows:
            return kind
    for kind in ("creative", "audience", "run"):
        if node in store.table(kind):
            return kind
    if node == PIXEL:
        return "pixel"
    if creative_ad(world, node) is not None:
        return "creative"
    raise missing_node(node)


def find_account(world: GuardedWorld, node: str) -> Row:
    """The ad account of an `act_` id; error 100/33 otherwise."""
    for row in world.accounts(CHANNEL).to_dicts():
        if node == f"act_{row['account_id']}":
            found: Row = row
            return found
    raise missing_node(node)


def show(world: GuardedWorld, store: Store, node: str, wanted: list[Wanted]) -> Row:
    """The wanted fields of an account, campaign, ad set, ad or creative."""
    kind = find_kind(world, store, node)
    return select(describe(world, store, kind, node), wanted, KINDS[kind], KNOWN_FIELDS[KINDS[kind]])


def describe(world: GuardedWorld, store: Store, kind: str, node: str) -> Row:
    """All fields we have of an object."""
    if kind == "act":
        return describe_account(world, node)
    if kind == "creative":
        return describe_creative(world, store, node)
    row = read_rows(world)[kind][node]
    extras: Row = store.table("extras").get(node, {})
    account = world.accounts(CHANNEL).row(0, named=True)
    described = {
        **DEFAULTS[kind],
        "id": node,
        "account_id": account["account_id"],
        "name": row["name"],
        "status": row["status"],
        "configured_status": row["status"],
        "effective_status": find_effective_status(world, kind, row),
        "created_time": write_time(row["created_at"], account["timezone"]),
        "updated_time": write_time(row["updated_at"], account["timezone"]),
        **extras,
    }
    adders = {"campaign": add_campaign, "adset": add_ad_set, "ad": add_ad}
    return adders[kind](described, row)


def add_campaign(described: Row, row: Row) -> Row:
    """Fields of campaigns alone; the budget is here unless the ad sets hold it."""
    described |= {"objective": row["objective"], "start_time": described["created_time"]}
    if not described.pop("has_ad_set_budgets", False):
        described |= {
            "daily_budget": str(row["daily_budget_minor"]),
            "budget_remaining": str(row["daily_budget_minor"]),
        }
    return described


def add_ad_set(described: Row, row: Row) -> Row:
    """Fields of ad sets alone."""
    return described | {"campaign_id": row["campaign_id"], "campaign": {"id": row["campaign_id"]}}


def add_ad(described: Row, row: Row) -> Row:
    """Fields of ads alone."""
    creative = described.get("creative") or {"id": creative_id(row["ad_id"])}
    parents = {"adset": {"id": row["ad_set_id"]}, "campaign": {"id": row["campaign_id"]}}
    return described | {
        "adset_id": row["ad_set_id"],
        "campaign_id": row["campaign_id"],
        "creative": creative,
        **parents,
    }


def describe_account(world: GuardedWorld, node: str) -> Row:
    """An ad account; amounts in minor units as text."""
    row = find_account(world, node)

    def build() -> int:
        return int(world.ad_daily(CHANNEL, world.first_day, world.today)["spend_minor"].sum())

    offset = world.now.astimezone(ZoneInfo(row["timezone"])).utcoffset()
    return {
        "id": node,
        "account_id": row["account_id"],
        "name": row["name"],
        "account_status": 1,
        "currency": row["currency"],
        "timezone_name": row["timezone"],
        "timezone_offset_hours_utc": offset.total_seconds() / 3600 if offset else 0,
        "amount_spent": str(world.cached(("meta_ads", "spent"), build)),
        "balance": "0",
        "spend_cap": "0",
        "business": BUSINESS,
    }


def find_effective_status(world: GuardedWorld, kind: str, row: Row) -> str:
    """The status after parents and review; an ad made since the last day is still under review."""
    rows = read_rows(world)
    status = str(row["status"])
    if kind == "campaign" or status in FINAL:
        return status
    campaign = rows["campaign"][row["campaign_id"]]
    if kind == "ad":
        if rows["adset"][row["ad_set_id"]]["status"] != "ACTIVE" and status == "ACTIVE":
            return "ADSET_PAUSED" if campaign["status"] == "ACTIVE" else "CAMPAIGN_PAUSED"
        if status == "ACTIVE" and row["created_at"] >= world.now:
            return "PENDING_REVIEW"
    return "CAMPAIGN_PAUSED" if campaign["status"] != "ACTIVE" and status == "ACTIVE" else status


def creative_id(ad_id: str) -> str:
    """The id of the creative an ad of the scenario was made with."""
    return f"23{ad_id[3:]}"


def creative_ad(world: GuardedWorld, node: str) -> Row | None:
    """The ad of the scenario that has this creative."""
    return read_rows(world)["ad"].get(f"120{node[2:]}") if node.startswith("23") else None


def describe_creative(world: GuardedWorld, store: Store, node: str) -> Row:
    """A creative: one that was made here, or the one of an ad of the scenario."""
    made = store.table("creative").get(node)
    if made is not None:
        return {
            "id": node,
            "account_id": world.accounts(CHANNEL)["account_id"][0],
            "status": "ACTIVE",
            **made,
        }
    ad = creative_ad(world, node)
    if ad is None:
        raise missing_node(node)
    link, _, tags = str(ad["final_url"]).partition("?")
    story = {"page_id": world.accounts("facebook")["account_id"].first(), "link_data": {"link": link}}
    return {"id": node, "name": ad["name"], "status": "ACTIVE", "object_story_spec": story, "url_tags": tags}


def count_active_ads(world: GuardedWorld) -> int:
    """Ads that can deliver: they widen the rate limits."""

    def build() -> int:
        ads: Mapping[str, Row] = read_rows(world)["ad"]
        return sum(find_effective_status(world, "ad", ad) == "ACTIVE" for ad in ads.values())

    return world.cached(("meta_ads", "active ads"), build)


def write_time(at: datetime, timezone: str) -> str:
    """An instant in the account's zone, as `2026-08-01T10:00:00+0200`."""
    return at.astimezone(ZoneInfo(timezone)).strftime("%Y-%m-%dT%H:%M:%S%z")
