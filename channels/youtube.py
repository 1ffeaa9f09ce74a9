"""YouTube: facts, the channel's own videos, and what happened on the channel and on each video per day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from itertools import chain
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa

from channels.accounts import make_account
from channels.connection import Answer, Connection
from channels.contract import Account, AccountList, Channel, Gap, Record, Span, Stream
from channels.google import (
    CREDENTIALS,
    OAUTH_HOST,
    authorise,
    read_broken,
    read_error,
    read_refused_token,
    renew,
)
from channels.objects import read_accounts, read_objects
from channels.paging import Cursors
from channels.records import day, find, instant, whole
from core.errors import (
    AuthExpired,
    MissingScope,
    NotFound,
    RateLimited,
    Rejected,
    SpreadersError,
    VendorDown,
)
from core.time import Days

# --- facts -------------------------------------------------------------------------------------------

HOSTS: Final = {
    "api": "https://youtube.googleapis.com",
    "analytics": "https://youtubeanalytics.googleapis.com",
    "oauth": OAUTH_HOST,
}
# The versions do not move; changes come as dated entries of the revision history.
VERSION: Final = "v3"
DATA: Final = f"/youtube/{VERSION}"
REPORTS: Final = "/v2/reports"
PAGE_SIZE: Final = 50
# Days are calendar days in Pacific time (unverified); the quota starts anew at midnight there.
TIMEZONE: Final = "America/Los_Angeles"
# Numbers come two to three days late, and the last unfinished day is cut off in silence. We re-read 7.
REREAD_DAYS: Final = 7
HISTORY_DAYS: Final = 1125
# One call answers a year of days, and the analytics quota is unknown: few long slices.
SLICE_DAYS: Final = 366
# `views` was counted anew from these days on (Shorts; then every format): the older count lives on as
# engagedViews. Never compare `views` across them. A third party's release note says 24 August.
VIEWS_CHANGED_ON: Final = (date(2025, 3, 31), date(2026, 8, 24))

# By errors[0].reason; a reason that is not here is judged by its HTTP status.
REASONS: Final[Mapping[str, type[SpreadersError]]] = {
    "authError": AuthExpired,
    "forbidden": MissingScope,
    "insufficientPermissions": MissingScope,
    "accountDelegationForbidden": MissingScope,
    "authenticatedUserAccountClosed": MissingScope,
    "authenticatedUserAccountSuspended": MissingScope,
    "youtubeSignupRequired": Rejected,  # 401, but the login is fine: it has no channel
    "backendError": VendorDown,
    "videoNotFound": NotFound,
    "playlistNotFound": NotFound,
    "commentNotFound": NotFound,
}
DAILY_QUOTA: Final = {"quotaExceeded", "dailyLimitExceeded"}
SHORT_QUOTA: Final = {"rateLimitExceeded", "userRateLimitExceeded"}
UPLOAD_QUOTA: Final = "uploadLimitExceeded"
SHORT_WAIT: Final = timedelta(seconds=5)
ONE_DAY: Final = timedelta(days=1)


def check(answer: Answer) -> SpreadersError | None:
    """Return the error a YouTube answer means; a plain HTTP status is left to the shared rule."""
    if answer.status < 300:
        return read_broken(answer) if answer.body else None
    error = read_error(answer)
    reason = str(next((find(item, "reason") for item in error.get("errors") or []), None) or "")
    message = f"YouTube refuses ({reason or answer.status}): {error.get('message', '')}"
    if reason in DAILY_QUOTA:
        return RateLimited(message, until_quota(answer), reason=reason)
    if reason in SHORT_QUOTA:
        return RateLimited(message, answer.retry_after(SHORT_WAIT), reason=reason)
    if reason == UPLOAD_QUOTA:
        return RateLimited(message, ONE_DAY, reason=reason)
    kind = REASONS.get(reason)
    if kind is None and answer.status == 400 and error:
        kind = Rejected
    return kind(message, reason=reason) if kind else read_refused_token(answer)


def until_quota(answer: Answer) -> timedelta:
    """Return the time to the next midnight in Pacific time, by the vendor's clock; else a whole day."""
    try:
        now = parsedate_to_datetime(answer.headers.get("Date", "")).astimezone(ZoneInfo(TIMEZONE))
    except ValueError:
        return ONE_DAY
    midnight = datetime.combine(now.date() + ONE_DAY, time(), ZoneInfo(TIMEZONE))
    return timedelta(seconds=midnight.timestamp() - now.timestamp())


# --- reading -----------------------------------------------------------------------------------------


def list_items(
    connection: Connection, resource: str, params: Mapping[str, Any], limit: int | None = None
) -> Iterator[list[Record]]:
    """Yield `items` of a list of the Data API, page by page; one quota unit a page."""
    cursors = Cursors("YouTube", resource=resource)
    token, seen = "", 0
    while True:
        asked = {"maxResults": PAGE_SIZE, **params, **({"pageToken": token} if token else {})}
        body = connection.get(f"{DATA}/{resource}", params=asked).json()
        if not isinstance(body, dict) or not body.keys() & {"items", "pageInfo", "kind"}:
            raise VendorDown("YouTube answered with something else than a list; try again later.")
        items = [item for item in body.get("items") or [] if isinstance(item, dict)]
        yield items
        seen, following = seen + len(items), body.get("nextPageToken")
        if not following or (limit is not None and seen >= limit):
            return
        token = cursors.follow(following)


def list_accounts(connection: Connection) -> AccountList:
    """Return the channel the login owns."""
    asked = {"part": "id,snippet", "mine": "true"}
    return read_accounts(
        (item for page in list_items(connection, "channels", asked) for item in page),
        lambda item: make_account(item.get("id"), find(item, "snippet.title"), None, TIMEZONE),
        lambda item: str(item.get("id") or "a channel without an id"),
    )


def read_videos(connection: Connection, account: Account, _: Span) -> Iterator[Sequence[Record]]:
    """Yield the channel's videos: the uploads playlist names them, `videos` describes them, 50 a call.

    Statistics are left out: they change with every view, and `video_daily` has them by day. A channel
    that never uploaded, or has deleted everything, has no such playlist and no videos.
    """
    asked = {"part": "contentDetails", "id": account.id}
    channels = [item for page in list_items(connection, "channels", asked) for item in page]
    if not channels:
        raise NotFound(f"YouTube shows no channel {account.id} to this login.", account=account.id)
    uploads = find(channels[0], "contentDetails.relatedPlaylists.uploads")
    if not uploads:
        return
    pages = list_items(connection, "playlistItems", {"part": "contentDetails", "playlistId": uploads})
    try:
        first = next(pages)
    except NotFound:
        return
    for page in chain([first], pages):
        ids = [video_id for item in page if (video_id := find(item, "contentDetails.videoId"))]
        if ids:
            described = {"part": "snippet,contentDetails,status", "id": ",".join(dict.fromkeys(ids))}
            # Not list_items: a list by ids takes no page size.
            items = connection.get(f"{DATA}/videos", params=described).json()["items"]
            yield [item for item in items if isinstance(item, dict)]


CHANNEL_METRICS: Final = (
    "views,engagedViews,estimatedMinutesWatched,averageViewDuration,averageViewPercentage,"
    "likes,dislikes,comments,shares,videosAddedToPlaylists,subscribersGained,subscribersLost"
)
VIDEO_METRICS: Final = (
    "views,engagedViews,estimatedMinutesWatched,averageViewDuration,averageViewPercentage,"
    "likes,dislikes,comments,shares,videosAddedToPlaylists"
)


def query_days(connection: Connection, days: Days, metrics: str, video_id: str | None = None) -> list[Record]:
    """Return one record per day that the vendor has finished, of the whole channel or of one video.

    The answer is a table: each row is paired with the names of the columns. No numbers, no rows.
    """
    asked = {
        "ids": "channel==MINE",
        "startDate": str(days.first),
        "endDate": str(days.last),
        "dimensions": "day",
        "metrics": metrics,
        "sort": "day",
        **({"filters": f"video=={video_id}"} if video_id else {}),
    }
    table = connection.get(REPORTS, host="analytics", params=asked).json()
    names = [header["name"] for header in table["columnHeaders"]]
    return [dict(zip(names, row, strict=True)) for row in table.get("rows") or []]


def read_channel_days(connection: Connection, _: Account, span: Span) -> Iterator[Sequence[Record]]:
    """Yield the channel's days."""
    yield query_days(connection, span.window, CHANNEL_METRICS)


def read_video_days(connection: Connection, _: Account, span: Span) -> Iterator[Sequence[Record] | Gap]:
    """Yield the days of each known video: the vendor splits by day for one video a call only."""

    def read(video_id: str) -> Iterator[Sequence[Record]]:
        records = query_days(connection, span.window, VIDEO_METRICS, video_id)
        yield [{"_video_id": video_id, **record} for record in records]

    return read_objects(span.known, read)


# --- rows --------------------------------------------------------------------------------------------

WATCH_SECONDS: Final = whole(pl.col("estimatedMinutesWatched")) * 60


def channel_rows(records: pl.DataFrame, _: Account) -> pl.DataFrame:
    """Return `account_daily` rows. How many subscribers there are is not known by day."""
    return records.select(
        "record_key",
        day_on=day(pl.col("day")),
        followers=pl.lit(None, pl.Int64),
        follows=whole(pl.col("subscribersGained")),
        unfollows=whole(pl.col("subscribersLost")),
        views=whole(pl.col("views")),
        engaged_views=whole(pl.col("engagedViews")),
        reach=pl.lit(None, pl.Int64),
        engagements=whole(pl.col("likes")) + whole(pl.col("comments")) + whole(pl.col("shares")),
        profile_views=pl.lit(None, pl.Int64),
        watch_seconds=WATCH_SECONDS,
    )


def video_rows(records: pl.DataFrame, _: Account) -> pl.DataFrame:
    """Return `post` rows. The vendor does not tell Shorts from other videos."""
    return records.select(
        "record_key",
        post_id=pl.col("id"),
        kind=pl.lit("video"),
        title=pl.col("snippet").struct.field("title"),
        url=pl.lit("https://www.youtube.com/watch?v=") + pl.col("id"),
        published_at=instant(pl.col("snippet").struct.field("publishedAt")),
    )


def video_day_rows(records: pl.DataFrame, _: Account) -> pl.DataFrame:
    """Return `post_daily` rows: what happened on the day, not totals."""
    return records.select(
        "record_key",
        post_id=pl.col("_video_id"),
        day_on=day(pl.col("day")),
        is_cumulative=pl.lit(value=False),
        views=whole(pl.col("views")),
        engaged_views=whole(pl.col("engagedViews")),
        reach=pl.lit(None, pl.Int64),
        likes=whole(pl.col("likes")),
        comments=whole(pl.col("comments")),
        shares=whole(pl.col("shares")),
        saves=whole(pl.col("videosAddedToPlaylists")),
        clicks=pl.lit(None, pl.Int64),
        watch_seconds=WATCH_SECONDS,
    )


# --- streams and channel -----------------------------------------------------------------------------

WHOLE: Final = pa.int64()
VIDEO_DAY_FIELDS: Final = {
    "day": pa.string(),
    **dict.fromkeys(("views", "engagedViews", "estimatedMinutesWatched"), WHOLE),
    **dict.fromkeys(("averageViewDuration", "averageViewPercentage"), pa.float64()),
    **dict.fromkeys(("likes", "dislikes", "comments", "shares", "videosAddedToPlaylists"), WHOLE),
}

channel = Channel(
    name="youtube",
    title="YouTube",
    hosts=HOSTS,
    api_version=VERSION,
    sunset_on=None,
    credentials=CREDENTIALS,
    check=check,
    authorise=authorise,
    renew=renew,
    accounts=list_accounts,
    streams=(
        Stream(
            name="channel_daily",
            reading="window",
            key=("day",),
            day="day",
            fields={**VIDEO_DAY_FIELDS, **dict.fromkeys(("subscribersGained", "subscribersLost"), WHOLE)},
            pages=read_channel_days,
            silver={"account_daily": channel_rows},
            reread_days=REREAD_DAYS,
            slice_days=SLICE_DAYS,
            history_days=HISTORY_DAYS,
        ),
        Stream(
            name="videos",
            reading="snapshot",
            key=("id",),
            fields={
                **dict.fromkeys(("kind", "etag", "id"), pa.string()),
                "snippet": pa.struct({"title": pa.string(), "publishedAt": pa.string()}),
                "contentDetails": pa.struct({"duration": pa.string()}),
                "status": pa.struct({"privacyStatus": pa.string(), "uploadStatus": pa.string()}),
            },
            optional=frozenset({"kind", "etag"}),
            pages=read_videos,
            silver={"post": video_rows},
        ),
        Stream(
            name="video_daily",
            reading="window",
            key=("_video_id", "day"),
            day="day",
            fields={"_video_id": pa.string(), **VIDEO_DAY_FIELDS},
            pages=read_video_days,
            silver={"post_daily": video_day_rows},
            reread_days=REREAD_DAYS,
            slice_days=SLICE_DAYS,
            history_days=HISTORY_DAYS,
            per="videos",
        ),
    ),
)

for verb in ("ads.getPerformance", "ads.generateReport"):
    channel.refuses(
        verb,
        because="ads on YouTube are bought in Google Ads; ask channel google_ads with network YOUTUBE",
        source="https://developers.google.com/google-ads/api/docs/video/overview",
    )
