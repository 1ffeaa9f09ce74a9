"""The `facebook.*` operations that read, and those the vendor does not offer."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel

from channels import meta
from channels.ads import AdPerformance, FirstDay, LastDay, Network
from channels.connection import Connection
from channels.contract import Span
from channels.facebook import COUNTERS, POST_METRICS, SLICE_DAYS, list_accounts, to_account_daily
from channels.meta_metrics import Question, fold_totals, read_metrics
from channels.records import find, read_frame, read_whole
from core.context import Context
from core.errors import NotFound, Unsupported
from core.operation import operation
from core.time import Days

EVENTS_SOURCE = "https://developers.facebook.com/docs/graph-api/reference/event/"
GROUPS_SOURCE = "https://developers.facebook.com/docs/graph-api/changelog/version19.0/"


class PageDay(BaseModel):
    """One day of a page; None where the vendor gives no number."""

    day_on: date
    followers: int | None
    follows: int | None
    unfollows: int | None
    views: int | None
    reach: int | None
    engagements: int | None
    profile_views: int | None


class PageInsights(BaseModel):
    """A page as it stands, and its days."""

    page_id: str
    name: str
    followers_count: int | None
    days: list[PageDay]


class PostEngagement(BaseModel):
    """Lifetime totals of a post; None where the vendor gives no number."""

    post_id: str
    views: int | None
    reach: int | None
    reactions: int
    comments: int
    shares: int
    clicks: int | None


@operation("facebook.getPageInsights", effect="read")
def get_page_insights(ctx: Context, *, page_id: str, first_on: FirstDay, last_on: LastDay) -> PageInsights:
    """Return a page's followers and its reach, views and engagement per day, read live.

    Days are Pacific time. Reach counts people and cannot be added over days.

    Raises:
        NotFound: the token sees no page of that id.
        AuthExpired, RateLimited, VendorDown: as the vendor says.
    """
    connection: Connection = ctx.service("connect")("facebook")
    account = next((a for a in list_accounts(connection) if a.id == page_id), None)
    if account is None:
        raise NotFound(f"The token sees no page {page_id}; give the id of one it does.")
    token = meta.page_token(connection, page_id)
    page = meta.read_node(connection, page_id, "followers_count", token)
    stream = connection.channel.stream("page_daily")
    records = read_whole(
        page
        for part in Days(first_on, last_on).split(SLICE_DAYS)
        for page in stream.pages(connection, account, Span(ctx.clock.now(), days=part))
    )
    rows = to_account_daily(read_frame(stream, records), account).to_dicts()
    return PageInsights(
        page_id=page_id,
        name=account.name,
        followers_count=page.get("followers_count"),
        days=[PageDay.model_validate(row) for row in rows],
    )


@operation("facebook.getPostEngagement", effect="read")
def get_post_engagement(ctx: Context, *, post_id: str) -> PostEngagement:
    """Return a post's lifetime views, reach, reactions, comments, shares and clicks, read live.

    `post_id` is the vendor's `<page>_<post>`.

    Raises:
        NotFound: no such post, or the token may not see it.
        AuthExpired, RateLimited, VendorDown: as the vendor says.
    """
    connection: Connection = ctx.service("connect")("facebook")
    token = meta.page_token(connection, post_id.split("_", maxsplit=1)[0])
    post = meta.read_node(connection, post_id, COUNTERS, token)
    asked = [Question(post_id, post_id)]
    totals = fold_totals(next(read_metrics(connection, asked, POST_METRICS, "post", token))[1])
    return PostEngagement(
        post_id=post_id,
        views=totals.get("post_media_view"),
        reach=totals.get("post_total_media_view_unique"),
        reactions=find(post, "reactions.summary.total_count") or 0,
        comments=find(post, "comments.summary.total_count") or 0,
        shares=find(post, "shares.count") or 0,
        clicks=totals.get("post_clicks"),
    )


@operation("facebook.getAdPerformance", effect="read")
def get_ad_performance(
    ctx: Context, *, account_id: str, first_on: FirstDay, last_on: LastDay, network: Network = None
) -> list[AdPerformance]:
    """Return what each Meta ad did on each day, read live: ads.getPerformance for this vendor.

    `account_id` looks like `act_1`. Money is in micros of the account's currency.

    Raises:
        NotFound: the token reads no such ad account.
        AuthExpired, RateLimited, VendorDown: as the vendor says.
    """
    connection: Connection = ctx.service("connect")("meta_ads")
    answer = connection.channel.handler("ads.getPerformance")
    rows: list[AdPerformance] = answer(connection, account_id, Days(first_on, last_on), network)
    return rows


@operation("facebook.createEvent", effect="write", is_offered=False)
def create_event(ctx: Context, *, page_id: str, title: str, start_at: datetime) -> None:
    """Always refused: the vendor lets no application create events; write a draft for a person.

    Raises:
        Unsupported: always.
    """
    del ctx, page_id, title, start_at
    raise Unsupported("Facebook takes no events from applications; create it by hand.", EVENTS_SOURCE)


@operation("facebook.updateEvent", effect="write", is_offered=False)
def update_event(ctx: Context, *, event_id: str, title: str | None = None) -> None:
    """Always refused: the vendor lets no application change events; write a draft for a person.

    Raises:
        Unsupported: always.
    """
    del ctx, event_id, title
    raise Unsupported("Facebook lets no application change events; change it by hand.", EVENTS_SOURCE)


@operation("facebook.postToGroup", effect="write", is_offered=False)
def post_to_group(ctx: Context, *, group_id: str, message: str) -> None:
    """Always refused: the vendor removed the Groups API on 2024-04-22; write a draft for a person.

    Raises:
        Unsupported: always.
    """
    del ctx, group_id, message
    raise Unsupported("Facebook removed its Groups API on 2024-04-22; post by hand.", GROUPS_SOURCE)
