"""Files that belong to one shop or one page, read together: lines and refunds take their orders' days."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from core.errors import BadInput
from ingestion.csv.batch import Batch
from ingestion.csv.cells import Asked
from ingestion.csv.kinds import LINES, ORDERS, POSTS, REFUNDS, Kind
from ingestion.csv.reading import read_batch
from ingestion.csv.source import Source

# What others lean on comes first, and names the account.
FIRST = (ORDERS, POSTS)


def read_together(
    members: Sequence[Source], asked: Asked, notes: list[str]
) -> list[tuple[Batch, list[Source]]]:
    """Return a batch a kind, each with the files it came from.

    Raises:
        BadInput: lines have no orders to take their day from and none was given.
    """
    parts = [(source, part) for source in members for part in source.layout.parts]
    parts.sort(key=lambda one: (one[1].kind not in FIRST, one[0].name))
    made: dict[str, tuple[Batch, list[Source]]] = {}
    refunds = _refunds_of(parts, asked)
    for source, part in parts:
        orders = made[ORDERS.name][0].good if ORDERS.name in made else None

        def amend(rows: pl.DataFrame, kind: Kind = part.kind, source: Source = source) -> pl.DataFrame:
            if kind is ORDERS and refunds is not None:
                return _take_refunds(rows, refunds)
            if kind is LINES:
                return _take_days(rows, orders, asked, source.name)  # noqa: B023 - called within the round
            return rows

        batch = read_batch(source, part, asked, notes, amend)
        before = made.get(part.kind.name)
        files = [*before[1], source] if before else [source]
        made[part.kind.name] = (_one(before[0], batch) if before else batch, files)
    if REFUNDS.name in made and (blank := made[REFUNDS.name][0].good["amount_micros"].null_count()):
        notes.append(
            f"{blank} refunds have no amount in these files and are put aside; give the transactions too."
        )
    return list(made.values())


def _one(first: Batch, second: Batch) -> Batch:
    """Return two batches of one kind as one; what both tell is as the later file tells it."""
    good = pl.concat([first.good, second.good], how="vertical_relaxed")
    if not good["key"].is_unique().all():
        columns = good.columns
        good = (
            good.group_by("key", maintain_order=True)
            .agg(pl.exclude("key").drop_nulls().last())
            .select(columns)
        )
    return Batch(
        first.kind,
        good,
        pl.concat([first.spoilt, second.spoilt]),
        [*first.bad, *second.bad],
        first.rows + second.rows,
    )


def _take_days(rows: pl.DataFrame, orders: pl.DataFrame | None, asked: Asked, file: str) -> pl.DataFrame:
    """Return lines with the day and the currency of their order, else the day the caller names."""
    if orders is None:
        if asked.day is None:
            raise BadInput(
                f"{file} has no days; give the orders' file in the same call, "
                "or the day with --date YYYY-MM-DD."
            )
        return rows
    known = orders.select(
        "order_id", pl.col("day_on").alias("its_day"), pl.col("currency").alias("its_currency")
    )
    joined = rows.join(known, on="order_id", how="left", maintain_order="left")
    return joined.with_columns(
        pl.coalesce("its_day", "day_on").alias("day_on"),
        pl.coalesce("its_currency", "currency").alias("currency"),
    ).drop("its_day", "its_currency")


def _refunds_of(parts: Sequence[tuple[Source, object]], asked: Asked) -> pl.DataFrame | None:
    """Return how much of each order was given back, as files of refunds tell it; None without any."""
    found = [
        read_batch(source, part, asked, []).good
        for source, _ in parts
        if (part := source.part(REFUNDS)) is not None and "amount" in part.columns
    ]
    if not found:
        return None
    return pl.concat(found).group_by("order_id").agg(pl.col("amount_micros").sum().alias("given_back"))


def _take_refunds(rows: pl.DataFrame, refunds: pl.DataFrame) -> pl.DataFrame:
    """Return orders with what was given back of them; an order's own column, where it tells more, stands."""
    joined = rows.join(refunds, on="order_id", how="left", maintain_order="left")
    given = pl.max_horizontal("refunded_micros", pl.col("given_back").fill_null(0))
    return joined.with_columns(given.alias("refunded_micros")).drop("given_back")
