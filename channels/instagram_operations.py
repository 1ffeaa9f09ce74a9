"""The `instagram.*` operations that read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from channels import meta
from channels.ads import FirstDay, LastDay
from channels.connection import Connection
from channels.contract import Account, Span
from channels.instagram import (
    FOLLOWS,
    MEDIA_COUNTERS,
    MEDIA_METRICS,
    SLICE_DAYS,
    ask_days,
    kind_of,
    list_accounts,
    to_account_daily,
    token_of,
)
from channels.meta_metrics import Question, fold_totals, read_metrics
from channels.records import read_frame, read_whole
from core.context import Context
from core.errors import NotFound
from core.operation import operation
from core.time import Days, local_day

COMMENT_FIELDS = "id,text,timestamp,username,like_count,hidden"
HASHTAG_FIELDS = "id,caption,media_type,like_count,comments_count,permalink,timestamp"
FOUR_WEEKS = 28
DEMOGRAPHICS = ("age", "city", "country", "gender")
AccountId = Annotated[str, Field(description="Id of the professional account.")]
MediaId = Annotated[str, Field(description="Id of a post, reel or carousel.")]


class Comment(BaseModel):
    """A comment under a medium."""

    comment_id: str
    text: str
    username: str | None
    likes: int
    is_hidden: bool
    commented_at: datetime


class AccountDay(BaseModel):
    """One day of an account; None where the vendor gives no number."""

    day_on: date
    follows: int | None
    unfollows: int | None
    views: int | None
    reach: int | None
    engagements: int | None


class HashtagPost(BaseModel):
    """A popular post with the hashtag; the vendor does not say whose."""

    media_id: str
    caption: str | None
    kind: str | None
    likes: int | None
    comments: int | None
    url: str | None


class Hashtag(BaseModel):
    """A hashtag and its popular posts; averages are over these, the vendor tells no volume."""

    hashtag_id: str
    name: str
    average_likes: float | None
    average_comments: float | None
    top_posts: list[HashtagPost]


class Followers(BaseModel):
    """How many follow, how that moved in the last 4 weeks, and who they are as far as the vendor tells.

    `demographics` maps age, city, country and gender to people per group; empty under 100 followers.
    """

    followers_count: int
    follows_4_weeks: int | None
    unfollows_4_weeks: int | None
    demographics: dict[str, dict[str, int]]
    list_of_followers: Literal["unsupported_by_vendor"] = "unsupported_by_vendor"


class MediaEngagement(BaseModel):
    """Lifetime totals of a medium; `engagement_rate` is interactions per person reached."""

    media_id: str
    views: int | None
    reach: int | None
    likes: int | None
    comments: int | None
    shares: int | None
    saves: int | None
    interactions: int | None
    engagement_rate: float | None


@operation("instagram.getComments", effect="read")
def get_comments(ctx: Context, *, media_id: MediaId, limit: int = 200) -> list[Comment]:
    """Return the comments of a medium, newest first, at most `limit`, read live.

    Raises:
        NotFound: no such medium, or the token may not see it.
        AuthExpired, RateLimited, VendorDown: as the vendor says.
    """
    connection: Connection = ctx.service("connect")("instagram")
    found: list[Comment] = []
    for page in meta.read_pages(connection, f"{media_id}/comments", {"fields": COMMENT_FIELDS, "limit": 50}):
        found += [
            Comment(
                comment_id=one["id"],
                text=one.get("text", ""),
                username=one.get("username"),
                likes=one.get("like_count", 0),
                is_hidden=one.get("hidden", False),
                commented_at=one["timestamp"],
            )
            for one in page
        ]
        if len(found) >= limit:
            break
    return found[:limit]


@operation("instagram.getInsights", effect="read")
def get_insights(
    ctx: Context, *, account_id: AccountId, first_on: FirstDay, last_on: LastDay
) -> list[AccountDay]:
    """Return an account's views, reach, engagement and follower moves per day, read live.

    Days are Pacific time. Each day costs two reads of the vendor's quota. Days of which the vendor
    tells nothing are left out.

    Raises:
        NotFound: the token sees no such account.
        AuthExpired, RateLimited, VendorDown: as the vendor says.
    """
    connection: Connection = ctx.service("connect")("instagram")
    account = _find_account(connection, account_id)
    stream = connection.channel.stream("account_daily")
    records = read_whole(
        page
        for part in Days(first_on, last_on).split(SLICE_DAYS)
        for page in stream.pages(connection, account, Span(ctx.clock.now(), days=part))
    )
    rows = to_account_daily(read_frame(stream, records), account).sort("day_on")
    return [AccountDay.model_validate(row) for row in rows.to_dicts()]


@operation("instagram.searchHashtags", effect="read")
def search_hashtags(ctx: Context, *, account_id: AccountId, query: str) -> Hashtag:
    """Return a hashtag's popular posts and how they do on average, read live.

    The vendor allows 30 different hashtags in 7 days for an account.

    Raises:
        NotFound: there is no such hashtag.
        MissingScope: the app has not got Instagram Public Content Access.
        AuthExpired, RateLimited, VendorDown: as the vendor says.
    """
    connection: Connection = ctx.service("connect")("instagram")
    name = query.strip().lstrip("#").lower()
    asked = {"user_id": account_id, "q": name}
    found = next(meta.read_pages(connection, "ig_hashtag_search", asked))
    if not found:
        raise NotFound(f"Instagram knows no hashtag {name}; try another spelling.")
    hashtag_id = found[0]["id"]
    top = next(
        meta.read_pages(
            connection,
            f"{hashtag_id}/top_media",
            {"user_id": account_id, "fields": HASHTAG_FIELDS, "limit": 50},
        )
    )
    posts = [
        HashtagPost(
            media_id=one["id"],
            caption=one.get("caption"),
            kind=one.get("media_type"),
            likes=one.get("like_count"),
            comments=one.get("comments_count"),
            url=one.get("permalink"),
        )
        for one in top
    ]
    return Hashtag(
        hashtag_id=hashtag_id,
        name=name,
        average_likes=_average([post.likes for post in posts]),
        average_comments=_average([post.comments for post in posts]),
        top_posts=posts,
    )


@operation("instagram.getFollowers", effect="read")
def get_followers(ctx: Context, *, account_id: AccountId) -> Followers:
    """Return how many follow, who came and left in the last 4 weeks, and their groups, read live.

    The vendor offers no list of followers.

    Raises:
        NotFound: the token sees no such account.
        AuthExpired, RateLimited, VendorDown: as the vendor says.
    """
    connection: Connection = ctx.service("connect")("instagram")
    account = _find_account(connection, account_id)
    token = token_of(connection, account_id)
    profile = meta.read_node(connection, account_id, "followers_count", token)
    weeks = Days.ending(local_day(ctx.clock.now(), account.timezone), FOUR_WEEKS)
    total = {"metric_type": "total_value"}
    asked = [Question(FOLLOWS, account_id, {**total, **ask_days(weeks), "breakdown": "follow_type"})]
    moves = _groups(next(read_metrics(connection, asked, [FOLLOWS], "account", token))[1])
    lifetime = {**total, "period": "lifetime", "timeframe": "this_month"}
    questions = [Question(part, account_id, {**lifetime, "breakdown": part}) for part in DEMOGRAPHICS]
    parts = read_metrics(connection, questions, ["follower_demographics"], "demographics", token)
    return Followers(
        followers_count=profile["followers_count"],
        follows_4_weeks=moves.get("FOLLOWER"),
        unfollows_4_weeks=moves.get("NON_FOLLOWER"),
        demographics={part: groups for part, series in parts if (groups := _groups(series))},
    )


@operation("instagram.getEngagement", effect="read")
def get_engagement(ctx: Context, *, media_id: MediaId) -> MediaEngagement:
    """Return a medium's lifetime views, reach and interactions, and their rate, read live.

    Raises:
        NotFound: no such medium, or the token may not see it.
        AuthExpired, RateLimited, VendorDown: as the vendor says.
    """
    connection: Connection = ctx.service("connect")("instagram")
    medium = meta.read_node(connection, media_id, MEDIA_COUNTERS)
    asked = [Question(media_id, media_id)]
    found = read_metrics(connection, asked, MEDIA_METRICS, f"media {kind_of(medium)}")
    totals = fold_totals(next(found)[1])
    interactions, reach = totals.get("total_interactions"), totals.get("reach")
    return MediaEngagement(
        media_id=media_id,
        views=totals.get("views"),
        reach=reach,
        likes=totals.get("likes", medium.get("like_count")),
        comments=totals.get("comments", medium.get("comments_count")),
        shares=totals.get("shares"),
        saves=totals.get("saved"),
        interactions=interactions,
        engagement_rate=interactions / reach if reach and interactions is not None else None,
    )


def _find_account(connection: Connection, account_id: str) -> Account:
    account = next((a for a in list_accounts(connection) if a.id == account_id), None)
    if account is None:
        raise NotFound(f"The token sees no Instagram account {account_id}; give the id of one it does.")
    return account


def _groups(series: list[dict[str, Any]]) -> dict[str, int]:
    parts = [part for metric in series for part in metric["total_value"].get("breakdowns") or ()]
    return {
        "/".join(group["dimension_values"]): group["value"] for p in parts for group in p.get("results", ())
    }


def _average(counts: list[int | None]) -> float | None:
    known = [count for count in counts if count is not None]
    return sum(known) / len(known) if known else None
