"""The columns of a path table by the names people and tools give them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

# Ours, then what else stands for it; of two that are there, the earlier is taken.
NAMES = {
    "path": (
        "path", "paths", "var_path", "channel_path", "channels", "conversion_path", "conversion_paths",
        "journey", "touchpoints", "channel_grouping_path", "mcf_channel_grouping_path",
        "default_channel_group_path", "source_medium_path", "touchpoint_path", "customer_journey",
    ),
    "conversions": (
        "total_conversions", "conversions", "total_conversion", "conversion", "conv", "var_conv",
        "total_conv", "key_events", "orders", "purchases",
    ),
    "value": (
        "total_conversion_value", "conversion_value", "total_conversions_value", "conversions_value", "value",
        "var_value", "total_value", "conv_value", "total_revenue", "revenue",
    ),
    "nulls": (
        "total_null", "total_nulls", "null", "nulls", "var_null", "total_non_conversions", "non_conversions",
        "no_conversions", "nonconversions",
    ),
}  # fmt: skip
NEEDED = ("path", "conversions")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column (from 0) holds what; `value` and `nulls` may be missing."""

    headers: tuple[str, ...]
    places: dict[str, int]

    @property
    def missing(self) -> list[str]:
        """The needed columns that are not there."""
        return [name for name in NEEDED if name not in self.places]

    def header(self, name: str) -> str:
        """Return the file's own word for a column."""
        return self.headers[self.places[name]]


def recognise(headers: Sequence[str]) -> Columns:
    """Return the columns of a header line; words differ in case, blanks and marks only."""
    told = tuple(header.strip() for header in headers)
    plain = [re.sub(r"[^a-z0-9]+", "_", header.casefold()).strip("_") for header in told]
    places = {}
    for ours, theirs in NAMES.items():
        found = next((name for name in theirs if name in plain), None)
        if found is not None:
            places[ours] = plain.index(found)
    return Columns(told, places)


def find_twice(columns: Columns) -> str | None:
    """Return a header that is used and stands there more than once."""
    plain = [header.casefold() for header in columns.headers]
    used = (columns.headers[place] for place in columns.places.values())
    return next((header for header in used if plain.count(header.casefold()) > 1), None)
