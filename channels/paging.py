"""Lists that come page by page: going on by cursor, and reading by offset while the list moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from core.errors import VendorDown

# Records of the page before that a page by offset shows again: a list may have moved up by this many.
OVERLAP = 20
# So often a list may have moved further than that before it is given up.
MOST_STEPS_BACK = 50


class Cursors:
    """The cursors a list has given so far; a list that leads back to an earlier page has no end."""

    def __init__(self, vendor: str, **place: object) -> None:
        self._vendor = vendor
        self._place = place
        self._seen: set[str] = set()

    def follow(self, cursor: object) -> str:
        """Return the cursor of the next page.

        Raises:
            VendorDown: the vendor gave it before, or gave something else than a text.
        """
        if not isinstance(cursor, str) or not cursor:
            raise VendorDown(
                f"{self._vendor} announced a page without saying which; try again later.", **self._place
            )
        if cursor in self._seen:
            raise VendorDown(f"{self._vendor} gave the same page twice; try again later.", **self._place)
        self._seen.add(cursor)
        return cursor


def read_by_offset(
    ask: Callable[[int], tuple[Sequence[Any], int | None]], size: int, key: Callable[[Any], Any]
) -> Iterator[list[Any]]:
    """Yield the pages of a list that is read by offset and may move meanwhile; no record is passed over.

    Each page begins a few records before the end of the one before it. Where none of those comes again,
    more records have left the front of the list than that, and it is read again from further up. Records
    may come twice.

    Args:
        ask: Returns the records from an offset on, and how many the list holds (None: not said).
        size: Records asked for at once.
        key: Returns what tells records apart.

    Raises:
        VendorDown: the list ended before its end, or moved too often to be read.
    """
    overlap = min(OVERLAP, size // 2)
    offset, tail, steps_back = 0, set[Any](), 0
    while True:
        records, total = ask(offset)
        keys = [key(record) for record in records]
        if offset and tail and tail.isdisjoint(keys):
            steps_back += 1
            if steps_back > MOST_STEPS_BACK:
                raise VendorDown("The vendor's list changes faster than it can be read; try again later.")
            offset = max(0, offset - size + overlap)
            if not offset:
                tail = set()
            continue
        yield list(records)
        seen = offset + min(len(records), size)  # a page may come doubled
        if (seen >= total) if total is not None else len(records) < size:
            return
        if not records:
            raise VendorDown("The vendor ended a list before its end; try again later.", offset=offset)
        tail = set(keys[-overlap:]) if overlap else set()
        offset = max(seen - overlap, offset + 1)
