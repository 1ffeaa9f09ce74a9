"""Google Ads (and the ads on YouTube): facts, accounts, and what was spent, shown and claimed per day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import polars as pl
import pyarrow as pa

from channels.accounts import make_account
from channels.ads import AdPerformance, read_rows
from channels.connection import Answer, Connection, limit_wait
from channels.contract import Account, AccountList, Channel, Credential, LeftOut, Record, Span, Stream
from channels.google import (
    CREDENTIALS,
    OAUTH_HOST,
    authorise,
    read_broken,
    read_error,
    read_refused_token,
    renew,
)
from channels.google_ads_rows import (
    AD_FIELDS,
    CAMPAIGN_FIELDS,
    CUSTOMER_FIELDS,
    GROUP_FIELDS,
    METRIC_FIELDS,
    SEGMENT_FIELDS,
    account_rows,
    ad_rows,
    campaign_rows,
)
from channels.objects import read_accounts
from channels.records import find, read_frame
from core.errors import (
    AuthExpired,
    BadInput,
    Conflict,
    MissingScope,
    NotFound,
    RateLimited,
    Rejected,
    SpreadersError,
    VendorDown,
)
from core.time import Days

# --- facts -------------------------------------------------------------------------------------------

VERSION: Final = "v26"
# About twelve months a major; v26 has no announced end (v22 ended 2026-10-07).
SUNSET_ON: Final = None
ROOT: Final = f"/{VERSION}"
# Developer tokens ended on 2026-09-09: access hangs on the Cloud project of the OAuth client.
LOGIN = Credential(
    "login_customer_id", "manager account to read through, digits only", secret=False, required=False
)
# Conversions are booked on the day of the click and arrive for up to 90 days; clicks are cut back by
# the invalid-traffic review. We re-read 30 days.
REREAD_DAYS: Final = 30
HISTORY_DAYS: Final = 1125  # 37 months
NETWORKS: Final = (
    "SEARCH SEARCH_PARTNERS CONTENT MIXED YOUTUBE GOOGLE_TV GOOGLE_OWNED_CHANNELS GMAIL DISCOVER MAPS".split()
)

# errorCode is {family: code}; the code decides before the family does.
CODES: Final[Mapping[str, type[SpreadersError]]] = {
    "UNSUPPORTED_VERSION": Rejected,
    "CONCURRENT_MODIFICATION": Conflict,
    "DUPLICATE_CAMPAIGN_NAME": Conflict,
    "DUPLICATE_NAME": Conflict,
    "RESOURCE_ALREADY_EXISTS": Conflict,
    "NOT_ADS_USER": MissingScope,  # the login is fine, the account is another's
}
FAMILIES: Final[Mapping[str, type[SpreadersError]]] = {
    "authenticationError": AuthExpired,
    "authorizationError": MissingScope,
    "internalError": VendorDown,
    "databaseError": VendorDown,
}
# Waits where the vendor names none in quotaErrorDetails.retryDelay. The daily quota has no header.
QUOTA_WAITS: Final = {"RESOURCE_EXHAUSTED": timedelta(hours=1)}
SHORT_WAIT: Final = timedelta(seconds=10)
# Numbers of a suspended account still settle; a cancelled or closed one answers no query.
READ_STATUSES: Final = ("ENABLED", "SUSPENDED")
# A closed account stays in the list of accessible ones, as does one that was never finished.
CLOSED: Final = ("CUSTOMER_NOT_ENABLED",)
Reach = dict[str, tuple[Account, str]]


def check(answer: Answer) -> SpreadersError | None:
    """Return the error a Google Ads answer means; a plain HTTP status is left to the shared rule."""
    if answer.status < 300 and not answer.body:
        return None
    details = read_error(answer).get("details")
    failures = [
        failure
        for detail in (details if isinstance(details, list) else [])
        if isinstance(detail, Mapping)
        for failure in detail.get("errors") or []
        if isinstance(failure, Mapping)
    ]
    if not failures:
        return read_broken(answer) if answer.status < 300 else read_refused_token(answer)
    family, code = next(iter((failures[0].get("errorCode") or {}).items()), ("", ""))
    message = f"Google Ads refuses ({family}.{code}): {failures[0].get('message', '')}"
    if family == "quotaError":
        return RateLimited(message, _read_delay(failures[0], code), code=code)
    kind = CODES.get(code) or FAMILIES.get(family, Rejected)
    return kind(message, family=family, code=code)


def _read_delay(failure: Mapping[str, Any], code: str) -> timedelta:
    told = str(find(failure, "details.quotaErrorDetails.retryDelay") or "")
    try:
        return limit_wait(float(told.removesuffix("s")))
    except ValueError:
        return QUOTA_WAITS.get(code, SHORT_WAIT)


# --- reading -----------------------------------------------------------------------------------------


def search(connection: Connection, customer_id: str, query: str, login: str = "") -> Iterator[list[Record]]:
    """Yield the rows of a GAQL query, batch by batch as the vendor streams them.

    `login` is the manager account the access runs through. A whole stream costs one operation.
    """
    headers = {"login-customer-id": login} if login else None
    path = f"{ROOT}/customers/{customer_id}/googleAds:searchStream"
    batches = connection.post(path, json={"query": query}, headers=headers, safe=True).json()
    is_stream = isinstance(batches, list) and all(isinstance(batch, dict) for batch in batches)
    if not is_stream or any("error" in batch for batch in batches):
        raise VendorDown("Google Ads answered with something else than a stream; try again later.")
    for batch in batches:
        if batch.get("results"):
            yield batch["results"]


CLIENTS_QUERY: Final = (
    "SELECT customer_client.id, customer_client.descriptive_name, customer_client.currency_code, "
    "customer_client.time_zone, customer_client.manager, customer_client.level, customer_client.status "
    "FROM customer_client"
)


def list_accounts(connection: Connection) -> AccountList:
    """Return the accounts with numbers of their own: managers are opened, never returned.

    Suspended accounts are read on, since their last days still settle. Closed ones, and those the login
    may not read, are left out with the reason.
    """
    accounts, left_out = _reach(connection)
    return AccountList([account for account, _ in accounts.values()], left_out)


def _reach(connection: Connection) -> tuple[Reach, list[LeftOut]]:
    """Every readable account with the manager it is reached through ('' = directly), and the others."""
    manager = connection.fields.get("login_customer_id", "").replace("-", "")
    found: Reach = {}
    left_out: dict[str, LeftOut] = {}
    failures: list[SpreadersError] = []
    roots = [manager] if manager else _list_roots(connection)
    for root in roots:
        try:
            rows = [row for page in search(connection, root, CLIENTS_QUERY, root) for row in page]
        except AuthExpired:
            raise
        except SpreadersError as error:
            left_out[root] = LeftOut(root, error.message)
            if error.evidence.get("code") not in CLOSED:
                failures.append(error)
            continue
        clients = read_accounts(rows, _read_client, _name_client)
        for account in clients:
            if account.id == root:
                found[account.id] = (account, "")
            found.setdefault(account.id, (account, root))
        left_out.update((one.id, one) for one in clients.left_out)
    if len(failures) == len(roots) and failures:
        raise failures[0]
    with connection.lock:
        connection.memo["reach"] = found
    return found, [one for one in left_out.values() if one.id not in found]


def _read_client(row: Record) -> Account | None:
    client = row["customerClient"]
    if client.get("manager"):
        return None
    status = client.get("status")
    if status not in READ_STATUSES:
        raise Rejected(f"The account is {str(status or 'of unknown status').lower()} and cannot be read.")
    return make_account(
        client["id"],
        client.get("descriptiveName"),
        client.get("currencyCode"),
        client.get("timeZone"),
        needs_currency=True,
    )


def _name_client(row: Any) -> str:
    return str(find(row, "customerClient.id") or "an account without an id")


def _list_roots(connection: Connection) -> list[str]:
    names = connection.get(f"{ROOT}/customers:listAccessibleCustomers").json().get("resourceNames") or []
    return [name.removeprefix("customers/") for name in names if isinstance(name, str)]


def _find_account(connection: Connection, account_id: str) -> tuple[Account, str]:
    reach: Reach = connection.memo.get("reach") or _reach(connection)[0]
    if account_id not in reach:
        raise NotFound(f"Google Ads shows no account {account_id!r} to this login.", account=account_id)
    return reach[account_id]


METRICS: Final = (
    "metrics.impressions, metrics.clicks, metrics.cost_micros, metrics.conversions, metrics.conversions_value"
)
CAMPAIGN_DAYS: Final = (
    "segments.date, segments.ad_network_type, campaign.id, campaign.name, campaign.advertising_channel_type"
)
AD_DAYS: Final = f"{CAMPAIGN_DAYS}, ad_group.id, ad_group.name, ad_group_ad.ad.id, ad_group_ad.ad.name"
ACCOUNT_DAYS: Final = "segments.date, customer.id, customer.currency_code"


def _query(select: str, resource: str, days: Days, network: str | None = None) -> str:
    where = f"segments.date BETWEEN '{days.first}' AND '{days.last}'"
    if network is not None:
        if network.upper() not in NETWORKS:
            raise BadInput(f"Google Ads has no network {network!r}; write one of {', '.join(NETWORKS)}.")
        where += f" AND segments.ad_network_type = '{network.upper()}'"
    return f"SELECT {select}, {METRICS} FROM {resource} WHERE {where}"


def _read_days(
    connection: Connection, account: Account, span: Span, select: str, resource: str
) -> Iterator[Sequence[Record]]:
    _, login = _find_account(connection, account.id)
    yield from search(connection, account.id, _query(select, resource, span.window), login)


def read_ad_days(connection: Connection, account: Account, span: Span) -> Iterator[Sequence[Record]]:
    """Yield rows per ad, network and day. Rows without any number are left out by the vendor."""
    return _read_days(connection, account, span, AD_DAYS, "ad_group_ad")


def read_campaign_days(connection: Connection, account: Account, span: Span) -> Iterator[Sequence[Record]]:
    """Yield rows per campaign, network and day, of every type of campaign."""
    return _read_days(connection, account, span, CAMPAIGN_DAYS, "campaign")


def read_account_days(connection: Connection, account: Account, span: Span) -> Iterator[Sequence[Record]]:
    """Yield the account's own totals per day."""
    return _read_days(connection, account, span, ACCOUNT_DAYS, "customer")


# --- streams and channel ------------------------------------------------------------------------------

AD_STREAM: Final = Stream(
    name="ad_performance",
    reading="window",
    key=("segments.date", "campaign.id", "adGroup.id", "adGroupAd.ad.id", "segments.adNetworkType"),
    day="segments.date",
    fields={
        "campaign": CAMPAIGN_FIELDS,
        "adGroup": GROUP_FIELDS,
        "adGroupAd": AD_FIELDS,
        "segments": SEGMENT_FIELDS,
        "metrics": METRIC_FIELDS,
    },
    pages=read_ad_days,
    silver={"ad_daily": ad_rows},
    reread_days=REREAD_DAYS,
    history_days=HISTORY_DAYS,
)
CAMPAIGN_STREAM: Final = Stream(
    name="campaign_performance",
    reading="window",
    key=("segments.date", "campaign.id", "segments.adNetworkType"),
    day="segments.date",
    fields={"campaign": CAMPAIGN_FIELDS, "segments": SEGMENT_FIELDS, "metrics": METRIC_FIELDS},
    pages=read_campaign_days,
    silver={"ad_daily": campaign_rows},
    reread_days=REREAD_DAYS,
    history_days=HISTORY_DAYS,
)
ACCOUNT_STREAM: Final = Stream(
    name="account_performance",
    reading="window",
    key=("segments.date",),
    day="segments.date",
    fields={
        "customer": CUSTOMER_FIELDS,
        "segments": pa.struct({"date": pa.string()}),
        "metrics": METRIC_FIELDS,
    },
    pages=read_account_days,
    silver={"spend_daily": account_rows},
    reread_days=REREAD_DAYS,
    history_days=HISTORY_DAYS,
)

channel = Channel(
    name="google_ads",
    title="Google Ads",
    hosts={"api": "https://googleads.googleapis.com", "oauth": OAUTH_HOST},
    api_version=VERSION,
    sunset_on=SUNSET_ON,
    credentials=(*CREDENTIALS, LOGIN),
    check=check,
    authorise=authorise,
    renew=renew,
    accounts=list_accounts,
    streams=(AD_STREAM, CAMPAIGN_STREAM, ACCOUNT_STREAM),
)

# --- the shared verbs --------------------------------------------------------------------------------
# Video campaigns can be read but not made or changed through this API; Demand Gen is the road to YouTube.


@channel.handles("ads.getPerformance")
@channel.handles("ads.generateReport")
def read_performance(
    connection: Connection, account_id: str, days: Days, network: str | None
) -> list[AdPerformance]:
    """Return each ad's days, and those of campaigns without ads; `network` is such as SEARCH or YOUTUBE.

    The vendor has no report queue: a long range is streamed like a short one.
    """
    account, login = _find_account(connection, account_id)
    rows = []
    for stream, query in (
        (AD_STREAM, _query(AD_DAYS, "ad_group_ad", days, network)),
        (CAMPAIGN_STREAM, _query(CAMPAIGN_DAYS, "campaign", days, network)),
    ):
        records = [row for page in search(connection, account_id, query, login) for row in page]
        rows.append(stream.silver["ad_daily"](read_frame(stream, records), account))
    return read_rows(pl.concat(rows))
