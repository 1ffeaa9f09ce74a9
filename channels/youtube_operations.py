"""The `youtube.*` operations that read; those that publish come on top of the same connection."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from channels.contract import Record
from channels.records import find
from channels.youtube import CHANNEL_METRICS, VIDEO_METRICS, VIEWS_CHANGED_ON, list_items, query_days
from core.context import Context
from core.errors import BadInput, Unsupported
from core.operation import operation
from core.time import Days

PAGE_OF_COMMENTS = 100
CHARTS = "Since 2025-07-21 YouTube's chart is made of the trending music, movie and gaming charts only."
NO_COMMUNITY_POSTS = "YouTube Data API v3, revision 20261104: no resource or method for community posts"


class AnalyticsDay(BaseModel):
    """One day of a channel or a video."""

    day_on: date
    views: int
    engaged_views: int
    watch_minutes: int
    average_view_seconds: int
    average_view_percent: float
    likes: int
    dislikes: int
    comments: int
    shares: int
    subscribers_gained: int | None
    subscribers_lost: int | None


class Analytics(BaseModel):
    """Days as far as YouTube has finished them, and what to know before comparing them."""

    days: list[AnalyticsDay]
    complete_until: date | None
    views_counted_anew_on: list[date]


class Comment(BaseModel):
    """The comment that opens a thread."""

    comment_id: str
    video_id: str | None
    author: str | None
    text: str
    likes: int
    replies: int
    published_at: datetime


class TrendingVideo(BaseModel):
    """A video of the chart."""

    video_id: str
    title: str
    channel_title: str
    published_at: datetime
    views: int | None
    likes: int | None


class Trending(BaseModel):
    """The chart of a region, and what it is made of."""

    videos: list[TrendingVideo]
    note: str


@operation("youtube.getAnalytics", effect="read")
def get_analytics(
    ctx: Context,
    *,
    first_on: date,
    last_on: date,
    video_id: Annotated[str | None, Field(description="One video; unset is the whole channel.")] = None,
) -> Analytics:
    """Return the channel's or a video's numbers by day, read live.

    Days are Pacific. The last two or three are missing until YouTube has finished them: see
    `complete_until`. Do not compare `views` across a day of `views_counted_anew_on`; `engaged_views`
    kept its meaning.

    Raises:
        AuthExpired, RateLimited, VendorDown: as the vendor says.
    """
    days = Days(first_on, last_on)
    metrics = VIDEO_METRICS if video_id else CHANNEL_METRICS
    found = [_read_day(record) for record in query_days(_connect(ctx), days, metrics, video_id)]
    return Analytics(
        days=found,
        complete_until=max((day.day_on for day in found), default=None),
        views_counted_anew_on=[day for day in VIEWS_CHANGED_ON if day in days],
    )


@operation("youtube.getComments", effect="read")
def get_comments(
    ctx: Context,
    *,
    video_id: Annotated[str | None, Field(description="One video.")] = None,
    channel_id: Annotated[str | None, Field(description="Every video of this channel.")] = None,
    moderation: Literal["published", "heldForReview", "likelySpam"] = "published",
    limit: Annotated[int, Field(ge=1, le=1000)] = 100,
) -> list[Comment]:
    """Return the newest comments that open a thread, of one video or of a channel.

    Raises:
        BadInput: not exactly one of `video_id` and `channel_id`.
        NotFound: no such video.
        MissingScope: comments are turned off, or the login may not see those held back.
    """
    if (video_id is None) == (channel_id is None):
        raise BadInput("Give either video_id or channel_id.")
    asked: dict[str, Any] = {
        "part": "snippet",
        "maxResults": min(limit, PAGE_OF_COMMENTS),
        "order": "time",
        "moderationStatus": moderation,
    }
    asked["videoId" if video_id else "allThreadsRelatedToChannelId"] = video_id or channel_id
    threads = [item for page in list_items(_connect(ctx), "commentThreads", asked, limit) for item in page]
    return [_read_comment(thread) for thread in threads[:limit]]


@operation("youtube.getTrending", effect="read")
def get_trending(
    ctx: Context,
    *,
    region: Annotated[str, Field(pattern="^[A-Z]{2}$", description="ISO 3166 country, such as GB.")] = "US",
    category_id: Annotated[str | None, Field(description="YouTube's number of a video category.")] = None,
    limit: Annotated[int, Field(ge=1, le=200)] = 50,
) -> Trending:
    """Return the most popular videos of a region, in the vendor's order.

    Categories other than music, movies and gaming may be empty.

    Raises:
        NotFound: YouTube has no chart of that category.
    """
    asked = {
        "part": "snippet,statistics",
        "chart": "mostPopular",
        "regionCode": region,
        "maxResults": min(limit, 50),
        **({"videoCategoryId": category_id} if category_id else {}),
    }
    items = [item for page in list_items(_connect(ctx), "videos", asked, limit) for item in page]
    return Trending(videos=[_read_trending(item) for item in items[:limit]], note=CHARTS)


# Nothing can leave for the vendor, so there is no effect to guard: the caller gets the reason.
@operation("youtube.postCommunity", effect="write", is_offered=False)
def post_community(ctx: Context, *, text: str) -> None:  # noqa: ARG001
    """Return nothing: YouTube lets no program post to the community tab.

    Raises:
        Unsupported: always, with the source.
    """
    raise Unsupported("YouTube offers no way to post to the community tab.", NO_COMMUNITY_POSTS)


def _connect(ctx: Context) -> Any:
    return ctx.service("connect")("youtube")


def _read_day(record: Record) -> AnalyticsDay:
    return AnalyticsDay(
        day_on=record["day"],
        views=record["views"],
        engaged_views=record["engagedViews"],
        watch_minutes=record["estimatedMinutesWatched"],
        average_view_seconds=record["averageViewDuration"],
        average_view_percent=record["averageViewPercentage"],
        likes=record["likes"],
        dislikes=record["dislikes"],
        comments=record["comments"],
        shares=record["shares"],
        subscribers_gained=record.get("subscribersGained"),
        subscribers_lost=record.get("subscribersLost"),
    )


def _read_comment(thread: Record) -> Comment:
    top = thread["snippet"]["topLevelComment"]
    said = top["snippet"]
    return Comment(
        comment_id=top["id"],
        video_id=thread["snippet"].get("videoId"),
        author=said.get("authorDisplayName"),
        text=said.get("textOriginal") or said.get("textDisplay", ""),
        likes=said.get("likeCount", 0),
        replies=thread["snippet"].get("totalReplyCount", 0),
        published_at=said["publishedAt"],
    )


def _read_trending(item: Record) -> TrendingVideo:
    return TrendingVideo(
        video_id=item["id"],
        title=item["snippet"]["title"],
        channel_title=item["snippet"].get("channelTitle", ""),
        published_at=item["snippet"]["publishedAt"],
        views=find(item, "statistics.viewCount"),  # hidden counts are absent
        likes=find(item, "statistics.likeCount"),
    )
