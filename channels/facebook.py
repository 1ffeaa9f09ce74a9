"""Facebook Pages: what a page and its posts reach, without the paid part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import polars as pl
import pyarrow as pa

from channels import meta
from channels.accounts import make_account
from channels.connection import Connection
from channels.contract import Account, AccountList, Channel, Gap, Record, Span, Stream
from channels.meta_metrics import Question, Refusals, fold_days, fold_totals, read_metrics
from channels.objects import read_accounts
from channels.records import day, instant, whole
from core.time import local_day

# --- Facts -------------------------------------------------------------------------------------
SUNSET_ON = None  # v26.0 has none announced; a Graph version lives about two years
# The vendor keeps two years, answers at most 90 days a call, and refreshes about every 24 hours.
HISTORY_DAYS, SLICE_DAYS, REREAD_DAYS = 730, 80, 7
# Numbers of posts older than this have settled and are not read again.
POST_AGE = timedelta(days=400)
# Since 2026-06-15 the older *_impressions, *_fans and *_engaged_users names answer error 100.
PAGE_METRICS = (
    "page_media_view page_total_media_view_unique page_post_engagements page_follows "
    "page_daily_follows_unique page_daily_unfollows_unique page_views_total page_video_views"
).split()
POST_METRICS = "post_media_view post_total_media_view_unique post_clicks".split()
COUNTERS = "id,created_time,shares,comments.summary(true).limit(0),reactions.summary(total_count).limit(0)"

TEXT, COUNT = pa.string(), pa.int64()
TOTAL = pa.struct([("summary", pa.struct([("total_count", COUNT)]))])
PAGE_DAY_FIELDS = {"_day": TEXT, "end_time": TEXT} | dict.fromkeys(PAGE_METRICS, COUNT)
POST_FIELDS = dict.fromkeys("id created_time message permalink_url status_type".split(), TEXT) | {
    "is_published": pa.bool_()
}
POST_DAY_FIELDS = {
    "id": TEXT,
    "_day": TEXT,
    "created_time": TEXT,
    "shares": pa.struct([("count", COUNT)]),
    "comments": TOTAL,
    "reactions": TOTAL,
    **dict.fromkeys(POST_METRICS, COUNT),
}


# --- Reading -----------------------------------------------------------------------------------
def list_accounts(connection: Connection) -> AccountList:
    """Return the pages the token can see; one without a name is called by its id."""
    return read_accounts(
        meta.list_pages(connection),
        lambda page: make_account(page.get("id"), page.get("name"), None, meta.TIMEZONE),
        lambda page: str(page.get("id") or "a page without an id"),
    )


def read_page_days(connection: Connection, account: Account, span: Span) -> Iterator[Sequence[Record]]:
    """Yield one record per day: metric name -> value. A page under 100 likes has none."""
    days = span.window
    # The value of a day ends at the next midnight, and the vendor does not say if `until` is in.
    asked = {"period": "day", "since": str(days.first), "until": str(days.last + timedelta(days=2))}
    question = Question(account.id, account.id, asked)
    token = meta.page_token(connection, account.id)
    for _, series in read_metrics(connection, [question], PAGE_METRICS, "page", token):
        yield [record for on, record in sorted(fold_days(series).items()) if on in days]


def read_posts(connection: Connection, account: Account, span: Span) -> Iterator[Sequence[Record]]:
    """Yield every published post."""
    del span  # the whole list each time
    token = meta.page_token(connection, account.id)
    asked = {"fields": ",".join(POST_FIELDS)}
    return meta.read_pages(connection, f"{account.id}/published_posts", asked, token)


def read_post_numbers(
    connection: Connection, account: Account, span: Span
) -> Iterator[Sequence[Record] | Gap]:
    """Yield, per post, its lifetime numbers as they stand on the day of the load."""
    token = meta.page_token(connection, account.id)
    asked = {"fields": COUNTERS, "since": int((span.now - POST_AGE).timestamp())}
    today = str(local_day(span.now, account.timezone))
    refusals = Refusals()

    def read(page: Sequence[Record]) -> list[Record]:
        posts = [post for post in page if isinstance(post, dict) and post.get("id")]
        questions = [Question(post, post["id"]) for post in posts]
        numbers = read_metrics(connection, questions, POST_METRICS, "post", token, refusals=refusals)
        return [{**post, "_day": today, **fold_totals(series)} for post, series in numbers]

    pages = meta.read_pages(connection, f"{account.id}/published_posts", asked, token)
    return refusals.settle_after(map(read, pages))


# --- Rows --------------------------------------------------------------------------------------
def to_account_daily(records: pl.DataFrame, account: Account) -> pl.DataFrame:
    """Return `account_daily` rows: one per page and day."""
    del account
    return records.select(
        "record_key",
        day_on=day(pl.col("_day")),
        followers=whole(pl.col("page_follows")),
        follows=whole(pl.col("page_daily_follows_unique")),
        unfollows=whole(pl.col("page_daily_unfollows_unique")),
        views=whole(pl.col("page_media_view")),
        engaged_views=pl.lit(None, pl.Int64),
        reach=whole(pl.col("page_total_media_view_unique")),
        engagements=whole(pl.col("page_post_engagements")),
        profile_views=whole(pl.col("page_views_total")),
        watch_seconds=pl.lit(None, pl.Int64),
    )


def to_post(records: pl.DataFrame, account: Account) -> pl.DataFrame:
    """Return `post` rows; the title is the first line of the message."""
    del account
    return records.select(
        "record_key",
        post_id=pl.col("id"),
        kind=pl.col("status_type"),
        title=pl.col("message").str.split("\n").list.first().str.slice(0, 200),
        url=pl.col("permalink_url"),
        published_at=instant(pl.col("created_time")),
    )


def to_post_daily(records: pl.DataFrame, account: Account) -> pl.DataFrame:
    """Return `post_daily` rows of lifetime totals; the vendor leaves out `shares` when there are none."""
    del account
    nothing = pl.lit(None, pl.Int64)
    return records.select(
        "record_key",
        post_id=pl.col("id"),
        day_on=day(pl.col("_day")),
        is_cumulative=pl.lit(True),  # noqa: FBT003
        views=whole(pl.col("post_media_view")),
        engaged_views=nothing,
        reach=whole(pl.col("post_total_media_view_unique")),
        likes=total_of("reactions"),
        comments=total_of("comments"),
        shares=pl.col("shares").struct.field("count").fill_null(0),
        saves=nothing,
        clicks=whole(pl.col("post_clicks")),
        watch_seconds=nothing,
    )


def total_of(edge: str) -> pl.Expr:
    """Return the total of an edge asked with `summary`."""
    return pl.col(edge).struct.field("summary").struct.field("total_count")


channel = Channel(
    name="facebook",
    title="Facebook Pages",
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
            name="page_daily",
            reading="window",
            key=("_day",),
            day="_day",
            fields=PAGE_DAY_FIELDS,
            pages=read_page_days,
            silver={"account_daily": to_account_daily},
            reread_days=REREAD_DAYS,
            history_days=HISTORY_DAYS,
            slice_days=SLICE_DAYS,
        ),
        Stream(
            name="posts",
            reading="snapshot",
            key=("id",),
            fields=POST_FIELDS,
            optional=frozenset({"message"}),
            pages=read_posts,
            silver={"post": to_post},
        ),
        Stream(
            name="post_insights",
            reading="changes",
            key=("id", "_day"),
            changed="_day",
            fields=POST_DAY_FIELDS,
            optional=frozenset({"shares", *POST_METRICS}),
            pages=read_post_numbers,
            silver={"post_daily": to_post_daily},
        ),
    ),
)
for verb in ("ads.getPerformance", "ads.generateReport"):
    channel.refuses(
        verb,
        because="a page has no ads of its own; ask channel meta_ads",
        source="https://developers.facebook.com/docs/marketing-api/insights/",
    )
