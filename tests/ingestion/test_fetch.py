"""Slices are fetched side by side and come in order; leaving early stops the rest."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest

from channels.contract import Account, Span, Stream
from core.errors import RateLimited, VendorDown
from core.time import Days
from ingestion import fetch
from ingestion.fetch import fetch_slices
from ingestion.plan import Slice

ACCOUNT = Account("a", "A", "EUR", "UTC")
NOW = datetime(2026, 3, 20, tzinfo=UTC)


def slices(count):
    first = date(2026, 1, 1)
    days = [first + timedelta(days=number) for number in range(count)]
    return [Slice(Span(now=NOW, days=Days(day, day))) for day in days]


def stream(pages):
    return Stream("s", "window", ("id",), {}, pages)


def keys(stream_, count=3, side_by_side=3):
    with fetch_slices(stream_, None, ACCOUNT, slices(count), side_by_side=side_by_side, key=b"k") as pages:
        return [None if page is None else page.rows["record_key"].to_list() for _, page in pages]


def test_pages_come_in_slice_order_whatever_finishes_first():
    last_done = threading.Event()

    def pages(_, __, span):
        if span.days.first.day == 1:
            last_done.wait(5)  # the first slice answers only after the third
        yield [{"id": str(span.days.first.day)}]
        if span.days.first.day == 3:
            last_done.set()

    assert keys(stream(pages)) == [["1"], None, ["2"], None, ["3"], None]


def test_an_error_comes_after_the_pages_before_it():
    def pages(_, __, span):
        yield [{"id": "x"}]
        if span.days.first.day == 2:
            raise RateLimited("Wait.", timedelta(seconds=9))

    seen = []
    with fetch_slices(stream(pages), None, ACCOUNT, slices(3), side_by_side=1, key=b"k") as found:
        seen += [next(found)[1] for _ in range(3)]
        with pytest.raises(RateLimited, match="Wait"):
            next(found)
    assert [page is None for page in seen] == [False, True, False]


@pytest.mark.parametrize("error", [KeyError("data"), TypeError("None"), ValueError("x"), IndexError("0")])
def test_an_undocumented_shape_is_the_vendors_fault(error):
    def pages(*_):
        raise error
        yield

    with pytest.raises(VendorDown, match="in a shape the vendor does not document"):
        keys(stream(pages), 1)


def test_a_fault_of_our_own_is_not_hidden():
    def pages(*_):
        raise NotImplementedError
        yield

    with pytest.raises(NotImplementedError):
        keys(stream(pages), 1)


def test_leaving_early_ends_a_fetch_that_waits_for_room(monkeypatch):
    monkeypatch.setattr(fetch, "READY_PAGES", 1)
    monkeypatch.setattr(fetch, "POLL_SECONDS", 0.01)

    def pages(*_):
        while True:
            yield [{"id": "x"}]

    with fetch_slices(stream(pages), None, ACCOUNT, slices(2), side_by_side=2, key=b"k") as found:
        next(found)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fetch")]
