"""Which days a question is about, and which currency its totals are in."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import psycopg
from pydantic import BaseModel, Field

from core.errors import BadInput
from core.time import Days

DEFAULT_DAYS = 28
MOST_DAYS = 3660
YEARS = range(1970, 2201)

FirstOn = Annotated[date | None, Field(description="First day; the default is 28 days up to last_on.")]
LastOn = Annotated[date | None, Field(description="Last day; the default is the latest day with numbers.")]

# Days with spend or orders; a page's numbers alone may reach a day beyond, where its zone is another.
ALL_DAYS = """
    SELECT coalesce(min(day_on) FILTER (WHERE is_sold), min(day_on)),
        coalesce(max(day_on) FILTER (WHERE is_sold), max(day_on))
    FROM (SELECT day_on, spend_micros <> 0 OR orders > 0 AS is_sold FROM marts.fct_channel_daily) AS days
"""
CURRENCY = "SELECT reporting_currency FROM marts.dim_workspace"


class Period(BaseModel):
    """A closed range of days, each in its account's own zone."""

    first_on: date = Field(description="First day.")
    last_on: date = Field(description="Last day.")
    days: int = Field(description="How many days.")

    @classmethod
    def of(cls, days: Days) -> Period:
        """Return the same range as a result."""
        return cls(first_on=days.first, last_on=days.last, days=len(days))


def choose_days(
    link: psycopg.Connection, first_on: date | None, last_on: date | None, *, default: int = DEFAULT_DAYS
) -> Days:
    """Return the days asked for; by default so many up to the latest with numbers.

    The latest day is the data's, not the wall clock's: numbers may be a day or a year old.

    Raises:
        BadInput: the range ends before it begins, is longer than ten years or of no year of `YEARS`.
    """
    if any(day and day.year not in YEARS for day in (first_on, last_on)):
        raise BadInput(f"Ask for days from {YEARS[0]} to {YEARS[-1]}.")
    last = last_on or latest_day(link) or first_on or date.today()  # noqa: DTZ011 - nothing loaded yet
    days = Days(first_on, last) if first_on else Days.ending(last, default)
    if len(days) > MOST_DAYS:
        raise BadInput(f"Ask for at most {MOST_DAYS} days, not {len(days)}.")
    return days


def all_days(link: psycopg.Connection) -> Days | None:
    """Return the range from the first to the latest day with numbers, None when there are none."""
    first, last = link.execute(ALL_DAYS).fetchone() or (None, None)
    return Days(first, last) if first else None


def days_before(link: psycopg.Connection, days: Days) -> Days | None:
    """Return as many days before; None where numbers begin within them, or end within the days themselves.

    A part is nothing to compare, nor to compare with.
    """
    every, before = all_days(link), days.before()
    return before if every and every.first <= before.first and days.last <= every.last else None


def latest_day(link: psycopg.Connection) -> date | None:
    """Return the latest day with spend or orders (else with any number), None when there is none."""
    days = all_days(link)
    return days.last if days else None


def reporting_currency(link: psycopg.Connection) -> str:
    """Return the ISO 4217 currency the workspace's totals are in; EUR before any money was seen."""
    found = link.execute(CURRENCY).fetchone()
    return str(found[0]) if found else "EUR"
