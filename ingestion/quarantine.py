"""What makes a readable record unusable: an empty required value, an impossible one, a key that repeats."""

from __future__ import annotations

import polars as pl

from lake.schemas import SilverTable

# Numbers of things that happened; corrections that vendors do send as negative numbers (likes taken
# back, say) are not in the list.
NEVER_NEGATIVE = frozenset(
    (
        "impressions clicks spend_micros sent unique_opens opens recipient_clicks unique_clicks hard_bounces "
        "soft_bounces subscribes unsubscribes complaints followers reach orders_count"
    ).split()
)


def find_bad_rows(table: SilverTable, rows: pl.DataFrame) -> pl.DataFrame:
    """Return (`record_key`, `reason`) of the rows that may not enter the table."""
    checks = [
        (pl.col(name).is_null(), f"{table.name}.{name} is empty or unreadable") for name in table.required
    ]
    checks += [
        (pl.col(name) < 0, f"{table.name}.{name} is negative")
        for name in table.columns
        if name in NEVER_NEGATIVE
    ]
    if table.key:
        taken = ~pl.struct(list(table.key)).is_first_distinct()
        checks.append((taken, f"{table.name} has a row of the same key from another record"))
    reason = pl.coalesce(pl.when(is_bad).then(pl.lit(why)) for is_bad, why in checks)
    return (
        rows.select("record_key", reason.alias("reason"))
        .drop_nulls("reason")
        .unique("record_key", keep="first", maintain_order=True)
    )
