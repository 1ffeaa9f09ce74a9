"""Mailchimp: facts, audiences and their days, what each sent mail reached, and who changed on a list."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import polars as pl
import pyarrow as pa

from channels.connection import Answer, Connection
from channels.contract import Account, Channel, Credential, Record, Span, Stream
from channels.records import day, instant, micros, whole
from core.errors import (
    AuthExpired,
    MissingScope,
    NotFound,
    RateLimited,
    Rejected,
    SpreadersError,
    VendorDown,
)

# --- facts -------------------------------------------------------------------------------------------

# The path says 3.0 for ever; the contract behind it moves without notice.
VERSION: Final = "3.0"
ROOT: Final = f"/{VERSION}"
CREDENTIALS: Final = (
    Credential("api_key", "API key (or OAuth token); neither runs out, the user revokes it"),
    Credential("dc", "data centre: the part of the API key after the dash, such as us19", secret=False),
)
# Ten connections at once per user over all apps, no request quota: half of them are left to others.
CONCURRENCY: Final = 5
# The vendor never says how long to wait; without JSON even a 403 means "too much".
WAIT: Final = timedelta(seconds=10)
# Up to 1,000 are allowed, but a request ends after 120 s whatever it did: fewer where records are big.
PAGE_SIZE: Final = 1000
REPORTS_PAGE_SIZE: Final = 200
# Opens, clicks, unsubscribes and orders keep arriving; reports hold totals, so those of the last 30 days
# of sending are read again.
LATE: Final = timedelta(days=30)
# The vendor keeps 180 days of an audience's activity and answers them all at once.
ACTIVITY_DAYS: Final = 180

STATUSES: Final[Mapping[int, tuple[type[SpreadersError], str]]] = {
    401: (AuthExpired, "Mailchimp no longer takes the API key; connect the account again"),
    403: (MissingScope, "Mailchimp says this key's role, plan or data centre (dc) does not allow it"),
    404: (NotFound, "Mailchimp knows no such thing"),
}


def check(answer: Answer) -> SpreadersError | None:
    """Return the error a Mailchimp answer means (`application/problem+json`), or None."""
    if answer.status < 300:
        return None
    is_json = "json" in answer.headers.get("Content-Type", "")
    if answer.status == 429 or (answer.status == 403 and not is_json):
        return RateLimited("Mailchimp asks us to slow down.", answer.retry_after(WAIT))
    if answer.status >= 500:
        return VendorDown("Mailchimp failed to answer; try again later.")
    problem = answer.json() if is_json and answer.body else {}
    kind, advice = STATUSES.get(answer.status, (Rejected, "Mailchimp refuses"))
    title, detail = problem.get("title", ""), problem.get("detail", "")
    return kind(f"{advice}: {title or answer.status} {detail}".strip(), title=title)


def authorise(connection: Connection) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return HTTP Basic with the key as password; the user name does not matter."""
    pair = b64encode(f"spreaders:{connection.fields['api_key']}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}, {}


# --- what the wire carries ---------------------------------------------------------------------------

# Only these are asked for: nothing about a person that nothing needs (names, IP addresses, places), and
# nothing that changes without the thing itself having changed (comparisons with the industry).
WHOLE: Final = pa.int64()
TEXT: Final = pa.string()
LIST_FIELDS: Final = {
    **dict.fromkeys(("id", "name", "date_created"), TEXT),
    "stats": pa.struct(dict.fromkeys(("member_count", "unsubscribe_count", "cleaned_count"), WHOLE)),
}
ACTIVITY_FIELDS: Final = {
    **dict.fromkeys(("_list_id", "day"), TEXT),
    **dict.fromkeys(
        "emails_sent unique_opens recipient_clicks hard_bounce soft_bounce subs unsubs".split(), WHOLE
    ),
}
REPORT_FIELDS: Final = {
    **dict.fromkeys(("id", "type", "list_id", "campaign_title", "subject_line", "send_time"), TEXT),
    **dict.fromkeys(("emails_sent", "abuse_reports", "unsubscribed"), WHOLE),
    "bounces": pa.struct({"hard_bounces": WHOLE, "soft_bounces": WHOLE}),
    "opens": pa.struct({"opens_total": WHOLE, "unique_opens": WHOLE}),
    "clicks": pa.struct({"clicks_total": WHOLE, "unique_subscriber_clicks": WHOLE}),
    "ecommerce": pa.struct({"total_orders": WHOLE, "total_spent": pa.float64(), "currency_code": TEXT}),
}
# `id` is the MD5 of the address: whoever knows an address can find it.
MEMBER_PERSONAL: Final = ("id", "email_address")
MEMBER_FIELDS: Final = dict.fromkeys(
    ("_list_id", *MEMBER_PERSONAL, "status", "source", "timestamp_signup", "timestamp_opt", "last_changed"),
    TEXT,
)


# --- reading -----------------------------------------------------------------------------------------


def list_all(
    connection: Connection, path: str, records: str, params: Mapping[str, Any], size: int = PAGE_SIZE
) -> Iterator[list[Record]]:
    """Yield the list named `records` of a path, page by page.

    The offset moves by what was asked for, not by what came: a page is never skipped.
    """
    offset = 0
    while True:
        body = connection.get(f"{ROOT}{path}", params={**params, "count": size, "offset": offset}).json()
        yield body.get(records, [])
        offset += size
        if offset >= body.get("total_items", 0):
            return


def list_accounts(connection: Connection) -> list[Account]:
    """Return the one account of the key. Money comes with its currency in each report."""
    root = connection.get(f"{ROOT}/").json()
    return [Account(root["account_id"], root.get("account_name") or root["account_id"], None, _zone_of(root))]


def _zone_of(root: Mapping[str, Any]) -> str:
    return root.get("account_timezone") or "UTC"


def read_lists(connection: Connection, _: Account, __: Span) -> Iterator[Sequence[Record]]:
    """Yield the audiences with their present size."""
    return list_all(connection, "/lists", "lists", {"fields": _only("lists", LIST_FIELDS)})


def read_activity(connection: Connection, _: Account, span: Span) -> Iterator[Sequence[Record]]:
    """Yield the days of each known audience; the vendor takes no range, so the days asked for are picked."""
    asked = {"count": ACTIVITY_DAYS, "fields": _only("activity", ACTIVITY_FIELDS)}
    first, last = str(span.window.first), str(span.window.last)
    for list_id in span.known:
        body = connection.get(f"{ROOT}/lists/{list_id}/activity", params=asked).json()
        days = body.get("activity", [])
        yield [{"_list_id": list_id, **row} for row in days if first <= str(row.get("day")) <= last]


def read_reports(connection: Connection, _: Account, span: Span) -> Iterator[Sequence[Record]]:
    """Yield reports of the mails sent since; the numbers are totals up to now."""
    asked = {"fields": _only("reports", REPORT_FIELDS), **_between("send_time", span)}
    return list_all(connection, "/reports", "reports", asked, REPORTS_PAGE_SIZE)


def read_members(connection: Connection, _: Account, span: Span) -> Iterator[Sequence[Record]]:
    """Yield the members of each known audience that changed since, oldest change first."""
    asked = {
        "sort_field": "last_changed",
        "sort_dir": "ASC",
        "fields": _only("members", MEMBER_FIELDS),
        **_between("last_changed", span),
    }
    for list_id in span.known:
        for page in list_all(connection, f"/lists/{list_id}/members", "members", asked):
            yield [{"_list_id": list_id, **member} for member in page]


def _only(records: str, fields: Mapping[str, pa.DataType]) -> str:
    names = [f"{records}.{name}" for name in fields if not name.startswith("_")]
    return ",".join([*names, "total_items"])


def _between(name: str, span: Span) -> dict[str, str]:
    limits = {f"since_{name}": span.since, f"before_{name}": span.until}
    return {key: _iso(at) for key, at in limits.items() if at is not None}


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


# --- rows --------------------------------------------------------------------------------------------


def activity_rows(records: pl.DataFrame, _: Account) -> pl.DataFrame:
    """Return `email_daily` rows. Automations are not in them; opens include those by machines."""
    return records.select(
        "record_key",
        list_id=pl.col("_list_id"),
        day_on=day(pl.col("day")),
        sent=whole(pl.col("emails_sent")),
        unique_opens=whole(pl.col("unique_opens")),
        recipient_clicks=whole(pl.col("recipient_clicks")),
        hard_bounces=whole(pl.col("hard_bounce")),
        soft_bounces=whole(pl.col("soft_bounce")),
        subscribes=whole(pl.col("subs")),
        unsubscribes=whole(pl.col("unsubs")),
    )


def report_rows(records: pl.DataFrame, _: Account) -> pl.DataFrame:
    """Return `email_campaign` rows: totals so far. Clicks are unique by person, claims are order totals."""
    bounces, opens, clicks = (pl.col(name).struct for name in ("bounces", "opens", "clicks"))
    shop = pl.col("ecommerce").struct
    return records.select(
        "record_key",
        "list_id",
        mail_id=pl.col("id"),
        title=pl.col("campaign_title"),
        subject=pl.col("subject_line"),
        sent_at=instant(pl.col("send_time")),
        sent=whole(pl.col("emails_sent")),
        hard_bounces=whole(bounces.field("hard_bounces")),
        soft_bounces=whole(bounces.field("soft_bounces")),
        opens=whole(opens.field("opens_total")),
        unique_opens=whole(opens.field("unique_opens")),
        clicks=whole(clicks.field("clicks_total")),
        unique_clicks=whole(clicks.field("unique_subscriber_clicks")),
        unsubscribes=whole(pl.col("unsubscribed")),
        complaints=whole(pl.col("abuse_reports")),
        claimed_orders=whole(shop.field("total_orders")),
        # total_spent is the sum of order totals, as the shop counts them; total_revenue is less
        # shipping and tax. Both are decimal numbers of whole currency units.
        claimed_value_micros=micros(shop.field("total_spent")),
        currency=shop.field("currency_code"),
    )


def member_rows(records: pl.DataFrame, _: Account) -> pl.DataFrame:
    """Return `recipient` rows; id and address are hashes by now."""
    return records.select(
        "record_key",
        "status",
        list_id=pl.col("_list_id"),
        recipient_id=pl.col("id"),
        person_key=pl.col("email_address"),
        joined_at=instant(pl.col("timestamp_opt")),
        updated_at=instant(pl.col("last_changed")),
    )


# --- streams and channel -----------------------------------------------------------------------------

channel = Channel(
    name="mailchimp",
    title="Mailchimp",
    hosts={"api": "https://{dc}.api.mailchimp.com"},
    api_version=VERSION,
    sunset_on=None,
    credentials=CREDENTIALS,
    check=check,
    authorise=authorise,
    accounts=list_accounts,
    concurrency=CONCURRENCY,
    streams=(
        Stream(name="lists", reading="snapshot", key=("id",), fields=LIST_FIELDS, pages=read_lists),
        Stream(
            name="list_activity",
            reading="window",
            key=("_list_id", "day"),
            day="day",
            fields=ACTIVITY_FIELDS,
            pages=read_activity,
            silver={"email_daily": activity_rows},
            reread_days=LATE.days,
            slice_days=ACTIVITY_DAYS,
            history_days=ACTIVITY_DAYS,
            per="lists",
        ),
        Stream(
            name="reports",
            reading="changes",
            key=("id",),
            changed="send_time",
            overlap=LATE,
            fields=REPORT_FIELDS,
            optional=frozenset({"subject_line", "ecommerce"}),  # no shop connected, no ecommerce
            pages=read_reports,
            silver={"email_campaign": report_rows},
        ),
        Stream(
            name="members",
            reading="changes",
            key=("_list_id", "id"),
            changed="last_changed",
            fields=MEMBER_FIELDS,
            optional=frozenset({"source", "timestamp_signup", "timestamp_opt"}),
            pages=read_members,
            silver={"recipient": member_rows},
            personal=MEMBER_PERSONAL,
            per="lists",
        ),
    ),
)

for verb in ("ads.getPerformance", "ads.generateReport"):
    channel.refuses(
        verb,
        because="it sells no ads through its Marketing API",
        source="https://mailchimp.com/developer/marketing/api/",
    )
