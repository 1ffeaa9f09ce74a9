"""What is asked for: never a gap, the re-read days again, the last complete day of the account's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from channels.contract import Account, Stream
from core.time import Days
from ingestion.plan import Marks, plan_slices

NOW = datetime(2026, 3, 20, 2, tzinfo=UTC)


def account(zone="UTC"):
    return Account("a", "A", "EUR", zone)


def stream(reading="window", **options):
    return Stream("s", reading, ("id",), {}, lambda *_: iter(()), day="day", changed="changed", **options)


def days_of(slices):
    return [one.span.days for one in slices]


def test_first_load_covers_the_history_in_slices_oldest_first():
    slices = plan_slices(stream(slice_days=7), account(), Marks(), now=NOW, days=10)
    assert days_of(slices) == [
        Days(date(2026, 3, 10), date(2026, 3, 16)),
        Days(date(2026, 3, 17), date(2026, 3, 19)),
    ]
    assert [one.until for one in slices] == [date(2026, 3, 16).toordinal(), date(2026, 3, 19).toordinal()]


@pytest.mark.parametrize(
    ("zone", "last"),
    [
        ("UTC", date(2026, 3, 19)),
        ("America/Los_Angeles", date(2026, 3, 18)),
        ("Asia/Tokyo", date(2026, 3, 19)),
    ],
)
def test_the_last_day_is_complete_where_the_account_lives(zone, last):
    assert days_of(plan_slices(stream(), account(zone), Marks(), now=NOW, days=5))[-1].last == last


def test_the_reread_days_come_again_and_the_new_ones():
    marks = Marks(1, date(2026, 3, 17).toordinal(), date(2026, 1, 1).toordinal())
    [one] = plan_slices(stream(reread_days=3), account(), marks, now=NOW, days=30)
    assert one.span.days == Days(date(2026, 3, 15), date(2026, 3, 19))


def test_nothing_to_reread_and_nothing_new_asks_nothing():
    marks = Marks(1, date(2026, 3, 19).toordinal(), date(2026, 1, 1).toordinal())
    assert plan_slices(stream(), account(), marks, now=NOW, days=30) == []


def test_a_stream_with_a_short_history_is_not_asked_for_more():
    slices = plan_slices(stream(history_days=4), account(), Marks(), now=NOW, days=30)
    assert len(days_of(slices)[0]) == 4


def test_older_days_are_asked_for_once_more_are_wanted():
    marks = Marks(1, date(2026, 3, 19).toordinal(), date(2026, 3, 10).toordinal())
    slices = plan_slices(stream(reread_days=1, slice_days=20), account(), marks, now=NOW, days=30)
    assert days_of(slices) == [
        Days(date(2026, 2, 18), date(2026, 3, 9)),
        Days(date(2026, 3, 19), date(2026, 3, 19)),
    ]
    assert slices[0].since == date(2026, 2, 18).toordinal()
    assert slices[0].until is None


def test_changes_start_with_the_history_then_at_the_mark_less_the_overlap():
    changes = stream("changes", overlap=timedelta(minutes=5))
    [first] = plan_slices(changes, account(), Marks(), now=NOW, days=2)
    assert first.span.since == datetime(2026, 3, 18, tzinfo=UTC)
    seen = datetime(2026, 3, 19, 12, tzinfo=UTC)
    marks = Marks(1, int(seen.timestamp() * 1e6), date(2026, 3, 18).toordinal())
    [later] = plan_slices(changes, account(), marks, now=NOW, days=2)
    assert later.span.since == seen - timedelta(minutes=5)


def test_a_snapshot_is_asked_for_whole():
    [one] = plan_slices(stream("snapshot"), account(), Marks(5), now=NOW, days=2, known=("k",))
    assert (one.span.days, one.span.since, one.span.known) == (None, None, ("k",))


@pytest.mark.parametrize(
    ("zone", "begin"),
    [
        ("Asia/Kathmandu", datetime(2026, 3, 17, 18, 15, tzinfo=UTC)),
        ("Pacific/Chatham", datetime(2026, 3, 17, 10, 15, tzinfo=UTC)),
        ("America/Los_Angeles", datetime(2026, 3, 17, 7, tzinfo=UTC)),
    ],
)
def test_the_first_day_is_whole_where_the_account_lives(zone, begin):
    [first] = plan_slices(stream("changes"), account(zone), Marks(), now=NOW, days=2)
    assert first.span.since == begin
