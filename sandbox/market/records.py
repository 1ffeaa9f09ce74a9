"""The records the market keeps: numpy layouts, codes, and a log that stores them day by day."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

DAY = 86_400  # wall seconds in a market day; the calendar stretches it over days of 23 or 25 hours
Records = NDArray[Any]

CHANNELS = ["baseline", "google_ads", "meta_ads", "youtube", "facebook", "instagram", "mailchimp"]
IMPRESSION, CLICK, OPEN, VISIT = range(4)
TOUCH_KINDS = ["impression", "click", "open", "visit"]
SENT, OPENED, CLICKED, HARD, SOFT, LEFT, COMPLAINED = range(7)
MAIL_KINDS = ["sent", "open", "click", "hard_bounce", "soft_bounce", "unsubscribe", "complaint"]
PAGE_VIEW, IDENTIFY, PURCHASE = range(3)
SITE_KINDS = ["page_view", "identify", "purchase"]

TOUCH = np.dtype(
    [("at", "i8"), ("person", "i4"), ("campaign", "i4"), ("source", "i4"), ("kind", "i1"), ("is_cause", "?"),
     ("buyer", "i4")]
)  # fmt: skip
BUYER = np.dtype(
    [("start_at", "i8"), ("touch_at", "i8"), ("order_at", "i8"), ("person", "i4"), ("channel", "i1"),
     ("campaign", "i4"), ("source", "i4"), ("kind", "i1"), ("buyer", "i4")]
)  # fmt: skip
DELIVERY = np.dtype(
    [("day", "i4"), ("campaign", "i4"), ("source", "i4"), ("impressions", "i8"), ("reach", "i8"),
     ("clicks", "i8"), ("link_clicks", "i8"), ("spend", "i8"), ("invalid", "f8")]
)  # fmt: skip
CLAIM = np.dtype(
    [
        ("touch_at", "i8"),
        ("source", "i4"),
        ("order", "i4"),
        ("is_view", "?"),
        ("weight", "f8"),
        ("value", "i8"),
    ]
)
ORDER = np.dtype(
    [("at", "i8"), ("order", "i4"), ("buyer", "i4"), ("person", "i4"), ("channel", "i1"), ("campaign", "i4"),
     ("cause_source", "i4"), ("touch_at", "i8"), ("subtotal", "i8"), ("discount", "i8"), ("tax", "i8"),
     ("shipping", "i8"), ("total", "i8"), ("cost", "i8"), ("is_test", "?"), ("cancel_at", "i8"),
     ("first_source", "i4"), ("last_source", "i4"), ("landing_source", "i4")]
)  # fmt: skip
LINE = np.dtype([("order", "i4"), ("product", "i4"), ("quantity", "i4"), ("price", "i8")])
REFUND = np.dtype([("at", "i8"), ("order", "i4"), ("amount", "i8")])
POST_DAY = np.dtype(
    [("day", "i4"), ("post", "i4"), ("views", "i8"), ("engaged", "i8"), ("reach", "i8"), ("likes", "i8"),
     ("comments", "i8"), ("shares", "i8"), ("saves", "i8"), ("clicks", "i8"), ("watch", "i8")]
)  # fmt: skip
ACCOUNT_DAY = np.dtype(
    [("day", "i4"), ("channel", "i1"), ("followers", "i8"), ("follows", "i8"), ("unfollows", "i8"),
     ("profile_views", "i8")]
)  # fmt: skip
MAIL_EVENT = np.dtype([("at", "i8"), ("mail", "i4"), ("person", "i4"), ("kind", "i1"), ("is_machine", "?")])
SITE = np.dtype(
    [("at", "i8"), ("id", "i8"), ("person", "i4"), ("cookie", "i4"), ("source", "i4"), ("order", "i4"),
     ("value", "i8"), ("kind", "i1"), ("is_stripped", "?"), ("is_known", "?"), ("page", "i2")]
)  # fmt: skip


def fill(layout: np.dtype[Any], size: int, **columns: Any) -> Records:
    """New records; a column is an array of `size` or one value for all; unnamed columns are zero."""
    records = np.zeros(size, dtype=layout)
    for name, values in columns.items():
        records[name] = values
    return records


class DayLog:
    """Records kept in one chunk for every lived day, so that a range of days is found without a search."""

    def __init__(self, layout: np.dtype[Any]) -> None:
        self.layout = layout
        self.chunks: dict[int, Records] = {}

    def write(self, day: int, records: Records) -> None:
        """Add records to the chunk of a day."""
        if len(records):
            old = self.chunks.get(day)
            self.chunks[day] = records if old is None else np.concatenate([old, records])

    def read(self, first: int, last: int) -> Records:
        """All records of the days from first to last, both included, in order of the days."""
        found = [self.chunks[day] for day in range(first, last + 1) if day in self.chunks]
        return np.concatenate(found) if found else np.zeros(0, dtype=self.layout)


class Pool:
    """Records that wait for their day."""

    def __init__(self, layout: np.dtype[Any], time: str) -> None:
        self.waiting: Records = np.zeros(0, dtype=layout)
        self.time = time

    def add(self, records: Records) -> None:
        """Let records wait."""
        if len(records):
            self.waiting = np.concatenate([self.waiting, records])

    def take(self, day: int) -> Records:
        """Remove and return what falls on a day or before it, in order of time."""
        due = self.waiting[self.time] < (day + 1) * DAY
        taken = self.waiting[due]
        self.waiting = self.waiting[~due]
        return taken[np.argsort(taken[self.time], kind="stable")]
