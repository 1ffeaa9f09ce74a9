"""The site as a channel: events of the spool become touches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from urllib.parse import unquote_plus
from uuid import UUID

import polars as pl
import pyarrow as pa

from channels.connection import Answer, Connection
from channels.contract import Account, Channel, Record, Span, Stream
from channels.records import day_in
from core.errors import BadInput
from core.money import micros_per_minor
from core.time import zone
from ingestion.collector.event import CLICK_IDS, UTM
from ingestion.collector.spool import Spool

NAME = "site"
PAGE_SIZE = 20_000
EVENT_FIELDS: Mapping[str, pa.DataType] = {
    **dict.fromkeys("event_id kind at anonymous_id person_key url referrer order_id".split(), pa.string()),
    "value_minor": pa.int64(),
    "currency": pa.string(),
    "received_at": pa.string(),
}
# Most events carry none of these.
OFTEN_ABSENT = frozenset({"person_key", "url", "referrer", "order_id", "value_minor", "currency"})
KEPT_FORM = "%Y-%m-%dT%H:%M:%S%.6f%:z"
# User information before the host is no part of it; an IPv6 host stands between brackets.
HOST = r"^(?:https?|android-app|ios-app)://(?:[^/?#]*@)?(\[[^\]/?#]*\]|[^/?#:@]+)"
PATH = r"^https?://[^/?#]+(/[^?#]*)"


def make_site_channel(
    spool: Spool, workspace: UUID | str, timezone: str | Callable[[], str] = "UTC"
) -> Channel:
    """Return the channel `site` of one workspace: one account, one stream, read from the spool.

    `timezone` is the zone whose calendar the days of touches follow, or tells it when a load begins.
    """
    if isinstance(timezone, str):
        zone(timezone)

    def list_accounts(connection: Connection) -> list[Account]:
        del connection
        name = timezone if isinstance(timezone, str) else timezone()
        return [Account(id=NAME, name="Web site", currency=None, timezone=name)]

    def read_events(connection: Connection, account: Account, span: Span) -> Iterator[list[Record]]:
        del connection, account
        return spool.read(workspace, span.since, PAGE_SIZE)

    event = Stream(
        name="event",
        reading="changes",
        key=("event_id",),
        fields=EVENT_FIELDS,
        pages=read_events,
        silver={"touch": to_touch},
        changed="received_at",
        overlap=timedelta(0),  # the spool's instants only rise, nothing arrives late
        optional=OFTEN_ABSENT,
        unread=frozenset({"received_at"}),  # a browser that missed our answer sends the event again
    )
    return Channel(
        name=NAME,
        title="Web site",
        hosts={},
        api_version="1",
        sunset_on=None,
        credentials=(),
        check=_accept,
        authorise=_sign_nothing,
        accounts=list_accounts,
        streams=(event,),
        concurrency=1,
    )


def to_touch(records: pl.DataFrame, account: Account) -> pl.DataFrame:
    """Return `touch` rows: the link taken apart, the value in micros, the day of the account's zone."""
    at = pl.col("at").str.to_datetime(KEPT_FORM, time_unit="us", time_zone="UTC", strict=False)
    rows = records.with_columns(occurred_at=at, query=pl.col("url").str.extract(r"\?([^#]*)"))
    return rows.select(
        "record_key",
        "event_id",
        "kind",
        "occurred_at",
        "anonymous_id",
        "person_key",
        "order_id",
        "currency",
        day_on=day_in(pl.col("occurred_at"), account.timezone),
        page_host=pl.col("url").str.extract(HOST).str.to_lowercase(),
        page_path=pl.col("url")
        .str.extract(PATH)
        .fill_null(pl.when(pl.col("url").is_not_null()).then(pl.lit("/"))),
        referrer_host=pl.col("referrer").str.extract(HOST).str.to_lowercase(),
        click_id_kind=_click_id_kind(),
        value_micros=pl.col("value_minor") * _micros_per_minor(rows["currency"]),
        **{name: _parameter(rows["query"], name) for name in UTM},
    )


def _parameter(queries: pl.Series, name: str) -> pl.Series:
    """Return the decoded value of a query parameter; there are few distinct ones, each is decoded once."""
    raw = queries.str.extract(rf"(?:^|&){name}=([^&]*)")
    decoded = {text: unquote_plus(text) or None for text in raw.drop_nulls().unique()}
    return raw.replace_strict(decoded, default=None, return_dtype=pl.String)


def _click_id_kind() -> pl.Expr:
    """Return which vendor's click mark the link carries, if any."""
    kinds: pl.Expr = pl.lit(None, dtype=pl.String)
    for mark, kind in reversed(list(CLICK_IDS.items())):
        kinds = pl.when(pl.col("query").str.contains(rf"(?:^|&){mark}=.")).then(pl.lit(kind)).otherwise(kinds)
    return kinds


def _micros_per_minor(currencies: pl.Series) -> pl.Expr:
    """Return the micros one minor unit of each row's currency holds; null for no currency of ISO 4217."""
    units: dict[str, int] = {}
    for code in currencies.drop_nulls().unique():
        try:
            units[code] = micros_per_minor(code)
        except BadInput:
            continue
    return pl.col("currency").replace_strict(units, default=None, return_dtype=pl.Int64)


def _accept(answer: Answer) -> None:
    del answer  # nothing is asked over the network


def _sign_nothing(connection: Connection) -> tuple[Mapping[str, str], Mapping[str, str]]:
    del connection
    return {}, {}
