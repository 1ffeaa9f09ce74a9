"""Named periods are the days their names promise, and are compared with their own kind."""

from __future__ import annotations

from datetime import date

import pytest

from app.days import Span, compared, offered, read_span

pytestmark = pytest.mark.case("app/4")


def span(first, last):
    return Span(date.fromisoformat(first), date.fromisoformat(last))


def up_to(latest):
    """Years of numbers up to a day."""
    return span("2020-01-01", latest)


OCTOBER = up_to("2026-10-31")  # a Saturday


@pytest.mark.parametrize(
    ("code", "days", "before"),
    [
        ("yesterday", span("2026-10-31", "2026-10-31"), span("2026-10-30", "2026-10-30")),
        ("last-7-days", span("2026-10-25", "2026-10-31"), span("2026-10-18", "2026-10-24")),
        ("last-28-days", span("2026-10-04", "2026-10-31"), span("2026-09-06", "2026-10-03")),
        ("last-week", span("2026-10-19", "2026-10-25"), span("2026-10-12", "2026-10-18")),
        ("this-week", span("2026-10-26", "2026-10-31"), span("2026-10-19", "2026-10-24")),
        ("last-month", span("2026-10-01", "2026-10-31"), span("2026-09-01", "2026-09-30")),
        ("this-quarter", span("2026-10-01", "2026-10-31"), span("2026-07-01", "2026-07-31")),
        ("last-quarter", span("2026-07-01", "2026-09-30"), span("2026-04-01", "2026-06-30")),
        ("2026-10-03..2026-10-05", span("2026-10-03", "2026-10-05"), span("2026-09-30", "2026-10-02")),
    ],
)
def test_a_period_and_what_it_is_compared_with(code, days, before):
    assert read_span(code, OCTOBER) == days
    assert compared(code, days, "previous") == before


def test_this_month_is_the_month_that_runs_and_none_before_its_first_numbers():
    assert "this-month" not in offered(OCTOBER)
    assert read_span("this-month", OCTOBER) is None
    half = up_to("2026-11-14")
    assert read_span("this-month", half) == span("2026-11-01", "2026-11-14")
    assert compared("this-month", span("2026-11-01", "2026-11-14"), "previous") == span(
        "2026-10-01", "2026-10-14"
    )
    assert compared("this-month", span("2026-03-01", "2026-03-30"), "previous") == span(
        "2026-02-01", "2026-02-28"
    )


@pytest.mark.parametrize(
    ("code", "days"),
    [
        ("2026-10-05..2026-11-06", span("2026-10-05", "2026-10-31")),
        ("2026-08-05..2026-10-06", span("2026-09-15", "2026-10-06")),
        ("0001-01-01..9999-12-31", span("2026-09-15", "2026-10-31")),
        ("last-quarter", span("2026-09-15", "2026-09-30")),
        ("last-365-days", span("2026-09-15", "2026-10-31")),
        ("2026-11-01..2026-11-06", None),
        ("2026-09-01..2026-09-14", None),
        ("9999-12-31..9999-12-31", None),
        ("0001-01-01..0001-01-02", None),
    ],
)
def test_a_period_is_its_days_with_numbers(code, days):
    """Days without numbers are unknown: they are no zeros, and nothing is compared with them."""
    numbers = span("2026-09-15", "2026-10-31")
    assert read_span(code, numbers) == days
    assert "last-quarter" in offered(numbers)
    assert "last-quarter" not in offered(span("2026-10-01", "2026-10-31"))


def test_weeks_begin_on_monday():
    for day in range(1, 29):
        week = read_span("last-week", up_to(f"2026-09-{day:02d}"))
        assert (week.first.weekday(), week.last.weekday()) == (0, 6)


def test_a_year_before_is_the_same_dates_also_from_a_leap_day():
    assert compared("x", span("2026-10-01", "2026-10-31"), "year") == span("2025-10-01", "2025-10-31")
    assert compared("x", span("2028-02-01", "2028-02-29"), "year") == span("2027-02-01", "2027-02-28")
    assert compared("x", span("2026-10-01", "2026-10-31"), "none") is None


@pytest.mark.parametrize(
    "code", ["", "lately", "2026-10-05..2026-10-01", "2026-13-01..2026-13-02", "2026-10-01"]
)
def test_what_is_no_period_is_none(code):
    assert read_span(code, OCTOBER) is None


def test_days_read_as_people_write_them():
    assert span("2026-10-01", "2026-10-31").text() == "1 October 2026 to 31 October 2026"
    assert span("2026-10-31", "2026-10-31").text() == "Saturday, 31 October 2026"
