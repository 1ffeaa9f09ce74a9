"""What makes a readable record unusable: it breaks a critical rule of the table, or its key repeats."""

from __future__ import annotations

import polars as pl

from lake.quality.silver import row_rules
from lake.schemas import SilverTable


def find_bad_rows(table: SilverTable, rows: pl.DataFrame) -> pl.DataFrame:
    """Return (`record_key`, `reason`) of the rows that may not enter the table."""
    checks = [(rule.broken(), rule.reason(table.name)) for rule in row_rules(table)]
    if table.key:
        taken = ~pl.struct(list(table.key)).is_first_distinct()
        checks.append((taken, f"{table.name} has a row of the same key from another record"))
    reason = pl.coalesce(pl.when(is_bad).then(pl.lit(why)) for is_bad, why in checks)
    return (
        rows.select("record_key", reason.alias("reason"))
        .drop_nulls("reason")
        .unique("record_key", keep="first", maintain_order=True)
    )
