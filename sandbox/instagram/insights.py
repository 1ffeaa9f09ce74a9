"""Insights of the account and of media: empty when nothing happened; withdrawn names are error 100."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NoReturn

import polars as pl
from fastapi import APIRouter, Response

from sandbox.guarded import GuardedWorld
from sandbox.instagram.media import CHANNEL, MEDIA_TYPES, STORY_LIFE, charge_account, find_user
from sandbox.meta.ask import Ask, TheAsk
from sandbox.meta.errors import fail
from sandbox.meta.posts import Row, end_of, read_days, read_posts, write_utc
from sandbox.twin import TheStore, TheWorld

MOST_DAYS = 30
ENOUGH_FOLLOWERS = 100
ENOUGH_VIEWERS = 5
SERIES = {"reach": "reach", "follower_count": "follows"}
# Metric of the account -> column of its day.
TOTALS = {
    "reach": "reach", "views": "views", "accounts_engaged": "engaged_accounts",
    "total_interactions": "engagements", "likes": "likes", "comments": "comments", "shares": "shares",
    "saves": "saves", "replies": None, "reposts": None,
    "profile_links_taps": "clicks", "follows_and_unfollows": "moves",
}  # fmt: skip
DEMOGRAPHICS = ("follower_demographics", "engaged_audience_demographics")
BREAKDOWNS = ("follow_type", "media_product_type", "contact_button_type")
Value = Callable[[Row], int]
COMMON: dict[str, Value] = {
    "views": lambda post: post["views"],
    "reach": lambda post: post["reach"],
    "likes": lambda post: post["likes"],
    "comments": lambda post: post["comments"],
    "shares": lambda post: post["shares"],
    "saved": lambda post: post["saves"],
    "reposts": lambda _: 0,
    "total_interactions": lambda post: sum(post[name] for name in ("likes", "comments", "shares", "saves")),
    "total_views": lambda post: post["views"],
    "total_likes": lambda post: post["likes"],
    "total_comments": lambda post: post["comments"],
}
FEED: dict[str, Value] = COMMON | {
    "profile_visits": lambda post: post["clicks"],
    "profile_activity": lambda post: post["clicks"],
    "follows": lambda post: post["clicks"] // 10,
}
REELS: dict[str, Value] = COMMON | {
    "ig_reels_avg_watch_time": lambda post: post["watch_seconds"] * 1000 // max(1, post["views"]),
    "ig_reels_video_view_total_time": lambda post: post["watch_seconds"] * 1000,
    "reels_skip_rate": lambda post: 100 - 100 * post["engaged_views"] // max(1, post["views"]),
    "crossposted_views": lambda post: post["views"],
    "facebook_views": lambda _: 0,
}
STORY: dict[str, Value] = {
    **{name: COMMON[name] for name in ("views", "reach", "shares", "total_interactions")},
    "replies": lambda post: post["comments"],
    "navigation": lambda post: post["views"],
    "profile_visits": lambda post: post["clicks"],
    "follows": lambda post: post["clicks"] // 10,
    "link_clicks": lambda post: post["clicks"],
}
BY_TYPE = {"FEED": FEED, "REELS": REELS, "STORY": STORY}
router = APIRouter()


@router.get("/{version}/{node}/insights")
def read_insights(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Insights of a post over its life, or of the account."""
    charge_account(ask, world, store)
    metrics = ask.words("metric")
    if not metrics:
        raise fail(100, "(#100) The parameter metric is required")
    post = read_posts(world, CHANNEL).get(node)
    if post is not None:
        return ask.reply({"data": describe_post(world, post, metrics)})
    find_user(world, node)
    if ask.text("metric_type", "time_series") == "total_value":
        return reply_totals(ask, world, node, metrics)
    return reply_series(ask, world, node, metrics)


def describe_post(world: GuardedWorld, post: Row, metrics: Sequence[str]) -> list[Row]:
    """Lifetime values; error 100 for a metric this kind of media does not have."""
    product = MEDIA_TYPES.get(post["kind"], ("IMAGE", "FEED"))[1]
    known = BY_TYPE[product]
    for index, name in enumerate(metrics):
        if name not in FEED and name not in REELS and name not in STORY:
            refuse_metric(index, sorted({*FEED, *REELS, *STORY}))
        if name not in known:
            raise fail(
                100,
                f"(#100) The Media Insights API does not support the {name} metric for this media type.",
                subcode=2108006,
            )
    if product == "STORY" and (
        post["published_at"] <= world.now - STORY_LIFE or post["reach"] < ENOUGH_VIEWERS
    ):
        raise fail(10, "(#10) Not enough viewers for the media to show insights", subcode=2108006)
    if not post["has_days"]:
        return []
    return [
        {
            "name": name,
            "period": "lifetime",
            "values": [{"value": known[name](post)}],
            "title": name.replace("_", " ").capitalize(),
            "description": "",
            "id": f"{post['post_id']}/insights/{name}/lifetime",
        }
        for name in metrics
    ]


def refuse_metric(index: int, allowed: Sequence[str]) -> NoReturn:
    """Error 100 for a name that is withdrawn or was never there."""
    raise fail(100, f"(#100) metric[{index}] must be one of the following values: {', '.join(allowed)}")


def reply_series(ask: Ask, world: GuardedWorld, node: str, metrics: Sequence[str]) -> Response:
    """A value for each day."""
    check_metrics(metrics)
    others = [name for name in metrics if name not in SERIES]
    if others:
        raise fail(
            100,
            f"(#100) The following metrics ({', '.join(others)}) should be specified with parameter "
            "metric_type=total_value",
        )
    if ask.words("period") not in ([], ["day"]):
        raise fail(100, f"(#100) The period {ask.text('period')} is not supported for these metrics")
    table = world.cached(("instagram", "days"), lambda: read_account_days(world))
    days, _, _ = read_days(ask, world.today, MOST_DAYS, 1)
    data = []
    for name in metrics:
        rows = [(day, table[day]) for day in days if day in table]
        if name == "follower_count" and rows and rows[-1][1]["followers"] < ENOUGH_FOLLOWERS:
            rows = []
        values = [{"value": row[SERIES[name]], "end_time": write_utc(end_of(day))} for day, row in rows]
        if values:
            data.append({**head(node, name, "day"), "values": values})
    return ask.reply({"data": data})


def reply_totals(ask: Ask, world: GuardedWorld, node: str, metrics: Sequence[str]) -> Response:
    """One value for the whole range, with a breakdown where asked."""
    check_metrics(metrics)
    breakdown = next(iter(ask.words("breakdown")), "")
    if breakdown and breakdown not in BREAKDOWNS and not set(metrics) <= set(DEMOGRAPHICS):
        raise fail(100, f"(#100) breakdown must be one of the following values: {', '.join(BREAKDOWNS)}")
    days, _, _ = read_days(ask, world.today, MOST_DAYS, 1)
    table = world.cached(("instagram", "days"), lambda: read_account_days(world))
    rows = [table[day] for day in days if day in table]
    if not rows:
        return ask.reply({"data": []})
    data = []
    for name in metrics:
        if name in DEMOGRAPHICS:  # the market knows no ages and places: the vendor's answer to too few people
            continue
        column = TOTALS[name]
        total: Row = {"value": sum(int(row[column]) for row in rows) if column else 0}
        if breakdown:
            total["breakdowns"] = [break_down(world, name, breakdown, days, rows)]
        data.append({**head(node, name, "day"), "total_value": total})
    return ask.reply({"data": data})


def check_metrics(metrics: Sequence[str]) -> None:
    """Error 100 for a metric the account does not have."""
    allowed = sorted({*SERIES, *TOTALS, *DEMOGRAPHICS})
    for index, name in enumerate(metrics):
        if name not in allowed:
            refuse_metric(index, allowed)


def head(node: str, name: str, period: str) -> Row:
    """What every metric starts with."""
    title = name.replace("_", " ").capitalize()
    return {
        "name": name,
        "period": period,
        "title": title,
        "description": "",
        "id": f"{node}/insights/{name}/{period}",
    }


def break_down(world: GuardedWorld, name: str, breakdown: str, days: list[date], rows: list[Row]) -> Row:
    """The parts of a total: by kind of media, or follows against unfollows."""
    found: dict[str, int] = {}
    if breakdown == "follow_type" and name == "follows_and_unfollows":
        found = {
            "FOLLOWER": sum(int(row["follows"]) for row in rows),
            "NON_FOLLOWER": sum(int(row["unfollows"]) for row in rows),
        }
    elif breakdown == "media_product_type" and TOTALS[name] in (
        "views",
        "reach",
        "likes",
        "comments",
        "shares",
        "saves",
    ):
        found = sum_by_type(world, str(TOTALS[name]), days)
    results = [{"dimension_values": [value], "value": count} for value, count in found.items()]
    return {"dimension_keys": [breakdown], "results": results}


def sum_by_type(world: GuardedWorld, column: str, days: list[date]) -> dict[str, int]:
    """A number of all posts in some days, by media product type."""
    names = {"FEED": "POST", "REELS": "REEL", "STORY": "STORY"}
    found: dict[str, int] = {}
    kinds = {id_: post["kind"] for id_, post in read_posts(world, CHANNEL).items()}
    for row in world.post_daily(CHANNEL, min(days), max(days)).to_dicts():
        product = MEDIA_TYPES.get(kinds.get(row["post_id"], "photo"), ("IMAGE", "FEED"))[1]
        found[names[product]] = found.get(names[product], 0) + int(row[column])
    return dict(sorted(found.items()))


def read_account_days(world: GuardedWorld) -> dict[date, Row]:
    """The account's days, with the sums of its posts."""
    with world.hold():
        accounts: pl.DataFrame = world.account_daily(CHANNEL, world.first_day, world.today)
        posts: pl.DataFrame = world.post_daily(CHANNEL, world.first_day, world.today)
    sums = posts.group_by("day").agg(pl.col("likes", "comments", "shares", "saves", "clicks").sum())
    rows = accounts.join(sums, on="day", how="left").with_columns(
        pl.col("likes", "comments", "shares", "saves", "clicks").fill_null(0),
        moves=pl.col("follows") + pl.col("unfollows"),
        engaged_accounts=pl.min_horizontal("engagements", "reach"),
    )
    return {row["day"]: row for row in rows.to_dicts()}
