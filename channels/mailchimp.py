"""Mailchimp: facts, audiences and their days, what each sent mail reached, and who changed on a list."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import polars as pl
import pyarrow as pa

from channels.accounts import make_account
from channels.connection import Answer, Connection
from channels.contract import Account, AccountList, Channel, Credential, Gap, Record, Span, Stream
from channels.objects import read_accounts, read_objects
from channels.paging import read_by_offset
from channels.records import day, filled, instant, micros, whole
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
        return _read_problem(answer) if answer.body else None
    is_json = "json" in answer.headers.get("Content-Type", "")
    if answer.status == 429 or (answer.status == 403 and not is_json):
        return RateLimited("Mailchimp asks us to slow down.", answer.retry_after(WAIT))
    if answer.status >= 500:
        return VendorDown("Mailchimp failed to answer; try again later.")
    problem = answer.json() if is_json and answer.body else {}
    kind, advice = STATUSES.get(answer.status, (Rejected, "Mailchimp refuses"))
    title, detail = problem.get("title", ""), problem.get("detail", "")
    return kind(f"{advice}: {title or answer.status} {detail}".strip(), title=title)


def _read_problem(answer: Answer) -> SpreadersError | None:
    """Return the error of a problem document that came with HTTP 200."""
    status, title = answer.field("status"), answer.field("title")
    if type(status) is not int or status < 400 or title is None:
        return None
    kind, advice = STATUSES.get(status, (VendorDown, "Mailchimp failed to answer"))
    return kind(f"{advice}: {title}", title=title)


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
    connection: Connection,
    path: str,
    records: str,
    params: Mapping[str, Any],
    *,
    size: int = PAGE_SIZE,
    key: str = "id",
) -> Iterator[list[Record]]:
    """Yield the list named `records` of a path, page by page; records are told apart by `key`.

    The list may move while it is read (a member that changes goes to its end): no record is passed over,
    and some may come twice.

    Raises:
        VendorDown: the answer has no such list, or ends before its end.
    """

    def ask(offset: int) -> tuple[list[Record], int | None]:
        body = connection.get(f"{ROOT}{path}", params={**params, "count": size, "offset": offset}).json()
        found = body.get(records) if isinstance(body, dict) else None
        if not isinstance(found, list):
            raise VendorDown(f"Mailchimp answered without its list of {records}; try again later.")
        total = body.get("total_items")
        return [one for one in found if isinstance(one, dict)], total if type(total) is int else None

    return read_by_offset(ask, size, lambda record: record.get(key))


def list_accounts(connection: Connection) -> AccountList:
    """Return the one account of the key. Money comes with its currency in each report."""
    root = connection.get(f"{ROOT}/").json()
    return read_accounts(
        [root],
        lambda root: make_account(root.get("account_id"), root.get("account_name"), None, _zone_of(root)),
        lambda root: str(root.get("account_id") or "an account without an id"),
    )


def _zone_of(root: Mapping[str, Any]) -> str:
    return root.get("account_timezone") or "UTC"


def read_lists(connection: Connection, _: Account, __: Span) -> Iterator[Sequence[Record]]:
    """Yield the audiences with their present size."""
    return list_all(connection, "/lists", "lists", {"fields": _only("lists", LIST_FIELDS)})


def read_activity(connection: Connection, _: Account, span: Span) -> Iterator[Sequence[Record] | Gap]:
    """Yield the days of each known audience; the vendor takes no range, so the days asked for are picked."""
    asked = {"count": ACTIVITY_DAYS, "fields": _only("activity", ACTIVITY_FIELDS)}
    first, last = str(span.window.first), str(span.window.last)

    def read(list_id: str) -> Iterator[Sequence[Record]]:
        body = connection.get(f"{ROOT}/lists/{list_id}/activity", params=asked).json()
        days = [row for row in body["activity"] if isinstance(row, dict)]
        yield [{"_list_id": list_id, **row} for row in days if first <= str(row.get("day")) <= last]

    return read_objects(span.known, read)


def read_reports(connection: Connection, _: Account, span: Span) -> Iterator[Sequence[Record]]:
    """Yield reports of the mails sent since; the numbers are totals up to now.

    A mail that waits to be sent has a report without a time: it is none yet.
    """
    asked = {"fields": _only("reports", REPORT_FIELDS), **_between("send_time", span)}
    for page in list_all(connection, "/reports", "reports", asked, size=REPORTS_PAGE_SIZE):
        sent = [one for one in page if one.get("send_time", True) or one.get("emails_sent")]
        yield [_without_empty(report, "send_time") for report in sent]


def read_members(connection: Connection, _: Account, span: Span) -> Iterator[Sequence[Record] | Gap]:
    """Yield the members of each known audience that changed since, oldest change first."""
    asked = {
        "sort_field": "last_changed",
        "sort_dir": "ASC",
        "fields": _only("members", MEMBER_FIELDS),
        **_between("last_changed", span),
    }

    def read(list_id: str) -> Iterator[Sequence[Record]]:
        for page in list_all(connection, f"/lists/{list_id}/members", "members", asked):
            yield [{"_list_id": list_id, **_without_empty(member, "last_changed")} for member in page]

    return read_objects(span.known, read)


def _without_empty(record: Record, name: str) -> Record:
    """Return the record; where the vendor does not know a time it writes an empty text."""
    return {**record, name: None} if record.get(name) == "" else record


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
        currency=filled(shop.field("currency_code")),
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
