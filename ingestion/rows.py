"""Records to silver rows, by the stream's own functions; a record that fails one is named, not guessed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import polars as pl

from channels.contract import Account, Stream, ToSilver
from core.errors import SpreadersError
from ingestion.columns import read_columns
from ingestion.quarantine import find_bad_rows
from lake.schemas import SILVER, SilverTable

# More failures than these are no bad records but a broken connector.
MOST_FAILURES = 100
REASONS = {"record_key": pl.String(), "reason": pl.String()}


class ConnectorBroken(SpreadersError):
    """A connector fails on its vendor's records as a whole; mend the connector and load again."""


@dataclass(slots=True)
class Made:
    """Silver rows per table, and the records that gave none because something in them is unusable.

    `rows` hold the table's own columns plus `record_key`; `reasons` is (`record_key`, `reason`);
    `changed_types` maps a field to (declared type, type seen).
    """

    rows: dict[str, pl.DataFrame]
    reasons: pl.DataFrame
    changed_types: dict[str, tuple[str, str]] = field(default_factory=dict)


def make_rows(stream: Stream, account: Account, records: pl.DataFrame) -> Made:
    """Return what the records say in each silver table of the stream.

    Args:
        stream: The stream.
        account: The account the records belong to.
        records: `record_key` (distinct) and `payload` (JSON as bytes).
    """
    columns = read_columns(records["payload"].to_list(), stream.fields)
    keys = records["record_key"]
    reasons = [
        pl.DataFrame(
            {"record_key": keys.gather(list(columns.reasons)), "reason": [*columns.reasons.values()]},
            schema=REASONS,
        )
    ]
    frame = columns.frame.with_columns(keys)
    if columns.reasons:
        frame = frame.join(reasons[0], on="record_key", how="anti", maintain_order="left")
    rows: dict[str, pl.DataFrame] = {}
    for name, to_silver in stream.silver.items():
        made, failed = run_each(
            partial(_run, to_silver, account, SILVER[name]), frame, f"{stream.name} into {name}"
        )
        rows[name] = made
        reasons += [failed, find_bad_rows(SILVER[name], made)]
    bad = pl.concat(reasons).unique("record_key", keep="first", maintain_order=True)
    if not bad.is_empty():
        rows = {
            name: made.join(bad, on="record_key", how="anti", maintain_order="left")
            for name, made in rows.items()
        }
    return Made(rows, bad, columns.changed_types)


def _run(to_silver: ToSilver, account: Account, table: SilverTable, frame: pl.DataFrame) -> pl.DataFrame:
    made = to_silver(frame, account)
    types = {**table.columns, "record_key": pl.String()}
    return made.select(pl.col(name).cast(dtype, strict=False) for name, dtype in types.items())


def run_each(
    fn: Callable[[pl.DataFrame], pl.DataFrame], frame: pl.DataFrame, what: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the function's rows, and (`record_key`, `reason`) of records it raises for.

    Raises:
        ConnectorBroken: it raises for more than `MOST_FAILURES` records.
    """
    made: list[pl.DataFrame] = []
    failed: list[tuple[str, str]] = []

    def run(part: pl.DataFrame) -> None:
        try:
            made.append(fn(part))
        except (pl.exceptions.PolarsError, ValueError, ArithmeticError, TypeError) as error:
            if len(failed) >= MOST_FAILURES or frame.is_empty():
                raise ConnectorBroken(
                    f"The connector cannot turn {what}; mend it and load again, nothing is lost.",
                    reason=f"{type(error).__name__}: {error}"[:300],
                ) from error
            if part.height == 1:
                failed.append((part["record_key"][0], f"cannot become a row: {type(error).__name__}"))
            else:
                run(part[: part.height // 2])
                run(part[part.height // 2 :])

    run(frame)
    rows = pl.concat(made) if made else fn(frame.clear())
    return rows, pl.DataFrame(failed, schema=REASONS, orient="row")
