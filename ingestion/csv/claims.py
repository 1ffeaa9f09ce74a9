"""Conversions that a report keeps in files beside it, one row per kind of action."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from ingestion.csv.cells import Asked
from ingestion.csv.kinds import ACTIONS
from ingestion.csv.reading import read_rows
from ingestion.csv.source import Choice, Source, open_source

# One purchase is counted under several of these names; the first one a row has is the claim.
PURCHASES = ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")
GRAINS = ("ad_id", "ad_set_id", "campaign_id", "account")


def find_beside(source: Source, ending: str) -> Source | None:
    """Return the file beside the report whose name has this ending instead of the report's own, if any."""
    layout, path = source.layout, source.table.path
    file: Path = path.with_name(path.name.replace(layout.stem, ending)) if ending else path
    if file == path or not file.exists():
        return None
    return open_source(file, Choice(), None)


def read_claims(rows: pl.DataFrame, source: Source, given: Sequence[Source], asked: Asked) -> pl.DataFrame:
    """Return an ad report's rows with the conversions and their value from files of actions.

    `given` are files of actions of the same channel; without any, those beside the report count. Without
    both the report's own columns stand.
    """
    values = [one for one in given if source.layout.values and source.layout.values in one.name]
    counts = [one for one in given if one not in values]
    if not counts and (beside := find_beside(source, source.layout.actions)):
        counts = [beside]
    if not values and (beside := find_beside(source, source.layout.values)):
        values = [beside]
    if not counts:
        return rows.with_columns(pl.lit(_own(source), pl.String).alias("claim_action"))
    counted, on = _pick(counts, rows, asked)
    worth = _pick(values, rows, asked)[0].with_columns(pl.col("number")) if values else None
    plain = rows.drop("claimed_conversions", "claimed_value_micros", "claim_action")
    told = plain.with_columns(pl.struct(on).is_first_distinct().alias("is_first")).join(
        counted.rename({"number": "claimed_conversions", "worth_micros": "claimed_value_micros"}),
        on=on,
        how="left",
        maintain_order="left",
    )
    if worth is not None:
        amount = worth.select(*on, (pl.col("number") * 1_000_000).cast(pl.Int64).alias("worth"))
        told = told.join(amount, on=on, how="left", maintain_order="left")
        told = told.with_columns(_once("worth").alias("claimed_value_micros"))
    elif counted["worth_micros"].null_count() < counted.height:
        told = told.with_columns(_once("claimed_value_micros"))
    return told.with_columns(
        _once("claimed_conversions"), pl.col("claim_action").fill_null(PURCHASES[0])
    ).drop("is_first")


def _own(source: Source) -> str | None:
    return next((p.columns["claimed_conversions"].rstrip("?").split("|")[0] for p in source.layout.parts
                 if "claimed_conversions" in p.columns), None)  # fmt: skip


def _once(name: str) -> pl.Expr:
    """An ad's day may be split over rows; what is claimed for it counts on the first of them."""
    return pl.when("is_first").then(pl.col(name).fill_null(0)).otherwise(0).alias(name)


def _pick(sources: Sequence[Source], rows: pl.DataFrame, asked: Asked) -> tuple[pl.DataFrame, list[str]]:
    """Return, per ad and day, the first way of counting purchases that it has, never a sum of them."""
    frames, grain = [], "account"
    for source in sources:
        part = source.part(ACTIONS)
        assert part is not None  # noqa: S101 - only files of actions come here
        cells, _ = read_rows(source, part, asked, [])
        grain = next(
            name for name in GRAINS if name in cells.places and rows[name].fill_null("").ne("").any()
        )
        frames.append(cells.frame.select(grain, "day_on", "action", "number", "worth_micros"))
    rank = {kind: place for place, kind in enumerate(PURCHASES)}
    on = [grain, "day_on"]
    bought = pl.concat(frames).with_columns(pl.col("action").str.to_lowercase())
    bought = bought.filter(pl.col("action").is_in(PURCHASES))
    picked = (
        bought.with_columns(pl.col("action").replace_strict(rank, return_dtype=pl.Int64).alias("rank"))
        .sort("rank", maintain_order=True)
        .unique(on, keep="first", maintain_order=True)
    )
    return picked.select(*on, "number", "worth_micros", pl.col("action").alias("claim_action")), on
