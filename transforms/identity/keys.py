"""The frames persons are made of: keys, links between them, and sightings of browsers with them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

BROWSER, PERSON, CUSTOMER, RECIPIENT = "browser", "person", "customer", "recipient"
# Which key stands for a person when ids are kept or made: the first kind there is.
RANK = (PERSON, CUSTOMER, RECIPIENT, BROWSER)
INSTANT = pl.Datetime("us", "UTC")

# Two keys of one person; neither is a browser. 1.0 is certain.
LINK = {
    "key_kind": pl.String(),
    "key": pl.String(),
    "other_key_kind": pl.String(),
    "other_key": pl.String(),
    "probability": pl.Float64(),
    "because": pl.String(),
}
# A browser and a key it was seen with, on how many days, and when last.
SIGHTING = {
    "browser": pl.String(),
    "key_kind": pl.String(),
    "key": pl.String(),
    "days": pl.Float64(),
    "last_at": INSTANT,
    "because": pl.String(),
}
PAIR = {name: pl.String() for name in ("key_kind", "key", "other_key_kind", "other_key", "because")}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one workspace's keys.

    Attributes:
        keys: `key_kind`, `key`: every key there is, also those linked to nothing.
        links: Columns of LINK.
        sightings: Columns of SIGHTING.
        apart: Columns of PAIR: never one person.
    """

    keys: pl.DataFrame
    links: pl.DataFrame
    sightings: pl.DataFrame
    apart: pl.DataFrame
