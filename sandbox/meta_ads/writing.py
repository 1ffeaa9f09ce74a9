"""Routes that change campaigns, ad sets, ads and creatives; all made PAUSED unless told otherwise."""

from __future__ import annotations

import hashlib
from typing import Any

from fastapi import APIRouter, Response

from sandbox.guarded import GuardedWorld
from sandbox.meta.ask import Ask
from sandbox.meta.errors import bad_param, fail, missing_node
from sandbox.meta.fields import parse_fields
from sandbox.meta_ads.nodes import CHANNEL, creative_ad, find_account, find_kind, read_rows, show
from sandbox.meta_ads.reading import MarketingAsk, charge_ads
from sandbox.twin import Store, TheStore, TheWorld

OBJECTIVES = [
    f"OUTCOME_{word}" for word in ("APP_PROMOTION", "AWARENESS", "ENGAGEMENT", "LEADS", "SALES", "TRAFFIC")
]
GOALS = {
    "OUTCOME_TRAFFIC": ("LINK_CLICKS", "LANDING_PAGE_VIEWS", "REACH", "IMPRESSIONS"),
    "OUTCOME_SALES": ("OFFSITE_CONVERSIONS", "VALUE", "LINK_CLICKS", "LANDING_PAGE_VIEWS"),
    "OUTCOME_AWARENESS": ("REACH", "IMPRESSIONS", "THRUPLAY", "AD_RECALL_LIFT"),
    "OUTCOME_LEADS": ("LEAD_GENERATION", "QUALITY_LEAD", "OFFSITE_CONVERSIONS", "LINK_CLICKS"),
}
STATUSES = ("ACTIVE", "PAUSED", "DELETED", "ARCHIVED")
LEAST_BUDGET = 100
KEPT = {  # parameters kept beside the market and shown again
    "campaign": ("special_ad_categories", "buying_type", "bid_strategy", "spend_cap", "start_time",
                 "stop_time", "is_adset_budget_sharing_enabled", "special_ad_category_country"),
    "adset": ("targeting", "billing_event", "optimization_goal", "bid_amount", "bid_strategy", "start_time",
              "bid_constraints", "promoted_object", "attribution_spec", "destination_type", "end_time",
              "dsa_beneficiary", "dsa_payor", "daily_budget", "lifetime_budget"),
    "ad": ("creative", "tracking_specs"),
}  # fmt: skip
AS_JSON = {
    "special_ad_categories", "targeting", "promoted_object", "attribution_spec", "bid_constraints",
    "tracking_specs", "special_ad_category_country", "creative",
}  # fmt: skip
router = APIRouter()


@router.post("/{version}/{node}/campaigns")
def create_campaign(ask: MarketingAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Make a campaign."""
    find_account(world, node)
    name, status = need(ask, "name"), read_status(ask)
    objective = need(ask, "objective")
    if objective not in OBJECTIVES:
        raise bad_param(
            "objective", f"objective must be one of the following values: {', '.join(OBJECTIVES)}"
        )
    if "special_ad_categories" not in ask.params:
        raise bad_param("special_ad_categories", "The parameter special_ad_categories is required")
    has_budget = "daily_budget" in ask.params or "lifetime_budget" in ask.params
    if not has_budget and "is_adset_budget_sharing_enabled" not in ask.params:
        raise bad_param(
            "is_adset_budget_sharing_enabled",
            "Must specify True or False in is_adset_budget_sharing_enabled",
            4834011,
        )
    budget = read_budget(ask) if has_budget else 0

    def make() -> str:
        made = act(world, "create_campaign", name=name, objective=objective, channel_type=objective,
                   status=status, daily_budget_minor=budget)  # fmt: skip
        keep(ask, store, "campaign", made, {} if has_budget else {"has_ad_set_budgets": True})
        return made

    return create(ask, world, store, make)


@router.post("/{version}/{node}/adsets")
def create_ad_set(ask: MarketingAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Make an ad set."""
    find_account(world, node)
    name, status, campaign_id = need(ask, "name"), read_status(ask), need(ask, "campaign_id")
    campaign = read_rows(world)["campaign"].get(campaign_id)
    if campaign is None:
        raise bad_param(
            "campaign_id", f"campaign_id {campaign_id} is not a campaign of this account", 1487756
        )
    goal = need(ask, "optimization_goal")
    if goal not in GOALS.get(campaign["objective"], (goal,)):
        raise bad_param(
            "optimization_goal", f"{goal} does not fit the objective {campaign['objective']}", 2490408
        )
    need(ask, "billing_event")
    check_targeting(ask, is_needed=True)
    check_ad_set_budget(ask, store, campaign_id, is_needed=True)

    def make() -> str:
        made = act(world, "create_ad_set", campaign_id=campaign_id, name=name, status=status)
        keep(ask, store, "adset", made)
        share_budget(world, store, campaign_id)
        return made

    return create(ask, world, store, make)


@router.post("/{version}/{node}/ads")
def create_ad(ask: MarketingAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Make an ad with a creative."""
    find_account(world, node)
    name, status, ad_set_id = need(ask, "name"), read_status(ask), need(ask, "adset_id")
    if ad_set_id not in read_rows(world)["adset"]:
        raise bad_param("adset_id", f"adset_id {ad_set_id} is not an ad set of this account", 1487756)
    link = read_creative_link(ask, world, store)

    def make() -> str:
        made = act(world, "create_ad", ad_set_id=ad_set_id, name=name, status=status, final_url=link)
        keep(ask, store, "ad", made)
        return made

    return create(ask, world, store, make)


@router.post("/{version}/{node}/adcreatives")
def create_creative(ask: MarketingAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Make a creative."""
    find_account(world, node)
    story = ask.value("object_story_spec")
    if (
        story is None
        and "object_story_id" not in ask.params
        and "source_instagram_media_id" not in ask.params
    ):
        raise bad_param("object_story_spec", "The parameter object_story_spec is required")
    made_of = {
        key: ask.value(key) if key in ("object_story_spec", "asset_feed_spec") else ask.text(key)
        for key in ("name", "object_story_spec", "object_story_id", "source_instagram_media_id", "url_tags")
        if key in ask.params
    }

    def make() -> str:
        made = store.next_id("creative", 23_900_000_000_000_001)
        store.table("creative")[made] = made_of
        store.save()
        return made

    return create(ask, world, store, make)


@router.post("/{version}/{node}/adimages")
def upload_image(ask: MarketingAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Keep an image; the hash is that of its content, so that a repeat gives the same one."""
    find_account(world, node)
    charge_ads(ask, world, store)
    name = "bytes" if "bytes" in ask.params else next((k for k in ask.params if k.endswith("source")), "")
    if not name and not ask.text("filename"):
        raise bad_param("bytes", "The parameter bytes is required")
    content = ask.text(name or "filename")
    digest = hashlib.md5(content.encode()).hexdigest()
    return ask.reply(
        {"images": {name or "filename": {"hash": digest, "url": f"https://scontent.example/{digest}"}}}
    )


@router.post("/{version}/{node}")
def update(ask: MarketingAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Change a campaign, ad set or ad."""
    charge_ads(ask, world, store)
    kind = find_kind(world, store, node)
    if kind not in KEPT:
        raise missing_node(node, "Post")
    changes: dict[str, Any] = {key: ask.text(key) for key in ("name",) if key in ask.params}
    if "status" in ask.params:
        changes["status"] = read_status(ask)
    refuse_final(world, kind, node)
    if kind == "campaign" and "daily_budget" in ask.params:
        if store.table("extras").get(node, {}).get("has_ad_set_budgets"):
            raise two_budgets()
        changes["daily_budget_minor"] = read_budget(ask)
    if kind == "adset":
        check_targeting(ask, is_needed=False)
        check_ad_set_budget(ask, store, read_rows(world)["adset"][node]["campaign_id"], is_needed=False)
    if kind == "ad" and "creative" in ask.params:
        changes["final_url"] = read_creative_link(ask, world, store)
    if is_rehearsal(ask):
        return ask.reply({"success": True})
    with world.hold():
        apply_changes(ask, world, store, node, changes)
    return ask.reply({"success": True})


def apply_changes(ask: Ask, world: GuardedWorld, store: Store, node: str, changes: dict[str, Any]) -> None:
    """Write checked changes into the market and beside it."""
    kind = find_kind(world, store, node)
    action, column = {
        "campaign": ("update_campaign", "campaign_id"),
        "adset": ("update_ad_set", "ad_set_id"),
        "ad": ("update_ad", "ad_id"),
    }[kind]
    act(world, action, **{column: node}, **changes)
    keep(ask, store, kind, node)
    if kind == "adset":
        share_budget(world, store, read_rows(world)["adset"][node]["campaign_id"])


@router.delete("/{version}/{node}")
def delete(ask: MarketingAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Delete for good; insights stay readable by id."""
    charge_ads(ask, world, store)
    kind = find_kind(world, store, node)
    if kind not in KEPT:
        raise missing_node(node, "Delete")
    with world.hold():
        apply_changes(ask, world, store, node, {"status": "DELETED"})
    return ask.reply({"success": True})


def create(ask: Ask, world: GuardedWorld, store: Store, make: Any) -> Response:
    """Count the call, then make the object unless only validation is asked; its id and any wanted fields."""
    charge_ads(ask, world, store)
    if is_rehearsal(ask):
        return ask.reply({"success": True})
    with world.hold():
        made = make()
    wanted = parse_fields(ask.text("fields"))
    return ask.reply(show(world, store, made, wanted) if wanted else {"id": made})


def act(world: GuardedWorld, action: str, **fields: Any) -> str:
    """An action of the market on this channel."""
    return world.act(action, channel=CHANNEL, **fields) or ""


def is_rehearsal(ask: Ask) -> bool:
    """Whether only validation is asked."""
    return "validate_only" in ask.words("execution_options")


def need(ask: Ask, name: str) -> str:
    """A parameter that must be there."""
    if not ask.text(name):
        raise bad_param(name, f"The parameter {name} is required")
    return ask.text(name)


def read_status(ask: Ask) -> str:
    """The status, PAUSED when none is given."""
    status = ask.text("status", "PAUSED")
    if status not in STATUSES:
        raise bad_param("status", f"status must be one of the following values: {', '.join(STATUSES)}")
    return status


def read_budget(ask: Ask) -> int:
    """A daily budget in minor units (a lifetime budget counts as a month)."""
    budget = ask.number("daily_budget", ask.number("lifetime_budget", 0) // 30)
    if budget < LEAST_BUDGET:
        raise fail(
            100,
            "Invalid parameter",
            subcode=1885272,
            title="Your budget is too low",
            explanation="The budget must be at least 1.00.",
            blame=[["daily_budget"]],
        )
    return budget


def two_budgets() -> Exception:
    """1885621: a budget on the campaign and on its ad sets."""
    return fail(
        100,
        "Invalid parameter",
        subcode=1885621,
        title="Can't set ad set budget",
        explanation="You can only set an ad set budget or a campaign budget.",
        blame=[["daily_budget"]],
    )


def check_ad_set_budget(ask: Ask, store: Store, campaign_id: str, *, is_needed: bool) -> None:
    """The budget is on the campaign or on its ad sets, never on both."""
    has_own = "daily_budget" in ask.params or "lifetime_budget" in ask.params
    is_shared = store.table("extras").get(campaign_id, {}).get("has_ad_set_budgets", False)
    if has_own and not is_shared:
        raise two_budgets()
    if has_own:
        read_budget(ask)
    elif is_shared and is_needed:
        raise bad_param("daily_budget", "The parameter daily_budget or lifetime_budget is required", 1885272)


def share_budget(world: GuardedWorld, store: Store, campaign_id: str) -> None:
    """The market holds budgets by campaign: the sum of its ad sets, where those hold them."""
    extras = store.table("extras")
    if not extras.get(campaign_id, {}).get("has_ad_set_budgets"):
        return
    sets = [id_ for id_, row in read_rows(world)["adset"].items() if row["campaign_id"] == campaign_id]
    total = sum(int(extras.get(id_, {}).get("daily_budget", 0)) for id_ in sets)
    act(world, "update_campaign", campaign_id=campaign_id, daily_budget_minor=total)


def check_targeting(ask: Ask, *, is_needed: bool) -> None:
    """Targeting replaces the whole old one, so it must name places or an audience."""
    if "targeting" not in ask.params:
        if is_needed:
            raise bad_param("targeting", "The parameter targeting is required")
        return
    spec = ask.value("targeting")
    if not isinstance(spec, dict) or not (spec.get("geo_locations") or spec.get("custom_audiences")):
        raise bad_param("targeting", "Please specify at least one location or custom audience", 1885364)


def read_creative_link(ask: Ask, world: GuardedWorld, store: Store) -> str | None:
    """The landing address of the creative of an ad."""
    creative = ask.value("creative")
    if not isinstance(creative, dict):
        raise bad_param("creative", "The parameter creative is required")
    known = store.table("creative")
    id_ = str(creative.get("creative_id") or creative.get("id") or "")
    if id_ and id_ not in known and creative_ad(world, id_) is None:
        raise bad_param("creative", f"creative_id {id_} does not exist", 1487472)
    made_of = known.get(id_, creative)
    data = (made_of.get("object_story_spec") or {}).get("link_data") or {}
    link, tags = data.get("link"), made_of.get("url_tags")
    return f"{link}?{tags}" if link and tags else link


def keep(ask: Ask, store: Store, kind: str, node: str, more: dict[str, Any] | None = None) -> None:
    """Remember parameters the market does not know."""
    extras = store.table("extras").setdefault(node, {})
    for name in KEPT[kind]:
        if name in ask.params:
            extras[name] = ask.value(name) if name in AS_JSON else ask.text(name)
    if isinstance(extras.get("creative"), dict):
        extras["creative"] = {
            "id": str(extras["creative"].get("creative_id") or extras["creative"].get("id"))
        }
    extras |= more or {}
    store.save()


def refuse_final(world: GuardedWorld, kind: str, node: str) -> None:
    """Deleted objects cannot be changed."""
    if read_rows(world)[kind][node]["status"] == "DELETED":
        raise fail(100, "Invalid parameter", subcode=1487056, explanation="You can't edit a deleted object.")
