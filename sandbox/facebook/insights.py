"""Insights of pages and posts, after the metrics were renamed: one withdrawn name fails the whole call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
from fastapi import APIRouter, Response

from sandbox.facebook.pages import CHANNEL, charge_page, find_page_id
from sandbox.guarded import GuardedWorld
from sandbox.meta.ask import Ask, TheAsk
from sandbox.meta.errors import fail, missing_node
from sandbox.meta.posts import Row, end_of, read_days, read_posts, write_utc
from sandbox.twin import TheStore, TheWorld

MOST_DAYS = 90
# Metric -> column of the page's day and the name people see.
PAGE_METRICS = {
    "page_media_view": ("views", "Views"),
    "page_total_media_view_unique": ("reach", "Viewers"),
    "page_post_engagements": ("engagements", "Post engagements"),
    "page_follows": ("followers", "Followers"),
    "page_daily_follows_unique": ("follows", "New followers"),
    "page_daily_unfollows_unique": ("unfollows", "Unfollows"),
    "page_views_total": ("profile_views", "Page visits"),
    "page_video_views": ("video_views", "Video views"),
    "page_video_views_organic": ("video_views", "Organic video views"),
    "page_actions_post_reactions_like_total": ("likes", "Likes"),
}
PERIODS = {"day": 1, "week": 7, "days_28": 28}
POST_METRICS: dict[str, tuple[str, Callable[[Row], Any]]] = {
    "post_media_view": ("Views", lambda post: post["views"]),
    "post_total_media_view_unique": ("Viewers", lambda post: post["reach"]),
    "post_clicks": ("Clicks", lambda post: post["clicks"]),
    "post_clicks_by_type": ("Clicks by type", lambda post: {"link clicks": post["clicks"]}),
    "post_reactions_by_type_total": ("Reactions by type", lambda post: {"like": post["likes"]}),
    "post_reactions_like_total": ("Likes", lambda post: post["likes"]),
    "post_video_views": ("Video views", lambda post: post["engaged_views"]),
    "post_video_view_time": ("Video view time", lambda post: post["watch_seconds"] * 1000),
}
VIDEO_METRICS = {
    "fb_reels_total_plays": "post_media_view",
    "post_impressions_unique": "post_total_media_view_unique",
    "post_video_view_time": "post_video_view_time",
}
router = APIRouter()


@router.get("/{version}/{node}/insights")
def read_insights(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Insights of a page by day, or of a post over its life."""
    charge_page(ask, world, store)
    post = read_posts(world, CHANNEL).get(node)
    if post is not None:
        return ask.reply({"data": describe_post_metrics(post, read_metrics(ask, list(POST_METRICS)))})
    page = find_page_id(world, ask, node)
    return reply_page(ask, world, page)


@router.get("/{version}/{node}/video_insights")
def read_video_insights(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Insights of a reel or video; all metrics when none is named."""
    charge_page(ask, world, store)
    for id_, post in read_posts(world, CHANNEL).items():
        if id_.rsplit("_", 1)[-1] == node:
            names = ask.words("metric") or list(VIDEO_METRICS)
            check_metrics(names, list(VIDEO_METRICS))
            found = [
                {
                    **describe_post_metrics(post, [VIDEO_METRICS[name]])[0],
                    "name": name,
                    "id": f"{node}/video_insights/{name}/lifetime",
                }
                for name in names
            ]
            return ask.reply({"data": found})
    raise missing_node(node)


def read_metrics(ask: Ask, known: Sequence[str]) -> list[str]:
    """The asked metrics; error 100 when one is withdrawn or was never there."""
    names = ask.words("metric")
    if not names:
        raise fail(100, "(#100) The parameter metric is required")
    check_metrics(names, known)
    return names


def check_metrics(names: Sequence[str], known: Sequence[str]) -> None:
    """Error 100 for the whole call when one name is not a metric."""
    if any(name not in known for name in names):
        raise fail(100, "(#100) The value must be a valid insights metric")


def describe_post_metrics(post: Row, names: Sequence[str]) -> list[Row]:
    """Lifetime values of a post; nothing at all before anything happened."""
    if not post["has_days"]:
        return []
    return [
        {
            "name": name,
            "period": "lifetime",
            "values": [{"value": POST_METRICS[name][1](post)}],
            "title": POST_METRICS[name][0],
            "description": POST_METRICS[name][0],
            "id": f"{post['post_id']}/insights/{name}/lifetime",
        }
        for name in names
    ]


def reply_page(ask: Ask, world: GuardedWorld, page: str) -> Response:
    """Metrics of a page, each with a value for each day of the range, and links to the ranges beside it."""
    names = read_metrics(ask, list(PAGE_METRICS))
    periods = ask.words("period") or list(PERIODS)
    for period in periods:
        if period not in (*PERIODS, "total_over_range"):
            raise fail(
                100, f"(#100) Param period must be one of {{{', '.join((*PERIODS, 'total_over_range'))}}}"
            )
    days, since, until = read_days(ask, world.today, MOST_DAYS, 2)
    table = world.cached(("facebook", "page days"), lambda: read_page_days(world))
    data = [describe_metric(table, page, name, period, days) for name in names for period in periods if days]
    width = until - since
    paging = {
        "previous": link(ask, since - width, since),
        "next": link(ask, until, until + width),
    }
    return ask.reply({"data": data, "paging": paging})


def link(ask: Ask, since: Any, until: Any) -> str:
    """The same request for other days."""
    moments = {"since": str(int(since.timestamp())), "until": str(int(until.timestamp()))}
    return ask.link({**moments, "access_token": ask.token})


def describe_metric(table: dict[date, Row], page: str, name: str, period: str, days: list[date]) -> Row:
    """One metric over one period."""
    column, title = PAGE_METRICS[name]
    if period == "total_over_range":
        values: list[Row] = [{"value": total(table, column, days)}]
    else:
        width = PERIODS[period]
        values = [
            {
                "value": total(table, column, [day - timedelta(days=back) for back in range(width)]),
                "end_time": write_utc(end_of(day)),
            }
            for day in days
        ]
    return {
        "name": name,
        "period": period,
        "values": values,
        "title": f"Daily {title.lower()}" if period == "day" else title,
        "description": title,
        "id": f"{page}/insights/{name}/{period}",
    }


def total(table: dict[date, Row], column: str, days: Sequence[date]) -> int:
    """The sum over days, or the newest level of followers."""
    values = [int(table[day][column]) for day in sorted(days) if day in table]
    return (values[-1] if values else 0) if column == "followers" else sum(values)


def read_page_days(world: GuardedWorld) -> dict[date, Row]:
    """The page's days, with what only posts know."""
    with world.hold():
        accounts: pl.DataFrame = world.account_daily(CHANNEL, world.first_day, world.today)
        posts: pl.DataFrame = world.post_daily(CHANNEL, world.first_day, world.today)
        kinds: pl.DataFrame = world.posts(CHANNEL).select("post_id", "kind")
    is_video = pl.col("kind").is_in(["video", "reel"])
    sums = (
        posts.join(kinds, on="post_id", how="left")
        .group_by("day")
        .agg(pl.col("likes").sum(), video_views=pl.col("engaged_views").filter(is_video).sum())
    )
    rows = accounts.join(sums, on="day", how="left").with_columns(pl.col("likes", "video_views").fill_null(0))
    return {row["day"]: row for row in rows.to_dicts()}
