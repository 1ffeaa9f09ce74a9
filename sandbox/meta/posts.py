"""What organic twins of Meta share: totals of posts, comments, and the days behind since and until."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from sandbox.guarded import GuardedWorld
from sandbox.meta.ask import Ask
from sandbox.meta.errors import bad_param
from sandbox.twin import Store

REPORTING_ZONE = ZoneInfo("America/Los_Angeles")  # where the vendor's days end
COUNTS = [
    "views", "engaged_views", "reach", "likes", "comments", "shares", "saves", "clicks", "watch_seconds",
]  # fmt: skip
SAYINGS = (
    "Love it!",
    "Where can I buy this?",
    "Does it come in blue?",
    "Bought it last week, great.",
    "Nice colours",
)
NAMES = ("Ada", "Ben", "Chris", "Dana", "Eli", "Femi", "Gus", "Hana")
Row = dict[str, Any]


def read_posts(world: GuardedWorld, channel: str) -> dict[str, Row]:
    """Public posts by id, newest first, each with the sums of all its days (`has_days`: there are any)."""

    def build() -> dict[str, Row]:
        with world.hold():
            posts: pl.DataFrame = world.posts(channel)
            days: pl.DataFrame = world.post_daily(channel, world.first_day, world.today)
        sums = days.group_by("post_id").agg(pl.col(COUNTS).sum(), has_days=pl.len() > 0)
        rows = posts.join(sums, on="post_id", how="left").with_columns(
            pl.col(COUNTS).fill_null(0), pl.col("has_days").fill_null(value=False)
        )
        ordered = rows.sort("published_at", "post_id", descending=True)
        return {row["post_id"]: row for row in ordered.to_dicts()}

    return world.cached((channel, "posts"), build)


def write_utc(at: datetime) -> str:
    """An instant as `2026-10-02T07:00:00+0000`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def end_of(day: date) -> datetime:
    """The instant a reporting day ends: midnight in the vendor's zone, 07:00 or 08:00 UTC."""
    return datetime.combine(day + timedelta(days=1), time(), REPORTING_ZONE).astimezone(UTC)


def read_instant(text: str, name: str) -> datetime:
    """A moment given as Unix seconds, ISO text or a date (its start in the vendor's zone)."""
    if re.fullmatch(r"\d+", text):
        return datetime.fromtimestamp(int(text), UTC)
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return datetime.combine(date.fromisoformat(text), time(), REPORTING_ZONE).astimezone(UTC)
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    except ValueError:
        raise bad_param(name, f"Param {name} must be a valid date or UNIX timestamp") from None


def read_days(ask: Ask, today: date, most: int, default: int) -> tuple[list[date], datetime, datetime]:
    """The reporting days whose end lies after `since` and not after `until`, with both ends.

    At most `most` days apart, else error 100; without both, the last `default` days; none to come.
    """
    until = read_instant(ask.text("until"), "until") if ask.text("until") else end_of(today)
    since = read_instant(ask.text("since"), "since") if ask.text("since") else until - timedelta(days=default)
    if until - since > timedelta(days=most, hours=1):
        raise bad_param(
            "since", f"There cannot be more than {most} days ({most * 86_400} s) between since and until"
        )
    first = since.astimezone(REPORTING_ZONE).date() - timedelta(days=1)
    span = (until.astimezone(REPORTING_ZONE).date() - first).days + 1
    days = [first + timedelta(days=step) for step in range(max(0, span))]
    return [day for day in days if since < end_of(day) <= until and day <= today], since, until


def filter_by_time(ask: Ask, posts: list[Row]) -> list[Row]:
    """Posts published between `since` and `until`, where given."""
    if ask.text("since"):
        since = read_instant(ask.text("since"), "since")
        posts = [post for post in posts if post["published_at"] >= since]
    if ask.text("until"):
        until = read_instant(ask.text("until"), "until")
        posts = [post for post in posts if post["published_at"] <= until]
    return posts


def read_comments(store: Store, post: Row) -> list[Row]:
    """Comments of a post, newest first: those of the market, told apart by number, and our own replies."""
    changed, own = store.table("comments"), store.table("replies")
    number = post["post_id"].rsplit("_", 1)[-1]
    found = [
        {
            "id": f"{number}_{index}",
            "message": SAYINGS[pick(number, index, len(SAYINGS))],
            "name": NAMES[pick(index, number, len(NAMES))],
            "at": post["published_at"] + timedelta(minutes=37 * index),
            "parent": None,
        }
        for index in range(1, int(post["comments"]) + 1)
    ]
    found += [
        {**reply, "at": datetime.fromisoformat(reply["at"])}
        for reply in own.values()
        if reply["post"] == post["post_id"]
    ]
    shown = [{**row, **changed.get(row["id"], {})} for row in found]
    return sorted(
        (row for row in shown if not row.get("is_deleted")), key=lambda row: row["at"], reverse=True
    )


def find_comment(world: GuardedWorld, store: Store, channel: str, node: str) -> tuple[Row, Row] | None:
    """A comment and its post, or None."""
    reply = store.table("replies").get(node)
    number = node.rsplit("_", 1)[0]
    posts = read_posts(world, channel)
    wanted: Callable[[str], bool] = (
        (lambda id_: id_ == reply["post"]) if reply else (lambda id_: id_.rsplit("_", 1)[-1] == number)
    )
    for id_, post in posts.items():
        if wanted(id_):
            return next(((row, post) for row in read_comments(store, post) if row["id"] == node), None)
    return None


def change_comment(world: GuardedWorld, store: Store, node: str, **changes: Any) -> None:
    """Remember that a comment was hidden, liked or deleted."""
    with world.hold():
        store.table("comments").setdefault(node, {}).update(changes)
        store.save()


def add_reply(world: GuardedWorld, store: Store, post: Row, parent: str | None, message: str) -> str:
    """Write a comment of our own under a post or comment; its id."""
    with world.hold():
        number = post["post_id"].rsplit("_", 1)[-1]
        made = f"{number}_9{store.next_id('reply', 1)}"
        store.table("replies")[made] = {
            "id": made,
            "post": post["post_id"],
            "parent": parent,
            "message": message,
            "name": "Page",
            "at": world.now.isoformat(),
        }
        store.save()
    return made


def pick(one: object, two: object, count: int) -> int:
    """A number below `count` that is always the same for the same input."""
    return hashlib.sha256(f"{one}/{two}".encode()).digest()[0] % count
