"""An insights request, read and checked as the Marketing API does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sandbox.meta.ask import Ask
from sandbox.meta.errors import bad_param, fail
from sandbox.meta.known import KNOWN_FIELDS

LEVELS = ("account", "campaign", "adset", "ad")
WINDOWS = ("1d_click", "7d_click", "28d_click", "1d_view", "7d_view", "28d_view", "1d_ev", "dda", "default")
BREAKDOWNS = ("publisher_platform",)  # what the market can tell apart
KNOWN_BREAKDOWNS = {
    "age", "gender", "country", "region", "platform_position", "impression_device", "device_platform",
    "comscore_market",
    "hourly_stats_aggregated_by_advertiser_time_zone", "hourly_stats_aggregated_by_audience_time_zone",
    "frequency_value", "product_id", "media_type",
}  # fmt: skip
MONTHS_BACK = 37
SYNC_DAYS = {"ad": 190, "adset": 400}  # longer asks at this level must be made as a report run ...
SYNC_DAYS_BROKEN_DOWN = {"ad": 93, "adset": 190}  # ... and with breakdowns sooner
DEFAULT_FIELDS = ("impressions", "spend")
PRESETS = {
    "yesterday": 1,
    "last_3d": 3,
    "last_7d": 7,
    "last_14d": 14,
    "last_28d": 28,
    "last_30d": 30,
    "last_90d": 90,
}


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for: hashable, so that answers can be remembered.

    Attributes:
        node: Id of the object asked: account (without `act_`), campaign, ad set or ad.
        increment: Days in one row; 0 = the whole range, -1 = a month.
    """

    node_level: str
    node: str
    level: str
    fields: tuple[str, ...]
    since: date
    until: date
    increment: int
    breakdowns: tuple[str, ...]
    windows: tuple[str, ...]
    filters: tuple[tuple[str, str, tuple[str, ...]], ...]


def read_query(ask: Ask, node_level: str, node: str, today: date, *, is_async: bool = False) -> Query:
    """The query of a request; raises the vendor's errors for what it refuses."""
    level = ask.text("level", node_level)
    if level not in LEVELS:
        raise bad_param("level", f"level must be one of the following values: {', '.join(LEVELS)}")
    if LEVELS.index(level) < LEVELS.index(node_level):
        raise bad_param("level", f"level {level} is above the object asked")
    since, until = read_range(ask, today)
    query = Query(
        node_level,
        node,
        level,
        read_fields(ask),
        since,
        until,
        read_increment(ask),
        read_breakdowns(ask),
        read_windows(ask),
        read_filters(ask),
    )
    if not is_async:
        refuse_too_big(query)
    return query


def read_fields(ask: Ask) -> tuple[str, ...]:
    """The wanted fields."""
    fields = ask.words("fields") or list(DEFAULT_FIELDS)
    for name in fields:
        if name not in KNOWN_FIELDS["AdsInsights"] and name != "attribution_setting":
            raise bad_param(
                "fields",
                f"{name} is not valid for fields param. please check "
                "the reference of ads insights for all valid values",
            )
    return tuple(dict.fromkeys(fields))


def read_range(ask: Ask, today: date) -> tuple[date, date]:
    """First and last day, in the account's zone; error 3018 for days too far back."""
    given = ask.value("time_range") or (ask.value("time_ranges") or [None])[0]
    if given is not None:
        since, until = read_day(given, "since"), read_day(given, "until")
    else:
        since, until = read_preset(ask, today)
    if until < since:
        raise bad_param("time_range", "The start date must be before the end date", 1487534)
    if since < months_before(today + timedelta(days=1), MONTHS_BACK):
        raise fail(
            3018, "(#3018) The start date of the time range cannot be beyond 37 months from the current date"
        )
    return since, until


def read_day(given: Any, name: str) -> date:
    """One end of a time range."""
    try:
        return date.fromisoformat(str(given[name]))
    except (KeyError, TypeError, ValueError):
        raise bad_param("time_range", f"Must be a dictionary with key {name} and value YYYY-MM-DD") from None


def read_preset(ask: Ask, today: date) -> tuple[date, date]:
    """The days of a date preset, counted from the account's running day; 30 days by default."""
    preset = ask.text("date_preset", "last_30d")
    if preset in PRESETS:
        return today - timedelta(days=PRESETS[preset] - 1), today
    running = today + timedelta(days=1)
    if preset == "today":
        return running, running
    if preset == "this_month":
        return running.replace(day=1), running
    if preset == "last_month":
        last = running.replace(day=1) - timedelta(days=1)
        return last.replace(day=1), last
    if preset == "maximum":
        return months_before(running, MONTHS_BACK), today
    raise bad_param("date_preset", f"date_preset {preset!r} is not supported")


def months_before(day: date, months: int) -> date:
    """The same day some months earlier (the 28th at the latest, so that it exists)."""
    count = day.year * 12 + day.month - 1 - months
    return date(count // 12, count % 12 + 1, min(day.day, 28))


def read_increment(ask: Ask) -> int:
    """Days in a row."""
    given = ask.text("time_increment", "all_days").strip('"')
    if given in ("all_days", "monthly"):
        return 0 if given == "all_days" else -1
    if re.fullmatch(r"\d+", given) and 1 <= int(given) <= 90:
        return int(given)
    raise bad_param("time_increment", "time_increment must be an integer from 1 to 90, monthly or all_days")


def read_breakdowns(ask: Ask) -> tuple[str, ...]:
    """The breakdowns; only those the market can tell apart."""
    given = ask.words("breakdowns")
    for name in given:
        if name in KNOWN_BREAKDOWNS:
            raise fail(
                100,
                f"(#100) Current combination of data breakdown columns ({', '.join(given)}) is invalid",
                subcode=1504041,
            )
        if name not in BREAKDOWNS:
            raise bad_param(
                "breakdowns", f"breakdowns[0] must be one of the following values: {', '.join(BREAKDOWNS)}"
            )
    return tuple(given)


def read_windows(ask: Ask) -> tuple[str, ...]:
    """The attribution windows to show beside `value`; those switched off answer nothing."""
    windows = ask.words("action_attribution_windows")
    for window in windows:
        if window not in WINDOWS:
            raise bad_param("action_attribution_windows", f"Unknown attribution window {window}")
    return tuple(window for window in windows if window not in ("default", "dda"))


def read_filters(ask: Ask) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Filters as field, operator, values."""
    found = []
    for one in ask.value("filtering", []) or []:
        try:
            value = one["value"]
            values = value if isinstance(value, list) else [value]
            found.append((str(one["field"]), str(one["operator"]).upper(), tuple(str(v) for v in values)))
        except (KeyError, TypeError):
            raise bad_param("filtering", "filtering[0] must have field, operator and value") from None
    return tuple(found)


def refuse_too_big(query: Query) -> None:
    """100/1504018 when a synchronous request asks for too much."""
    limits = SYNC_DAYS_BROKEN_DOWN if query.breakdowns else SYNC_DAYS
    if (query.until - query.since).days + 1 > limits.get(query.level, 10_000):
        raise fail(
            100,
            "Please reduce the amount of data you're asking for, then retry your request",
            subcode=1504018,
            is_transient=True,
            title="Timed out",
            explanation="Your request timed out. Please try a smaller date range or use async jobs",
        )
