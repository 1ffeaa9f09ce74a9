"""Instants are UTC, days belong to a zone, ranges are closed."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.time import Days, local_day, zone

DATES = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(
    ("instant", "zone_name", "day"),
    [
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "Europe/Berlin", date(2026, 3, 29)),
        (datetime(2026, 10, 24, 22, 30, tzinfo=UTC), "Europe/Berlin", date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 30, tzinfo=UTC), "Europe/Berlin", date(2026, 10, 26)),
        (datetime(2026, 1, 1, 4, 59, tzinfo=UTC), "America/New_York", date(2025, 12, 31)),
        (datetime(2024, 2, 29, 12, 0, tzinfo=UTC), "Pacific/Kiritimati", date(2024, 3, 1)),
    ],
)
def test_an_instant_falls_on_the_day_of_its_zone(instant, zone_name, day):
    assert local_day(instant, zone_name) == day


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(BadInput, match="no zone"):
        local_day(datetime(2026, 1, 1), "UTC")  # noqa: DTZ001 - the case under test


def test_an_unknown_zone_is_named():
    with pytest.raises(BadInput, match="Mars/Base"):
        zone("Mars/Base")


@given(DATES, st.integers(1, 400), st.integers(1, 60))
def test_splitting_covers_every_day_once(last, count, size):
    days = Days.ending(last, count)
    parts = days.split(size)
    assert sum(len(part) for part in parts) == len(days) == count
    assert parts[0].first == days.first
    assert parts[-1].last == days.last
    assert all(len(part) <= size for part in parts)
    assert all(a.last.toordinal() + 1 == b.first.toordinal() for a, b in zip(parts, parts[1:], strict=False))


@given(DATES, st.integers(1, 400))
def test_the_period_before_is_as_long_and_adjacent(last, count):
    days = Days.ending(last, count)
    assert len(days.before()) == count
    assert days.before().last.toordinal() + 1 == days.first.toordinal()


def test_a_range_that_ends_before_it_begins_is_refused():
    with pytest.raises(BadInput, match="ends"):
        Days(date(2026, 1, 2), date(2026, 1, 1))
