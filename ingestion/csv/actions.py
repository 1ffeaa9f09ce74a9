"""Conversions that a report keeps in files beside it, one row per kind of action."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from core.money import MICROS
from ingestion.csv import values
from ingestion.csv.layouts import PURCHASES, Layout
from ingestion.csv.table import read_table

ON = ("ad_id", "day_on")


def read_claims(path: Path, layout: Layout, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with `claim_action`, and with conversions and value from the files beside the report.

    Without such files the report's own columns stand.
    """
    own = layout.columns.get("claimed_conversions")
    beside = _beside(path, layout, layout.actions)
    if beside is None:
        return rows.with_columns(pl.lit(own, pl.String).alias("claim_action"))
    counts = _pick(beside, "claimed_conversions")
    worth = _beside(path, layout, layout.values)
    plain = rows.drop("claimed_conversions", "claimed_value_micros")
    first = plain.with_columns(pl.struct(ON).is_first_distinct().alias("is_first"))
    told = first.join(counts, on=ON, how="left", maintain_order="left")
    if worth is None:
        told = told.with_columns(pl.lit(None, pl.Int64).alias("claimed_value_micros"))
    else:
        amount = _pick(worth, "claimed_value").with_columns(
            values.whole(pl.col("claimed_value") * MICROS).alias("claimed_value_micros")
        )
        told = told.join(
            amount.drop("claimed_value", "claim_action"), on=ON, how="left", maintain_order="left"
        )
        told = told.with_columns(_once("claimed_value_micros"))
    return told.with_columns(_once("claimed_conversions"), pl.col("claim_action").fill_null(PURCHASES[0]))


def _once(name: str) -> pl.Expr:
    """An ad's day may be split over rows; what is claimed for it counts on the first of them."""
    return pl.when("is_first").then(pl.col(name).fill_null(0)).otherwise(0).alias(name)


def _beside(path: Path, layout: Layout, ending: str) -> pl.DataFrame | None:
    """Return the long-form file beside the report as ad, day, kind and text of the value."""
    file = path.with_name(path.name.replace(layout.stem, ending)) if ending else path
    if file == path or not file.exists():
        return None
    table = read_table(file)
    columns = {name: table.headers.index(name) for name in ("ad_id", "date", "action_type", "value")}
    found = pl.DataFrame({name: [row[at] for row in table.rows] for name, at in columns.items()})
    return found.select(
        "ad_id", "action_type", "value", values.days(found["date"], file.name).alias("day_on")
    )


def _pick(actions: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return, per ad and day, the first way of counting purchases that it has, never a sum of them."""
    rank = {kind: place for place, kind in enumerate(PURCHASES)}
    number = values.exact(values.undress(pl.col("value")), comma=False).alias(name)
    bought = actions.filter(pl.col("action_type").is_in(PURCHASES))
    return (
        bought.with_columns(
            number, pl.col("action_type").replace_strict(rank, return_dtype=pl.Int64).alias("rank")
        )
        .sort("rank", maintain_order=True)
        .unique(ON, keep="first", maintain_order=True)
        .select(*ON, name, pl.col("action_type").alias("claim_action"))
    )
