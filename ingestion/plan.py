"""What a load must fetch: from the marks of earlier loads to slices of days or one span of changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from channels.contract import Account, Span, Stream
from core.time import Days, local_day, zone

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Marks:
    """How far earlier loads came; None where nothing was loaded yet.

    Attributes:
        seq: Number of the last batch in bronze.
        until: Last complete day (`date.toordinal`) for window, last change (microseconds) for changes.
        since: First day of the history (`date.toordinal`).
    """

    seq: int = 0
    until: int | None = None
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """One fetch, and what its end proves: the days up to `until` and from `since` are loaded.

    `is_late` marks objects that are behind their stream: its end does not move the stream's marks.
    """

    span: Span
    until: int | None = None
    since: int | None = None
    is_late: bool = False


def plan_slices(
    stream: Stream, account: Account, marks: Marks, *, now: datetime, days: int, known: Sequence[str] = ()
) -> list[Slice]:
    """Return the slices to fetch, oldest first; none if everything is loaded and nothing may change.

    Args:
        stream: The stream.
        account: The account, whose zone says which day is the last complete one.
        marks: How far earlier loads came.
        now: The instant of the load.
        days: How many days of history are wanted; the stream may hold fewer.
        known: Record keys the stream is read for.
    """
    span = Span(now=now, known=known)
    last = local_day(now, account.timezone) - timedelta(days=1)
    first = last - timedelta(days=min(days, stream.history_days) - 1)
    if stream.reading == "snapshot":
        return [Slice(span)]
    if stream.reading == "changes":
        return [_changes(stream, account, marks, first, span)]
    return _window(stream, marks, first, last, span)


def _changes(stream: Stream, account: Account, marks: Marks, first: date, span: Span) -> Slice:
    # The first day is whole where the account lives: its midnight, not that of Greenwich.
    begin = datetime(first.year, first.month, first.day, tzinfo=zone(account.timezone)).astimezone(UTC)
    earlier = marks.since is not None and first.toordinal() < marks.since
    if marks.until is None or earlier:
        return Slice(replace(span, since=begin), since=first.toordinal())
    seen = EPOCH + timedelta(microseconds=marks.until)
    return Slice(replace(span, since=seen - stream.overlap))


def _window(stream: Stream, marks: Marks, first: date, last: date, span: Span) -> list[Slice]:
    slices = []
    if marks.since is not None and first.toordinal() < marks.since:
        older = Days(first, date.fromordinal(marks.since - 1)).split(stream.slice_days)
        slices = [Slice(replace(span, days=part)) for part in older]
        slices[-1] = replace(slices[-1], since=first.toordinal())
    begin = first
    if marks.until is not None:
        following = date.fromordinal(marks.until + 1)
        start = first if marks.since is None else date.fromordinal(min(marks.since, first.toordinal()))
        begin = min(following, max(start, following - timedelta(days=stream.reread_days)))
    if begin <= last:
        since = first.toordinal() if marks.since is None else None
        slices += [
            Slice(replace(span, days=part), part.last.toordinal(), since)
            for part in Days(begin, last).split(stream.slice_days)
        ]
    return slices
