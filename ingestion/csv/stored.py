"""What the lake holds already: records of earlier imports as files told them, rows of connected accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import polars as pl

from ingestion.csv.batch import Batch
from ingestion.csv.identity import PREFIX, plain_account
from ingestion.csv.kinds import Cell, Kind
from lake.asof import select_versions
from lake.delta import Lake

_TYPES: dict[Cell, pl.DataType] = {
    **dict.fromkeys(("text", "code", "person", "day", "instant"), pl.String()),
    **dict.fromkeys(("count", "money", "seconds", "gauge"), pl.Int64()),
    "real": pl.Float64(),
    "flag": pl.Boolean(),
}


@dataclass(frozen=True, slots=True)
class Where:
    """The lake, whose rows, the channel an import is for, and what the same call brings beside it.

    `pending` are batches by account that were read and are not stored yet. `account` is the one the caller
    named, None where the files and the lake tell.
    """

    lake: Lake
    workspace: UUID | str
    channel: str
    pending: Sequence[tuple[str, Batch]] = ()
    account: str | None = None

    def stored(self, kind: Kind) -> pl.DataFrame:
        """Return the records of a kind that imports brought, and those of this call.

        The columns are `account_id`, `record_key`, `key`, `is_pending`, and those of the kind; `vendor` is
        the vendor's own account in plain form, empty where no column told it.
        """
        parts = [self._earlier(kind)]
        for account_id, batch in self.pending:
            if batch.kind is kind and not batch.good.is_empty():
                owned = (
                    pl.lit(account_id).alias("account_id"),
                    pl.lit("").alias("record_key"),
                    pl.lit(value=True).alias("is_pending"),
                )
                parts.append(batch.good.with_columns(*owned).select(parts[0].columns).cast(parts[0].schema))
        rows = pl.concat(parts)
        told = plain_account(pl.col("account")).fill_null("") if "account" in kind.fields else pl.lit("")
        return rows.with_columns(told.alias("vendor"))

    def _earlier(self, kind: Kind) -> pl.DataFrame:
        versions = select_versions(self.lake, self.channel, kind.stream, self.workspace)
        alive = versions.filter(~pl.col("is_deleted"), pl.col("account_id").str.starts_with(PREFIX))
        cells = {kind.column(name): cell for name, cell in kind.fields.items()}
        shape = pl.Struct({"key": pl.String(), **{name: _TYPES[cell] for name, cell in cells.items()}})
        told = alive.select(
            "account_id", "record_key", pl.col("payload").str.json_decode(shape).alias("told")
        ).unnest("told")
        return told.select("account_id", "record_key", "key", pl.lit(value=False).alias("is_pending"), *(
            _typed(name, cell) for name, cell in cells.items()
        ))  # fmt: skip

    def connected(self, table: str, *more: pl.Expr, columns: list[str]) -> pl.DataFrame:
        """Return rows of a silver table that connected accounts of the channel brought."""
        return self.lake.read(
            *("silver", table, self.workspace),
            pl.col("channel") == self.channel,
            ~pl.col("account_id").str.starts_with(PREFIX),
            ~pl.col("stream").str.ends_with("_import"),
            *more,
            columns=["account_id", *columns],
        )


def _typed(name: str, cell: Cell) -> pl.Expr:
    if cell == "day":
        return pl.col(name).str.to_date("%Y-%m-%d", strict=False)
    if cell == "instant":
        return pl.col(name).str.to_datetime(
            "%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us", time_zone="UTC", strict=False
        )
    return pl.col(name)


def spans(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with `until_on`, the last day a row covers."""
    until = (
        pl.max_horizontal("day_on", "day_until_on") if "day_until_on" in rows.columns else pl.col("day_on")
    )
    return rows.with_columns(until.alias("until_on"))


def range_of(rows: pl.DataFrame) -> tuple[date, date] | None:
    """Return the first and the last day rows cover, None without any."""
    covered = spans(rows)
    first, last = covered["day_on"].min(), covered["until_on"].max()
    return (first, last) if isinstance(first, date) and isinstance(last, date) else None
