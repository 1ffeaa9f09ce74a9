"""The YouTube Analytics report: days or videos, for the channel or for some of its videos."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl
from fastapi import APIRouter, Depends, Request, Response

from sandbox.guarded import GuardedWorld
from sandbox.twin import Store, TheStore, TheWorld, answer
from sandbox.youtube.access import authorise, refuse
from sandbox.youtube.videos import CHANNEL, Studio

DELAY_DAYS = 2  # the youngest days are not processed yet and are cut off in silence
MOST_VIDEOS, MOST_FILTERED = 200, 500
SECONDS, VIEWS = pl.col("watch_seconds"), pl.col("views")
FROM_VIDEOS: dict[str, tuple[str, pl.Expr]] = {
    "views": ("INTEGER", VIEWS),
    "engagedViews": ("INTEGER", pl.col("engaged_views")),
    "estimatedMinutesWatched": ("INTEGER", SECONDS // 60),
    "averageViewDuration": ("INTEGER", pl.when(VIEWS > 0).then(SECONDS // VIEWS).otherwise(0)),
    "averageViewPercentage": (
        "FLOAT",
        pl.when(VIEWS > 0).then((SECONDS * 100 / pl.col("offered_seconds")).round(4)).otherwise(0.0),
    ),
    "likes": ("INTEGER", pl.col("likes")),
    "dislikes": ("INTEGER", pl.col("likes") // 50),
    "comments": ("INTEGER", pl.col("comments")),
    "shares": ("INTEGER", pl.col("shares")),
    "videosAddedToPlaylists": ("INTEGER", pl.col("saves")),
}
FROM_CHANNEL = {
    "subscribersGained": ("INTEGER", pl.col("follows")),
    "subscribersLost": ("INTEGER", pl.col("unfollows")),
}
METRICS = FROM_VIDEOS | FROM_CHANNEL
REVENUE = {
    "estimatedRevenue",
    "estimatedAdRevenue",
    "grossRevenue",
    "cpm",
    "playbackBasedCpm",
    "monetizedPlaybacks",
}
NOT_EMULATED = {"country", "deviceType", "operatingSystem", "insightTrafficSourceType", "ageGroup", "gender"}
UNSUPPORTED = (
    "The query is not supported. Check the documentation at"
    " https://developers.google.com/youtube/analytics/v2/available_reports for supported queries."
)
SUMS = ("views", "engaged_views", "likes", "comments", "shares", "saves", "watch_seconds", "offered_seconds")
router = APIRouter(dependencies=[Depends(authorise)])


@router.get("/v2/reports")
def query(request: Request, world: TheWorld, store: TheStore) -> Response:
    """A report as a table."""
    asked = request.query_params
    dimensions = [name for name in asked.get("dimensions", "").split(",") if name]
    metrics = [name for name in asked.get("metrics", "").split(",") if name]
    check_query(asked, dimensions, metrics)
    videos = read_videos(asked, metrics)
    first, last = read_day(asked, "startDate"), read_day(asked, "endDate")
    if last < first:
        raise bad_request("Date range is invalid: endDate must not be before startDate.")
    last = min(last, world.today - timedelta(days=DELAY_DAYS))
    table = build_table(world, store, dimensions, videos, (max(first, world.first_day), last))
    table = table.select(*dimensions, *[METRICS[name][1].alias(name) for name in metrics])
    table = sort_table(table, asked.get("sort", ""), dimensions)
    start = max(1, int(asked.get("startIndex", "1"))) - 1
    size = int(asked.get("maxResults", "0")) or table.height
    headers = [{"name": name, "columnType": "DIMENSION", "dataType": "STRING"} for name in dimensions]
    headers += [{"name": name, "columnType": "METRIC", "dataType": METRICS[name][0]} for name in metrics]
    rows = [list(row) for row in table.slice(start, size).iter_rows()]
    report = {"kind": "youtubeAnalytics#resultTable", "columnHeaders": headers}
    return answer(report | ({"rows": rows} if rows else {}))


def bad_request(message: str) -> Exception:
    """A refusal of the query."""
    return refuse(400, "badRequest", message, "global")


def check_query(asked: Mapping[str, str], dimensions: list[str], metrics: list[str]) -> None:
    """Refuse what YouTube does not answer."""
    if not asked.get("ids", "").startswith("channel=="):
        raise refuse(403, "forbidden", "Forbidden", "global")
    if not metrics:
        raise refuse(400, "required", "Required parameter: metrics", "global")
    unknown = [name for name in metrics if name not in METRICS and name not in REVENUE]
    if unknown:
        raise bad_request(f"Unknown identifier ({unknown[0]}) given in field parameters.metrics.")
    if any(name in REVENUE for name in metrics):
        raise refuse(403, "forbidden", "Forbidden", "global")  # the channel is not monetised
    if any(name in NOT_EMULATED for name in dimensions):
        raise refuse(501, "notImplemented", f"dimensions={','.join(dimensions)} is not emulated", "sandbox")
    if dimensions not in ([], ["day"], ["month"], ["video"]):
        raise bad_request(UNSUPPORTED)
    if dimensions == ["video"]:
        size = asked.get("maxResults", "")
        is_top = asked.get("sort", "").startswith("-") and size.isdigit() and 0 < int(size) <= MOST_VIDEOS
        if not is_top or any(name in FROM_CHANNEL for name in metrics):
            raise bad_request(UNSUPPORTED)


def read_videos(asked: Mapping[str, str], metrics: list[str]) -> list[str] | None:
    """The video ids of the filter, None without one."""
    text = asked.get("filters", "")
    if not text:
        return None
    name, _, ids = text.partition("==")
    videos = ids.split(",")
    if name != "video" or ";" in text or len(videos) > MOST_FILTERED:
        raise bad_request(UNSUPPORTED)
    if any(metric in FROM_CHANNEL for metric in metrics):
        raise bad_request(UNSUPPORTED)
    return videos


def read_day(asked: Mapping[str, str], name: str) -> date:
    """A day parameter."""
    try:
        return date.fromisoformat(asked.get(name, ""))
    except ValueError:
        message = (
            f"Invalid value '{asked.get(name, '')}'. Values must match the following regular expression: "
        )
        raise bad_request(f"{message}'[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}'") from None


def build_table(
    world: GuardedWorld,
    store: Store,
    dimensions: list[str],
    videos: list[str] | None,
    days: tuple[date, date],
) -> pl.DataFrame:
    """Sums by dimension; without dimensions one row, or none when there is no data."""
    facts = world.cached(("youtube facts", len(store.table("videos"))), lambda: build_facts(world, store))
    first, last = days
    facts = facts.filter(pl.col("date").is_between(first, last))
    if videos is not None:
        facts = facts.filter(pl.col("video").is_in(videos))
    cut = cut_days(dimensions)
    sums = facts.with_columns(cut).group_by(dimensions or pl.lit(1).alias("all")).agg(pl.col(SUMS).sum())
    if videos is not None or dimensions == ["video"]:
        return sums
    channel = world.account_daily(CHANNEL, first, last) if first <= last else None
    if channel is None:
        return sums.with_columns(follows=pl.lit(0), unfollows=pl.lit(0))
    flows = (
        channel.rename({"day": "date"})
        .with_columns(cut)
        .group_by(dimensions or pl.lit(1).alias("all"))
        .agg(pl.col("follows", "unfollows").sum())
    )
    # A day on which nobody watched still has subscribers, so both sides count.
    joined = flows.join(sums, on=dimensions or "all", how="full", coalesce=True)
    return joined.with_columns(pl.col(*SUMS, "follows", "unfollows").fill_null(0))


def cut_days(dimensions: list[str]) -> list[pl.Expr]:
    """The day or month of a date, when it is asked for."""
    formats = {"day": "%Y-%m-%d", "month": "%Y-%m"}
    return [pl.col("date").dt.strftime(formats[name]).alias(name) for name in dimensions if name in formats]


def build_facts(world: GuardedWorld, store: Store) -> pl.DataFrame:
    """What happened to every video on every day, under the ids YouTube knows them by."""
    studio = Studio(world, store)
    kinds = {row["post_id"]: row["kind"] for row in world.posts(CHANNEL).iter_rows(named=True)}
    daily = world.post_daily(CHANNEL, world.first_day, world.today).rename({"day": "date"})
    posts = daily["post_id"].unique().to_list()
    names = {post: studio.names.get(post, post) for post in posts}
    lengths = {post: studio.duration({"id": names[post], "kind": kinds.get(post, "video")}) for post in posts}
    return daily.with_columns(
        pl.col("post_id").replace_strict(names, return_dtype=pl.String).alias("video"),
        (VIEWS * pl.col("post_id").replace_strict(lengths, return_dtype=pl.Int64)).alias("offered_seconds"),
    )


def sort_table(table: pl.DataFrame, text: str, dimensions: list[str]) -> pl.DataFrame:
    """The rows in the order asked for; by dimension when none is."""
    names = [name for name in text.split(",") if name]
    columns = [name.removeprefix("-") for name in names]
    unknown = [name for name in columns if name not in table.columns]
    if unknown:
        raise bad_request(f"Unknown identifier ({unknown[0]}) given in field parameters.sort.")
    order = [*columns, *[name for name in dimensions if name not in columns]]
    descending = [name.startswith("-") for name in names] + [False] * (len(order) - len(names))
    return table.sort(order, descending=descending) if order else table
