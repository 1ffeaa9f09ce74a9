"""Facebook Ads and Instagram Ads: Meta's Marketing API."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
import polars as pl
import pyarrow as pa

from channels import meta
from channels.accounts import make_account
from channels.ads import AdPerformance, read_rows
from channels.connection import Connection
from channels.contract import Account, AccountList, Channel, Gap, Record, Span, Stream
from channels.objects import read_accounts
from channels.pages import WrittenPage
from channels.records import day, filled, find, micros, pick, read_frame, read_whole, real, whole
from core.errors import NotFound, Rejected, SpreadersError, VendorDown
from core.time import Days

# --- Facts -------------------------------------------------------------------------------------
# Days are the ad account's own and cannot be cut anew. Entity reads and writes give money in minor
# units, insights in whole units as decimal text ("12.34"). Rows without delivery are absent.
SUNSET_ON = None  # v26.0 has none announced; a Marketing version lives about a year
INSIGHTS_SIZE = 500
SYNC_DAYS = 7  # ad level with a breakdown: more days go through the report queue
# Conversions arrive for as long as the widest attribution window left, 28 days after the click.
REREAD_DAYS = 28
HISTORY_DAYS = 1125  # 37 months; an earlier start is error 3018
SLICE_DAYS = 31
HALVINGS = 3  # a failed report is asked again in halves
# A small report is ready at once, a large one takes minutes: the waits between looks grow threefold.
FIRST_POLL_SECONDS, LONGEST_POLL_SECONDS, REPORT_SECONDS = 0.02, 10.0, 1800.0
# A report that does not move for so long never will; a new one is asked for.
STUCK_SECONDS = 300.0
# The states other than "Job Completed" are unverified.
DONE, FAILED = "Job Completed", {"Job Failed", "Job Skipped"}

ACCOUNT_FIELDS = "account_id,name,account_status,currency,timezone_name"
METRICS = "account_currency,impressions,clicks,spend,actions,action_values,attribution_setting"
AD_FIELDS = f"campaign_id,campaign_name,adset_id,adset_name,ad_id,ad_name,{METRICS}"
# Archived and deleted objects are shown only where their status is asked for; what they spent stays spent.
ALWAYS = "ACTIVE PAUSED ARCHIVED DELETED IN_PROCESS WITH_ISSUES".split()
AD_STATUSES = [
    *ALWAYS,
    *"ADSET_PAUSED CAMPAIGN_PAUSED DISAPPROVED PENDING_BILLING_INFO PENDING_REVIEW PREAPPROVED".split(),
]
STATUSES = {"campaigns": ALWAYS, "adsets": [*ALWAYS, "CAMPAIGN_PAUSED"], "ads": AD_STATUSES}
EVERY_AD = orjson.dumps([{"field": "ad.effective_status", "operator": "IN", "value": AD_STATUSES}]).decode()
AD_LEVEL = {"level": "ad", "breakdowns": "publisher_platform", "fields": AD_FIELDS, "filtering": EVERY_AD}
ACCOUNT_LEVEL = {"level": "account", "fields": METRICS}

# The ways Meta counts a purchase overlap: the first one a row has is the claim, never a sum.
PURCHASES = ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")
CLAIM_MODEL = "meta_unified"
# The window when a row does not name its own: what Meta sets for a new ad set.
CLAIM_WINDOW = "7d_click_1d_view"

TEXT = pa.string()
ACTIONS = pa.list_(pa.struct([("action_type", TEXT), ("value", TEXT)]))
DAY_FIELDS = dict.fromkeys(
    "date_start date_stop account_currency impressions clicks spend attribution_setting".split(), TEXT
) | {"actions": ACTIONS, "action_values": ACTIONS}
AD_DAY_FIELDS = DAY_FIELDS | dict.fromkeys(
    "campaign_id campaign_name adset_id adset_name ad_id ad_name publisher_platform".split(), TEXT
)
OFTEN_ABSENT = frozenset({"actions", "action_values", "attribution_setting", "impressions", "clicks"})
CLAIMS = ("actions", "action_values")
ODD_CLAIMS = re.compile(rb'"action(?:s|_values)"\s*:\s*[^\s\[]')
STATUS = dict.fromkeys("id name status effective_status updated_time".split(), TEXT)
BUDGET = dict.fromkeys("daily_budget lifetime_budget".split(), TEXT)
CAMPAIGN_FIELDS = STATUS | BUDGET | dict.fromkeys("objective start_time stop_time bid_strategy".split(), TEXT)
AD_SET_FIELDS = STATUS | BUDGET | dict.fromkeys("campaign_id billing_event optimization_goal".split(), TEXT)
AD_ENTITY_FIELDS = STATUS | dict.fromkeys("campaign_id adset_id".split(), TEXT)


# --- Reading -----------------------------------------------------------------------------------
def list_accounts(connection: Connection) -> AccountList:
    """Return the ad accounts the token can read; ids look like `act_1`."""
    pages = meta.read_pages(connection, "me/adaccounts", {"fields": ACCOUNT_FIELDS})
    return read_accounts(
        (record for page in pages for record in page),
        lambda record: make_account(
            record.get("id"),
            record.get("name"),
            record.get("currency"),
            record.get("timezone_name"),
            needs_currency=True,
        ),
        lambda record: str(find(record, "id") or "an account without an id"),
    )


def read_ad_days(connection: Connection, account: Account, span: Span) -> Iterator[Sequence[Record] | Gap]:
    """Yield one record per ad, platform and day."""
    return read_insights(connection, account.id, AD_LEVEL, span.window)


def read_account_days(
    connection: Connection, account: Account, span: Span
) -> Iterator[Sequence[Record] | Gap]:
    """Yield one record per day: the account's own totals."""
    return read_insights(connection, account.id, ACCOUNT_LEVEL, span.window, sync_days=SLICE_DAYS)


def read_insights(
    connection: Connection, account_id: str, level: Mapping[str, str], days: Days, sync_days: int = SYNC_DAYS
) -> Iterator[Sequence[Record] | Gap]:
    """Yield insights by day; long or heavy ranges are made in the vendor's report queue."""
    if len(days) <= sync_days:
        asked = ask_by_day(level, days)
        try:
            pages = meta.read_pages(connection, f"{account_id}/insights", asked, halves_at=is_page_too_big)
            yield from map(mend_claims, pages)
        except Rejected as error:
            if not meta.is_too_much(error):
                raise
        else:
            return
    yield from read_report(connection, account_id, level, days)


def is_page_too_big(error: SpreadersError) -> bool:
    """Say whether fewer rows to a page may help."""
    return meta.is_too_much(error) and error.evidence.get("subcode") != meta.TOO_MUCH_AT_ONCE


def mend_claims(page: Sequence[Record]) -> Sequence[Record]:
    """Return the page; claims that are no list say nothing, and must not cost the row its spend."""
    if isinstance(page, WrittenPage) and not ODD_CLAIMS.search(page.text):
        return page
    return [
        {k: v for k, v in record.items() if k not in CLAIMS or isinstance(v, list)}
        if isinstance(record, dict)
        else record
        for record in page
    ]


def ask_by_day(level: Mapping[str, str], days: Days) -> dict[str, str]:
    """Return the parameters of an insights read."""
    span = orjson.dumps({"since": str(days.first), "until": str(days.last)}).decode()
    fixed = {"time_increment": "1", "use_unified_attribution_setting": "true", "limit": str(INSIGHTS_SIZE)}
    return {**level, **fixed, "time_range": span}


def read_report(
    connection: Connection, account_id: str, level: Mapping[str, str], days: Days, halvings: int = HALVINGS
) -> Iterator[Sequence[Record] | Gap]:
    """Yield the pages of a queued report; one that fails is asked again in two halves.

    Days whose report the vendor does not make become a gap, and the other days are read.
    """
    try:
        run = make_report(connection, account_id, level, days)
    except VendorDown as error:
        if error.evidence.get("report") is None:
            raise
        yield Gap(f"{days.first} to {days.last}: {error.message}")
        return
    if run is not None:
        yield from map(mend_claims, meta.read_pages(connection, f"{run}/insights", {"limit": INSIGHTS_SIZE}))
    elif not halvings or len(days) == 1:
        yield Gap(f"Meta could not make the report of {days.first} to {days.last}; try again later.")
    else:
        for half in days.split((len(days) + 1) // 2):
            yield from read_report(connection, account_id, level, half, halvings - 1)


def make_report(connection: Connection, account_id: str, level: Mapping[str, str], days: Days) -> str | None:
    """Return the id of a finished report, None if the vendor gave it up.

    One that stands still is asked for once more, and so is one of a single day, which has no halves.

    Raises:
        VendorDown: it stood still twice, or took longer than half an hour (evidence `report`).
    """
    run = ""
    for _ in range(2):
        try:
            started = connection.post(
                f"/{meta.VERSION}/{account_id}/insights", form=ask_by_day(level, days), safe=True
            )
        except Rejected as error:
            if not meta.is_too_much(error):
                raise
            return None
        run = str(started.json()["report_run_id"])
        is_made = wait_for_report(connection, run)
        if is_made:
            return run
        if is_made is False and len(days) > 1:
            return None
    if is_made is False:
        return None
    raise VendorDown("Meta's report stands still; try again later.", report=run)


def wait_for_report(connection: Connection, run: str) -> bool | None:
    """Wait until a report is finished; False when the vendor gave it up, None when it stands still."""
    wait, waited, moved_at = FIRST_POLL_SECONDS, 0.0, 0.0
    seen: Any = None
    while waited < REPORT_SECONDS:
        fields = {"fields": "async_status,async_percent_completion"}
        state = connection.get(f"/{meta.VERSION}/{run}", params=fields).json()
        status, percent = state.get("async_status"), state.get("async_percent_completion")
        if status == DONE and percent == 100:
            return True
        if status in FAILED:
            return False
        if percent != seen:
            seen, moved_at = percent, waited
        elif waited - moved_at >= STUCK_SECONDS:
            return None
        connection.sleep(wait)
        waited += wait
        wait = min(wait * 3, LONGEST_POLL_SECONDS)
    raise VendorDown("Meta has not finished the report in half an hour; try again later.", report=run)


def list_entities(edge: str, fields: Mapping[str, pa.DataType]) -> Any:
    """Return a reader of a whole list of campaigns, ad sets or ads."""

    def read(connection: Connection, account: Account, span: Span) -> Iterator[Sequence[Record]]:
        del span  # the vendor tells only the present
        statuses = orjson.dumps(STATUSES[edge]).decode()
        asked = {"fields": ",".join(fields), "effective_status": statuses, "limit": 200}
        return meta.read_pages(connection, f"{account.id}/{edge}", asked)

    return read


# --- Rows --------------------------------------------------------------------------------------
def claims() -> dict[str, pl.Expr]:
    """Return the claim columns; a row without a purchase claims none."""
    counts = [pick(pl.col("actions"), "action_type", name) for name in PURCHASES]
    values = [pick(pl.col("action_values"), "action_type", name) for name in PURCHASES]
    chosen = [pl.when(count.is_not_null()) for count in counts]
    value = pl.coalesce(when.then(value) for when, value in zip(chosen, values, strict=True))
    return {
        "claimed_conversions": real(pl.coalesce(counts).fill_null("0")),
        "claimed_value_micros": micros(value.fill_null("0")),
        "claim_window": pl.col("attribution_setting").fill_null(CLAIM_WINDOW),
        "claim_model": pl.lit(CLAIM_MODEL),
        "claim_action": pl.coalesce(
            *(when.then(pl.lit(name)) for when, name in zip(chosen, PURCHASES, strict=True)),
            pl.lit(PURCHASES[0]),
        ),
    }


def measures(account: Account) -> dict[str, pl.Expr]:
    """Return the columns an ad's day and an account's day share."""
    return {
        "day_on": day(pl.col("date_start")),
        "currency": filled(pl.col("account_currency")).fill_null(account.currency),
        # A count of nothing may be left out; the spend of such a row counts all the same.
        "impressions": whole(pl.col("impressions").fill_null("0")),
        "clicks": whole(pl.col("clicks").fill_null("0")),
        "spend_micros": micros(pl.col("spend")),
        **claims(),
    }


def to_ad_daily(records: pl.DataFrame, account: Account) -> pl.DataFrame:
    """Return `ad_daily` rows: one per ad, publisher platform and day."""
    return records.select(
        "record_key",
        "campaign_id",
        "campaign_name",
        "ad_id",
        "ad_name",
        ad_set_id=pl.col("adset_id"),
        ad_set_name=pl.col("adset_name"),
        network=pl.col("publisher_platform"),
        **measures(account),
    )


def to_spend_daily(records: pl.DataFrame, account: Account) -> pl.DataFrame:
    """Return `spend_daily` rows: one per account and day."""
    return records.select("record_key", **measures(account)).drop("claim_action")


channel = Channel(
    name="meta_ads",
    title="Meta Ads",
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
            name="ad_insights",
            reading="window",
            key=("date_start", "ad_id", "publisher_platform"),
            day="date_start",
            fields=AD_DAY_FIELDS,
            optional=OFTEN_ABSENT,
            pages=read_ad_days,
            silver={"ad_daily": to_ad_daily},
            reread_days=REREAD_DAYS,
            history_days=HISTORY_DAYS,
            slice_days=SLICE_DAYS,
        ),
        Stream(
            name="account_insights",
            reading="window",
            key=("date_start",),
            day="date_start",
            fields=DAY_FIELDS,
            optional=OFTEN_ABSENT,
            pages=read_account_days,
            silver={"spend_daily": to_spend_daily},
            reread_days=REREAD_DAYS,
            history_days=HISTORY_DAYS,
            slice_days=SLICE_DAYS,
        ),
        *(
            Stream(
                name=edge,
                reading="snapshot",
                key=("id",),
                fields=fields,
                optional=frozenset({*BUDGET, "stop_time", "bid_strategy"} & fields.keys()),
                pages=list_entities(edge, fields),
            )
            for edge, fields in {
                "campaigns": CAMPAIGN_FIELDS,
                "adsets": AD_SET_FIELDS,
                "ads": AD_ENTITY_FIELDS,
            }.items()
        ),
    ),
)


# --- Operations --------------------------------------------------------------------------------
@channel.handles("ads.getPerformance")
def get_performance(
    connection: Connection, account_id: str, days: Days, network: str | None
) -> list[AdPerformance]:
    """Return each ad's days; `network` is a publisher platform such as instagram."""
    return collect(connection, account_id, read_insights(connection, account_id, AD_LEVEL, days), network)


@channel.handles("ads.generateReport")
def generate_report(
    connection: Connection, account_id: str, days: Days, network: str | None
) -> list[AdPerformance]:
    """Return each ad's days of a long range, made in the vendor's report queue."""
    pages = (
        page
        for part in days.split(SLICE_DAYS)
        for page in read_report(connection, account_id, AD_LEVEL, part)
    )
    return collect(connection, account_id, pages, network)


def collect(
    connection: Connection, account_id: str, pages: Iterator[Sequence[Record] | Gap], network: str | None
) -> list[AdPerformance]:
    """Return the records of these pages as rows, of one platform or of all."""
    account = next((a for a in list_accounts(connection) if a.id == account_id), None)
    if account is None:
        raise NotFound(f"The token reads no ad account {account_id}; give one such as act_1.")
    rows = to_ad_daily(read_frame(channel.stream("ad_insights"), read_whole(pages)), account)
    return read_rows(rows if network is None else rows.filter(pl.col("network") == network))
