"""Facebook Ads and Instagram Ads: Meta's Marketing API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
import polars as pl
import pyarrow as pa

from channels import meta
from channels.ads import AdPerformance, read_rows
from channels.connection import Connection
from channels.contract import Account, Channel, Record, Span, Stream
from channels.records import day, micros, pick, read_frame, real, whole
from core.errors import NotFound, Rejected, VendorDown
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
# The states other than "Job Completed" are unverified.
DONE, FAILED = "Job Completed", {"Job Failed", "Job Skipped"}

ACCOUNT_FIELDS = "account_id,name,account_status,currency,timezone_name"
METRICS = "account_currency,impressions,clicks,spend,actions,action_values,attribution_setting"
AD_FIELDS = f"campaign_id,campaign_name,adset_id,adset_name,ad_id,ad_name,{METRICS}"
AD_LEVEL = {"level": "ad", "breakdowns": "publisher_platform", "fields": AD_FIELDS}
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
OFTEN_ABSENT = frozenset({"actions", "action_values", "attribution_setting"})
STATUS = dict.fromkeys("id name status effective_status updated_time".split(), TEXT)
BUDGET = dict.fromkeys("daily_budget lifetime_budget".split(), TEXT)
CAMPAIGN_FIELDS = STATUS | BUDGET | dict.fromkeys("objective start_time stop_time bid_strategy".split(), TEXT)
AD_SET_FIELDS = STATUS | BUDGET | dict.fromkeys("campaign_id billing_event optimization_goal".split(), TEXT)
AD_ENTITY_FIELDS = STATUS | dict.fromkeys("campaign_id adset_id".split(), TEXT)


# --- Reading -----------------------------------------------------------------------------------
def list_accounts(connection: Connection) -> list[Account]:
    """Return the ad accounts the token can read; ids look like `act_1`."""
    pages = meta.read_pages(connection, "me/adaccounts", {"fields": ACCOUNT_FIELDS})
    return [Account(a["id"], a["name"], a["currency"], a["timezone_name"]) for page in pages for a in page]


def read_ad_days(connection: Connection, account: Account, span: Span) -> Iterator[Sequence[Record]]:
    """Yield one record per ad, platform and day."""
    return read_insights(connection, account.id, AD_LEVEL, span.window)


def read_account_days(connection: Connection, account: Account, span: Span) -> Iterator[Sequence[Record]]:
    """Yield one record per day: the account's own totals."""
    return read_insights(connection, account.id, ACCOUNT_LEVEL, span.window, sync_days=SLICE_DAYS)


def read_insights(
    connection: Connection, account_id: str, level: Mapping[str, str], days: Days, sync_days: int = SYNC_DAYS
) -> Iterator[Sequence[Record]]:
    """Yield insights by day; long or heavy ranges are made in the vendor's report queue."""
    asked = ask_by_day(level, days)
    if len(days) <= sync_days:
        pages = meta.read_pages(connection, f"{account_id}/insights", asked)
        try:
            first = next(pages)
        except Rejected as error:
            if (error.evidence.get("code"), error.evidence.get("subcode")) != meta.TOO_BIG:
                raise
        else:
            yield first
            yield from pages
            return
    yield from read_report(connection, account_id, level, days)


def ask_by_day(level: Mapping[str, str], days: Days) -> dict[str, str]:
    """Return the parameters of an insights read."""
    span = orjson.dumps({"since": str(days.first), "until": str(days.last)}).decode()
    fixed = {"time_increment": "1", "use_unified_attribution_setting": "true", "limit": str(INSIGHTS_SIZE)}
    return {**level, **fixed, "time_range": span}


def read_report(
    connection: Connection, account_id: str, level: Mapping[str, str], days: Days, halvings: int = HALVINGS
) -> Iterator[Sequence[Record]]:
    """Yield the pages of a queued report; one that fails is asked again in two halves.

    Raises:
        VendorDown: it failed down to an eighth of the range, or took longer than half an hour.
    """
    started = connection.post(
        f"/{meta.VERSION}/{account_id}/insights", form=ask_by_day(level, days), safe=True
    )
    run = str(started.json()["report_run_id"])
    if wait_for_report(connection, run):
        yield from meta.read_pages(connection, f"{run}/insights", {"limit": INSIGHTS_SIZE})
        return
    if not halvings or len(days) == 1:
        raise VendorDown(f"Meta could not make the report of {days.first} to {days.last}; try again later.")
    for half in days.split((len(days) + 1) // 2):
        yield from read_report(connection, account_id, level, half, halvings - 1)


def wait_for_report(connection: Connection, run: str) -> bool:
    """Wait until a report is finished; False when the vendor gave it up."""
    wait, waited = FIRST_POLL_SECONDS, 0.0
    while waited < REPORT_SECONDS:
        fields = {"fields": "async_status,async_percent_completion"}
        state = connection.get(f"/{meta.VERSION}/{run}", params=fields).json()
        if state["async_status"] == DONE and state["async_percent_completion"] == 100:
            return True
        if state["async_status"] in FAILED:
            return False
        connection.sleep(wait)
        waited += wait
        wait = min(wait * 3, LONGEST_POLL_SECONDS)
    raise VendorDown("Meta has not finished the report in half an hour; try again later.", report=run)


def list_entities(edge: str, fields: Mapping[str, pa.DataType]) -> Any:
    """Return a reader of a whole list of campaigns, ad sets or ads."""

    def read(connection: Connection, account: Account, span: Span) -> Iterator[Sequence[Record]]:
        del span  # the vendor tells only the present
        asked = {"fields": ",".join(fields), "limit": 200}
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
        "currency": pl.col("account_currency").fill_null(account.currency),
        "impressions": whole(pl.col("impressions")),
        "clicks": whole(pl.col("clicks")),
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
    connection: Connection, account_id: str, pages: Iterator[Sequence[Record]], network: str | None
) -> list[AdPerformance]:
    """Return the records of these pages as rows, of one platform or of all."""
    account = next((a for a in list_accounts(connection) if a.id == account_id), None)
    if account is None:
        raise NotFound(f"The token reads no ad account {account_id}; give one such as act_1.")
    rows = to_ad_daily(
        read_frame(channel.stream("ad_insights"), [record for page in pages for record in page]), account
    )
    return read_rows(rows if network is None else rows.filter(pl.col("network") == network))
