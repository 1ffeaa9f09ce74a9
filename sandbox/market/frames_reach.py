"""Frames of organic channels and accounts: posts and their daily numbers."""

from __future__ import annotations

import polars as pl

from sandbox.market.records import CHANNELS
from sandbox.market.state import State

ACCOUNT = {"account_id": pl.String, "name": pl.String, "currency": pl.String, "timezone": pl.String}
POST = ["post_id", "account_id", "kind", "title", "text", "url", "published_at"]
POST_NUMBERS = {
    "views": "views", "engaged_views": "engaged", "reach": "reach", "likes": "likes", "comments": "comments",
    "shares": "shares", "saves": "saves", "clicks": "clicks", "watch_seconds": "watch",
}  # fmt: skip


def frame_accounts(state: State, channel: str) -> pl.DataFrame:
    """Accounts of a channel."""
    rows = [
        (
            entry.account_id,
            entry.name,
            state.scenario.currency_of(channel),
            state.scenario.timezone_of(channel),
        )
        for entry in state.catalogue.accounts
        if entry.channel == channel
    ]
    return pl.DataFrame(rows, schema=ACCOUNT, orient="row")


def frame_posts(state: State, channel: str) -> pl.DataFrame:
    """Posts that are public now, oldest first; deleted and future ones are absent."""
    end = (state.day + 1) * 86_400 + 21_600
    posts = [
        post
        for post in state.catalogue.posts
        if post.channel == channel and not post.is_deleted and post.published_wall <= end
    ]
    rows = [
        (
            post.post_id, post.account_id, post.kind, post.title, post.text, post.url,
            state.calendar.instant(post.published_wall),
        )
        for post in posts
    ]  # fmt: skip
    schema = dict.fromkeys(POST[:-1], pl.String) | {"published_at": pl.Datetime("us", "UTC")}
    return pl.DataFrame(rows, schema=schema, orient="row").sort("published_at", "post_id")


def frame_post_daily(state: State, channel: str, first: int, last: int) -> pl.DataFrame:
    """What happened to each post on each day."""
    rows = state.post_days.read(max(first, 0), min(last, state.day))
    posts = pl.DataFrame(
        {
            "post": [post.index for post in state.catalogue.posts if post.channel == channel],
            "post_id": [post.post_id for post in state.catalogue.posts if post.channel == channel],
        },
        schema={"post": pl.Int32, "post_id": pl.String},
    )
    columns = {name: rows[column] for name, column in POST_NUMBERS.items()}
    frame = pl.DataFrame({"post": rows["post"], **columns}).with_columns(
        state.calendar.dates("day", rows["day"])
    )
    return frame.join(posts, on="post").select("day", "post_id", *POST_NUMBERS).sort("day", "post_id")


def frame_account_daily(state: State, channel: str, first: int, last: int) -> pl.DataFrame:
    """Followers, views and engagement of an account by day."""
    rows = state.account_days.read(max(first, 0), min(last, state.day))
    rows = rows[rows["channel"] == CHANNELS.index(channel)]
    frame = pl.DataFrame(
        {name: rows[name] for name in ("followers", "follows", "unfollows", "profile_views")}
    ).with_columns(
        state.calendar.dates("day", rows["day"]),
        account_id=pl.lit(next((a.account_id for a in state.catalogue.accounts if a.channel == channel), "")),
    )
    sums = (
        frame_post_daily(state, channel, first, last)
        .group_by("day")
        .agg(
            pl.col("views", "reach", "watch_seconds").sum(),
            engagements=pl.sum_horizontal("likes", "comments", "shares", "saves").sum(),
        )
    )
    numbers = ["views", "reach", "engagements", "profile_views", "watch_seconds"]
    return (
        frame.join(sums, on="day", how="left")
        .with_columns(pl.col("views", "reach", "engagements", "watch_seconds").fill_null(0))
        .select("day", "account_id", "followers", "follows", "unfollows", *numbers)
        .sort("day")
    )
