"""Cursor paging as the Graph API does it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, TypeVar

from sandbox.meta.ask import Ask
from sandbox.meta.errors import bad_param

T = TypeVar("T")
DEFAULT_LIMIT = 25


def write_cursor(position: int) -> str:
    """An opaque cursor."""
    return base64.urlsafe_b64encode(f"p{position}".encode()).decode().rstrip("=") + "ZD"


def read_cursor(cursor: str) -> int:
    """The position in a cursor; error 100 for one that we did not write."""
    try:
        text = cursor.removesuffix("ZD")
        found = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        return int(found.removeprefix("p"))
    except ValueError:
        raise bad_param("after", "Invalid cursors values") from None


def find_page(ask: Ask, count: int, largest: int = 500, default: int = DEFAULT_LIMIT) -> tuple[int, int]:
    """First and end position of the asked page in a list of `count`."""
    limit = max(1, min(ask.number("limit", default), largest))
    if ask.text("before"):
        end = min(read_cursor(ask.text("before")), count)
        return max(0, end - limit), end
    start = read_cursor(ask.text("after")) if ask.text("after") else 0
    return min(start, count), min(start + limit, count)


def write_paging(ask: Ask, start: int, end: int, count: int) -> dict[str, Any]:
    """The `paging` object; `next` is there only when more follows."""
    cursors = {"before": write_cursor(start), "after": write_cursor(end)}
    paging: dict[str, Any] = {"cursors": cursors}
    if end < count:
        paging["next"] = ask.link({"after": cursors["after"], "access_token": ask.token})
    if start > 0:
        paging["previous"] = ask.link({"before": cursors["before"], "access_token": ask.token})
    return paging


def page_of(ask: Ask, rows: Sequence[T], largest: int = 500) -> tuple[Sequence[T], dict[str, Any]]:
    """The asked page of a list and its paging object (empty for an empty list)."""
    start, end = find_page(ask, len(rows), largest)
    return rows[start:end], write_paging(ask, start, end, len(rows)) if rows else {}
