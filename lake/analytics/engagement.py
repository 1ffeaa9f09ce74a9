"""How people react: to posts, pages and mails, by channel and one by one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import psycopg
from pydantic import BaseModel, Field

from core.context import Context
from core.operation import operation
from core.time import Days
from lake.analytics.marts import Params, open_marts, read_rows
from lake.analytics.period import FirstOn, LastOn, Period, choose_days
from lake.metrics.definitions import METRICS

By = Annotated[Literal["channel", "post", "mail"], Field(description="What each row stands for.")]
ChannelChoice = Annotated[str | None, Field(description="One channel; null for all.", max_length=64)]
Limit = Annotated[int, Field(description="Most rows to return.", ge=1, le=500)]
RATIOS = ("engagement_rate", "open_rate", "click_rate")
COUNTS = (
    "views engagements likes comments shares saves follows watch_seconds sent hard_bounces soft_bounces"
    " unique_opens unique_clicks unsubscribes complaints"
).split()
ONLY = "(%(channel)s::text IS NULL OR channel = %(channel)s)"
MAIL_SUMS = """
    sum(sent)::bigint AS sent, sum(hard_bounces)::bigint AS hard_bounces,
    sum(soft_bounces)::bigint AS soft_bounces, sum(unique_opens)::bigint AS unique_opens,
    sum(unique_clicks)::bigint AS unique_clicks, sum(unsubscribes)::bigint AS unsubscribes,
    sum(complaints)::bigint AS complaints
"""
PAGES = f"""
    SELECT channel, channel AS id, sum(views)::bigint AS views, sum(engagements)::bigint AS engagements,
        sum(follows)::bigint AS follows, sum(watch_seconds)::bigint AS watch_seconds
    FROM marts.fct_account_daily WHERE day_on BETWEEN %(first)s AND %(last)s AND {ONLY}
    GROUP BY channel ORDER BY channel
"""
MAIL_CHANNELS = f"""
    SELECT channel, channel AS id, {MAIL_SUMS}
    FROM marts.fct_email_campaign WHERE sent_on BETWEEN %(first)s AND %(last)s AND {ONLY}
    GROUP BY channel ORDER BY channel
"""
REACTIONS = "coalesce(likes, 0) + coalesce(comments, 0) + coalesce(shares, 0) + coalesce(saves, 0)"
POSTS = f"""
    SELECT d.channel, d.post_id AS id, p.kind, p.published_at, coalesce(p.title, p.url, d.post_id) AS name,
        d.views, d.likes, d.comments, d.shares, d.saves, d.watch_seconds, d.engagements
    FROM (
        SELECT channel, account_id, post_id, sum(views)::bigint AS views, sum(likes)::bigint AS likes,
            sum(comments)::bigint AS comments, sum(shares)::bigint AS shares, sum(saves)::bigint AS saves,
            sum(watch_seconds)::bigint AS watch_seconds,
            sum({REACTIONS}) FILTER (WHERE num_nonnulls(likes, comments, shares, saves) > 0)::bigint
            AS engagements
        FROM marts.fct_post_daily WHERE day_on BETWEEN %(first)s AND %(last)s AND {ONLY}
        GROUP BY channel, account_id, post_id
    ) AS d LEFT JOIN marts.fct_post AS p USING (channel, account_id, post_id)
    WHERE d.views IS NOT NULL OR d.engagements IS NOT NULL
    ORDER BY engagements DESC NULLS LAST, views DESC NULLS LAST, id LIMIT %(limit)s
"""
MAILS = f"""
    SELECT channel, mail_id AS id, 'mail' AS kind, sent_at AS published_at,
        coalesce(title, subject, mail_id) AS name, {MAIL_SUMS}
    FROM marts.fct_email_campaign WHERE sent_on BETWEEN %(first)s AND %(last)s AND {ONLY}
    GROUP BY 1, 2, 3, 4, 5 ORDER BY unique_clicks DESC NULLS LAST, id LIMIT %(limit)s
"""
QUERIES: Mapping[str, tuple[str, ...]] = {
    "channel": (PAGES, MAIL_CHANNELS),
    "post": (POSTS,),
    "mail": (MAILS,),
}


class Reaction(BaseModel):
    """The reactions to one channel, post or mail; null where the platform has no such number."""

    channel: str = Field(description="The channel.")
    id: str = Field(description="The channel, or the vendor's id of the post or mail.")
    name: str = Field(description="Title, subject or channel.")
    kind: str | None = Field(None, description="Kind of post, or mail.")
    published_at: datetime | None = Field(None, description="Instant of publication or sending, UTC.")
    views: int | None = Field(None, description="Views in the period.")
    engagements: int | None = Field(None, description="Likes, comments, shares and saves in the period.")
    likes: int | None = Field(None, description="Likes.")
    comments: int | None = Field(None, description="Comments.")
    shares: int | None = Field(None, description="Shares.")
    saves: int | None = Field(None, description="Saves.")
    follows: int | None = Field(None, description="New followers.")
    watch_seconds: int | None = Field(None, description="Seconds watched.")
    sent: int | None = Field(None, description="Mails sent in the period.")
    hard_bounces: int | None = Field(None, description="Addresses that do not exist.")
    soft_bounces: int | None = Field(None, description="Mailboxes full or away.")
    unique_opens: int | None = Field(None, description="Recipients who opened, machines included.")
    unique_clicks: int | None = Field(None, description="Recipients who clicked.")
    unsubscribes: int | None = Field(None, description="Recipients who left.")
    complaints: int | None = Field(None, description="Recipients who reported spam.")
    engagement_rate: float | None = Field(None, description="Reactions by views.")
    open_rate: float | None = Field(None, description="Recipients who opened by mails delivered.")
    click_rate: float | None = Field(None, description="Recipients who clicked by mails delivered.")


class Engagement(BaseModel):
    """The answer of `analytics.getEngagement`."""

    period: Period = Field(description="The days asked for.")
    by: Literal["channel", "post", "mail"] = Field(description="What each row stands for.")
    rows: list[Reaction] = Field(description="Channels by name, posts and mails by reactions, most first.")
    totals: Reaction = Field(description="All rows of the whole period together, cut ones included.")


@operation("analytics.getEngagement", effect="read")
def get_engagement(
    ctx: Context,
    *,
    first_on: FirstOn = None,
    last_on: LastOn = None,
    by: By = "channel",
    channel: ChannelChoice = None,
    limit: Limit = 100,
) -> Engagement:
    """Return views, reactions, opens and clicks by channel, by post or by mail, with their rates.

    A post counts what happened in the period, a mail all of its life. Rates are sums by sums; the totals
    are over everything, not over the rows shown.

    Raises:
        BadInput: the range ends before it begins.
        NotFound: the models were never built.
    """
    with open_marts(ctx) as link:
        days = choose_days(link, first_on, last_on)
        rows = _read(link, by, days, channel, None)
    return Engagement(
        period=Period.of(days),
        by=by,
        rows=[_reaction(row) for row in rows[:limit]],
        totals=_reaction({"channel": channel or "all", "id": "", "name": "All together", **_add(rows)}),
    )


def _read(
    link: psycopg.Connection, by: str, days: Days, channel: str | None, limit: int | None
) -> list[dict[str, Any]]:
    params: Params = {"first": days.first, "last": days.last, "channel": channel, "limit": limit}
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for query in QUERIES[by]:
        for row in read_rows(link, query, params):
            rows.setdefault((row["channel"], row["id"]), {}).update(row)
    return list(rows.values())


def _add(rows: list[dict[str, Any]]) -> dict[str, int | None]:
    sums: dict[str, int | None] = dict.fromkeys(COUNTS)
    for row in rows:
        for name in COUNTS:
            if (value := row.get(name)) is not None:
                sums[name] = (sums[name] or 0) + value
    return sums


def _reaction(row: Mapping[str, Any]) -> Reaction:
    parts = {**dict.fromkeys(COUNTS), **row}
    ratios = {name: METRICS[name].of(parts) for name in RATIOS}
    return Reaction.model_validate({"name": row["id"], **parts, **ratios})
