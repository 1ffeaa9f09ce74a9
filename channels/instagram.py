"""Instagram: what a professional account and its media reach, without the paid part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

import polars as pl
import pyarrow as pa

from channels import meta
from channels.accounts import make_account
from channels.connection import Connection
from channels.contract import Account, AccountList, Channel, Gap, Record, Span, Stream
from channels.meta_metrics import Question, Refusals, fold_days, fold_totals, read_metrics, starts_at
from channels.objects import read_accounts
from channels.records import day, find, instant, whole
from core.time import Days, local_day

# --- Facts -------------------------------------------------------------------------------------
# This is the API with Facebook Login; the one with Instagram Login has no hashtag search.
SUNSET_ON = None  # v26.0 has none announced; a Graph version lives about two years
# Totals come one day to a call, so a year costs 730 reads of the quota (4,800 for each impression of
# the last 24 hours); they travel 50 to a request. The vendor keeps two years; we go back 13 months.
HISTORY_DAYS = 395
SLICE_DAYS = 29  # `since` and `until` are at most 30 days apart, and a clock change adds an hour
REREAD_DAYS = 3  # numbers are up to 48 hours late
MEDIA_AGE = timedelta(days=400)  # older media have settled and are not read again
# profile_views, website_clicks and the other button names were withdrawn in January 2025.
TOTALS = (
    "views accounts_engaged total_interactions likes comments shares saves replies reposts profile_links_taps"
).split()
FOLLOWS = "follows_and_unfollows"
FOLLOWED, UNFOLLOWED = "FOLLOWER", "NON_FOLLOWER"
MEDIA_METRICS = "views reach saved likes comments shares total_interactions".split()
WATCH_TIME = "ig_reels_video_view_total_time"  # milliseconds (unverified)
REELS = "REELS"

TEXT, COUNT = pa.string(), pa.int64()
SPLIT = pa.list_(pa.struct([("dimension_values", pa.list_(TEXT)), ("value", COUNT)]))
DAY_FIELDS = {"_day": TEXT, "reach": COUNT, "_follows": SPLIT} | dict.fromkeys(TOTALS, COUNT)
MEDIA_FIELDS = dict.fromkeys("id caption media_type media_product_type permalink timestamp".split(), TEXT)
MEDIA_DAY_FIELDS = (
    dict.fromkeys("id _day timestamp media_product_type".split(), TEXT)
    | dict.fromkeys("like_count comments_count".split(), COUNT)
    | dict.fromkeys([*MEDIA_METRICS, WATCH_TIME], COUNT)
)
MEDIA_COUNTERS = "id,timestamp,media_product_type,like_count,comments_count"
PROFILE_FIELDS = dict.fromkeys("id _day username name".split(), TEXT) | dict.fromkeys(
    "followers_count follows_count media_count".split(), COUNT
)
PROFILE = "id,username,name,followers_count,follows_count,media_count"


# --- Reading -----------------------------------------------------------------------------------
def list_accounts(connection: Connection) -> AccountList:
    """Return the professional accounts that hang on the pages the token can see."""

    def read(page: Record) -> Account:
        number = _linked_id(page)
        profile = meta.read_node(connection, str(number), "username")
        return make_account(number, profile.get("username"), None, meta.TIMEZONE)

    pages = [page for page in meta.list_pages(connection) if _linked_id(page)]
    return read_accounts(pages, read, lambda page: str(_linked_id(page)))


def _linked_id(page: Record) -> Any:
    return find(page, "instagram_business_account.id")


def token_of(connection: Connection, account_id: str) -> str | None:
    """Return the token of the page an account hangs on; None means the connection's own serves."""
    pages = [page for page in meta.list_pages(connection) if _linked_id(page) == account_id]
    return pages[0].get("access_token") if pages else None


def read_account_days(
    connection: Connection, account: Account, span: Span
) -> Iterator[Sequence[Record] | Gap]:
    """Yield one record per day; a day without any number is left out, as the vendor does.

    A metric the vendor refuses leaves its column empty; if it refuses them all, the read has failed.
    """
    token, days, refusals = token_of(connection, account.id), span.window, Refusals()

    def ask(questions: Sequence[Question], metrics: Sequence[str]) -> Iterator[tuple[Any, list[Record]]]:
        return read_metrics(connection, questions, metrics, "account", token, refusals=refusals)

    records: dict[object, Record] = {}
    for _, series in ask(
        [Question(None, account.id, {"metric_type": "time_series", **ask_days(days)})], ["reach"]
    ):
        records |= take_reach(series, days)
    each = [Days.ending(days.first + timedelta(days=n), 1) for n in range(len(days))]
    totals = [
        Question(one.first, account.id, {"metric_type": "total_value", **ask_days(one)}) for one in each
    ]
    for on, series in ask(totals, TOTALS):
        if series:
            records.setdefault(on, {"_day": str(on)}).update(fold_totals(series))
    split = {"metric_type": "total_value", "breakdown": "follow_type"}
    follows = [Question(one.first, account.id, {**split, **ask_days(one)}) for one in each]
    for on, series in ask(follows, [FOLLOWS]):
        for metric in series:
            parts = find(metric, "total_value.breakdowns") or [{}]
            records.setdefault(on, {"_day": str(on)})["_follows"] = parts[0].get("results") or []
    yield from refusals.settle()
    yield [record for _, record in sorted(records.items())]


def take_reach(series: Sequence[Record], days: Days) -> dict[object, Record]:
    """Return one record per day with `reach`, the one metric that comes as a series."""
    return {
        on: {"_day": record["_day"], "reach": record["reach"]}
        for on, record in fold_days(series).items()
        if on in days and "reach" in record
    }


def ask_days(days: Days) -> dict[str, str | int]:
    """Return the parameters for whole vendor days, midnight to midnight."""
    end = starts_at(days.last + timedelta(days=1))
    return {"period": "day", "since": starts_at(days.first), "until": end}


def read_media(connection: Connection, account: Account, span: Span) -> Iterator[Sequence[Record]]:
    """Yield every post, reel and carousel; stories live a day and are listed elsewhere."""
    del span  # the whole list each time
    asked = {"fields": ",".join(MEDIA_FIELDS)}
    return meta.read_pages(connection, f"{account.id}/media", asked, token_of(connection, account.id))


def read_media_numbers(
    connection: Connection, account: Account, span: Span
) -> Iterator[Sequence[Record] | Gap]:
    """Yield, per medium, its lifetime numbers as they stand on the day of the load."""
    token = token_of(connection, account.id)
    today = str(local_day(span.now, account.timezone))
    asked = {"fields": MEDIA_COUNTERS, "since": int((span.now - MEDIA_AGE).timestamp())}
    refusals = Refusals()

    def read() -> Iterator[list[Record]]:
        for page in meta.read_pages(connection, f"{account.id}/media", asked, token):
            media = [medium for medium in page if isinstance(medium, dict) and medium.get("id")]
            for kind, group in groupby(sorted(media, key=kind_of), key=kind_of):
                metrics = [*MEDIA_METRICS, WATCH_TIME] if kind == REELS else MEDIA_METRICS
                questions = [Question(medium, medium["id"]) for medium in group]
                numbers = read_metrics(
                    connection, questions, metrics, f"media {kind}", token, refusals=refusals
                )
                yield [{**medium, "_day": today, **fold_totals(series)} for medium, series in numbers]

    return refusals.settle_after(read())


def kind_of(medium: Record) -> str:
    """Return FEED, REELS, STORY or AD: each kind has its own metrics."""
    return str(medium.get("media_product_type") or "")


def read_profile(connection: Connection, account: Account, span: Span) -> Iterator[Sequence[Record]]:
    """Yield the account as it stands today: the vendor keeps no history of follower counts."""
    profile = meta.read_node(connection, account.id, PROFILE, token_of(connection, account.id))
    yield [{**profile, "_day": str(local_day(span.now, account.timezone))}]


# --- Rows --------------------------------------------------------------------------------------
def to_account_daily(records: pl.DataFrame, account: Account) -> pl.DataFrame:
    """Return `account_daily` rows; follower counts are in the stream `profile`, from our first day on."""
    del account
    nothing = pl.lit(None, pl.Int64)
    return records.select(
        "record_key",
        day_on=day(pl.col("_day")),
        followers=nothing,
        follows=count_follows(FOLLOWED),
        unfollows=count_follows(UNFOLLOWED),
        views=whole(pl.col("views")),
        engaged_views=nothing,
        reach=whole(pl.col("reach")),
        engagements=whole(pl.col("total_interactions")),
        profile_views=nothing,
        watch_seconds=nothing,
    )


def count_follows(kind: str) -> pl.Expr:
    """Return one side of the follow split."""
    part = pl.element()
    match = part.filter(part.struct.field("dimension_values").list.first() == kind).struct.field("value")
    return pl.col("_follows").list.eval(match).list.first()


def to_post(records: pl.DataFrame, account: Account) -> pl.DataFrame:
    """Return `post` rows; the title is the first line of the caption."""
    del account
    return records.select(
        "record_key",
        post_id=pl.col("id"),
        kind=pl.coalesce("media_product_type", "media_type"),
        title=pl.col("caption").str.split("\n").list.first().str.slice(0, 200),
        url=pl.col("permalink"),
        published_at=instant(pl.col("timestamp")),
    )


def to_post_daily(records: pl.DataFrame, account: Account) -> pl.DataFrame:
    """Return `post_daily` rows of lifetime totals."""
    del account
    return records.select(
        "record_key",
        post_id=pl.col("id"),
        day_on=day(pl.col("_day")),
        is_cumulative=pl.lit(True),  # noqa: FBT003
        views=whole(pl.col("views")),
        engaged_views=pl.lit(None, pl.Int64),
        reach=whole(pl.col("reach")),
        likes=pl.coalesce("likes", "like_count"),
        comments=pl.coalesce("comments", "comments_count"),
        shares=whole(pl.col("shares")),
        saves=whole(pl.col("saved")),
        clicks=pl.lit(None, pl.Int64),
        watch_seconds=whole(pl.col(WATCH_TIME)) // 1000,
    )


channel = Channel(
    name="instagram",
    title="Instagram",
    hosts=meta.HOSTS,
    api_version=meta.VERSION,
    sunset_on=SUNSET_ON,
    credentials=meta.CREDENTIALS,
    check=meta.check,
    authorise=meta.authorise,
    accounts=list_accounts,
    pace=meta.pace,
    streams=(
        Stream(
            name="account_daily",
            reading="window",
            key=("_day",),
            day="_day",
            fields=DAY_FIELDS,
            optional=frozenset({"reach", "_follows"}),
            pages=read_account_days,
            silver={"account_daily": to_account_daily},
            reread_days=REREAD_DAYS,
            history_days=HISTORY_DAYS,
            slice_days=SLICE_DAYS,
        ),
        Stream(
            name="media",
            reading="snapshot",
            key=("id",),
            fields=MEDIA_FIELDS,
            optional=frozenset({"caption", "media_product_type"}),
            pages=read_media,
            silver={"post": to_post},
        ),
        Stream(
            name="media_insights",
            reading="changes",
            key=("id", "_day"),
            changed="_day",
            fields=MEDIA_DAY_FIELDS,
            optional=frozenset({"media_product_type", *MEDIA_METRICS, WATCH_TIME}),
            pages=read_media_numbers,
            silver={"post_daily": to_post_daily},
        ),
        Stream(
            name="profile",
            reading="changes",
            key=("id", "_day"),
            changed="_day",
            fields=PROFILE_FIELDS,
            optional=frozenset({"name"}),
            pages=read_profile,
        ),
    ),
)
for verb in ("ads.getPerformance", "ads.generateReport"):
    channel.refuses(
        verb,
        because="Instagram's ads are Meta's; ask channel meta_ads with network instagram",
        source="https://developers.facebook.com/docs/marketing-api/insights/",
    )
