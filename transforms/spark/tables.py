"""The lake as one workspace's Spark job sees it: read any table, replace the rows of a gold one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING
from uuid import UUID

import polars as pl
from deltalake import DeltaTable

from lake.changes import COUNT, Changed, apply_changes, compared, overwrite, split_counts, subtract
from lake.delta import Lake, conform
from lake.gold import GOLD
from lake.layout import Layer, Layout, layout_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SPARK_TYPES: Mapping[type[pl.DataType], str] = MappingProxyType(
    {
        pl.String: "string",
        pl.Int64: "bigint",
        pl.Float64: "double",
        pl.Date: "date",
        pl.Datetime: "timestamp",
        pl.Boolean: "boolean",
    }
)

Owned = Mapping[str, int | str]


@dataclass(frozen=True)
class Tables:
    """The Delta tables of one workspace in one Spark session; `changed` counts what was written, by table."""

    spark: SparkSession
    lake: Lake
    workspace: UUID
    changed: dict[str, Changed] = field(default_factory=dict)

    def exists(self, layer: Layer, name: str) -> bool:
        """Tell whether the table was ever written."""
        return self.lake.open(layer, name) is not None

    def read(self, layer: Layer, name: str) -> DataFrame:
        """Return the workspace's rows, in no order; no rows if the table was never written."""
        layout = layout_of(layer, name)
        if not self.exists(layer, name):
            return self.send(layout.empty())
        rows = self.spark.read.format("delta").load(self.lake.address(layer, name))
        return rows.where(rows["workspace_id"] == str(self.workspace))

    def send(self, rows: pl.DataFrame) -> DataFrame:
        """Return rows of this process as a table of the session; meant for small ones."""
        columns = ", ".join(f"`{column}` {spark_type(kind)}" for column, kind in rows.schema.items())
        if rows.is_empty():
            return self.spark.createDataFrame([], columns)
        return self.spark.createDataFrame(rows.to_arrow(compat_level=pl.CompatLevel.oldest()))

    def replace(self, name: str, rows: DataFrame | pl.DataFrame, **scope: int) -> None:
        """Make `rows` all that a gold table holds for the workspace and the scope (`window_days=30`).

        `rows` needs the table's columns but `workspace_id` and those of the scope, in any order; they are
        cast to the table's types. Only what differs from the stored rows is written, `computed_at` aside;
        how much that was is added to `changed`. One commit: a reader sees the old rows or the new ones.
        """
        owned: dict[str, int | str] = {"workspace_id": str(self.workspace), **scope}
        layout = layout_of("gold", name)
        # Alone: neither Sail nor JVM Spark tries again when another writer commits first.
        with self.lake.lock("gold", name, alone=True):
            table = self.lake.create("gold", name)
            if isinstance(rows, pl.DataFrame):
                changed = self._replace_from_here(table, layout, rows, owned)
            else:
                changed = self._replace_there(table, layout, rows, owned)
        self.changed[name] = self.changed.get(name, Changed()) + changed

    def append(self, name: str, rows: pl.DataFrame) -> None:
        """Add rows to a gold table that keeps its history, in one commit."""
        self.lake.append("gold", name, rows.with_columns(workspace_id=pl.lit(str(self.workspace))))
        self.changed[name] = self.changed.get(name, Changed()) + Changed(inserted=rows.height)

    def _replace_from_here(
        self, table: DeltaTable, layout: Layout, rows: pl.DataFrame, owned: Owned
    ) -> Changed:
        tidy = conform(layout, rows.with_columns(pl.lit(v).alias(k) for k, v in owned.items()))
        stored = conform(layout, self._stored(layout.name, owned).collect())
        columns = compared(layout)
        added, gone = subtract(tidy.select(columns), stored.select(columns))
        fresh = tidy.join(added, on=columns, how="semi", nulls_equal=True)
        changed = apply_changes(
            table, GOLD[layout.name].key, fresh, conform(layout, gone), _where(owned, "t.")
        )
        if changed is not None:
            return changed
        overwrite(table, tidy, _where(owned))
        return Changed(inserted=tidy.height, deleted=stored.height)

    def _replace_there(self, table: DeltaTable, layout: Layout, rows: DataFrame, owned: Owned) -> Changed:
        tidy = self._conform_there(layout, rows, owned)
        before = self._count(layout.name, owned)
        if before:
            added, gone = self._subtract_there(layout, tidy, owned)
            changed = apply_changes(table, GOLD[layout.name].key, added, gone, _where(owned, "t."))
            if changed is not None:
                return changed
        writer = tidy.write.format("delta").mode("overwrite")
        where = _where(owned)
        writer.options(replaceWhere=where).save(self.lake.address("gold", layout.name))
        return Changed(inserted=self._count(layout.name, owned), deleted=before)

    def _subtract_there(
        self, layout: Layout, tidy: DataFrame, owned: Owned
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the rows to add to the stored ones and to take from them, found by the engine."""
        from pyspark.sql import functions as fn

        stored = self._conform_there(layout, self.read("gold", layout.name).where(_where(owned)), owned)
        sides = [
            side.withColumn(COUNT, fn.lit(sign).cast("bigint")) for side, sign in ((tidy, 1), (stored, -1))
        ]
        columns = compared(layout)
        rest = [fn.max(name).alias(name) for name in layout.columns if name not in columns]
        counted = sides[0].unionByName(sides[1]).groupBy(*columns).agg(fn.sum(COUNT).alias(COUNT), *rest)
        found = pl.DataFrame(counted.where(f"{COUNT} <> 0").toArrow())
        counts = found.get_column(COUNT) if COUNT in found.columns else pl.Series([], dtype=pl.Int64)
        return split_counts(conform(layout, found).with_columns(counts.alias(COUNT)))

    def _conform_there(self, layout: Layout, rows: DataFrame, owned: Owned) -> DataFrame:
        from pyspark.sql import functions as fn

        return rows.select(
            *(
                (fn.lit(owned[column]) if column in owned else fn.col(column))
                .cast(spark_type(kind))
                .alias(column)
                for column, kind in layout.columns.items()
            )
        )

    def _stored(self, name: str, owned: Owned) -> pl.LazyFrame:
        rows = self.lake.scan("gold", name, self.workspace)
        return rows.filter(pl.col(column) == value for column, value in owned.items())

    def _count(self, name: str, owned: Owned) -> int:
        return int(self._stored(name, owned).select(pl.len()).collect().item())


def _where(owned: Owned, alias: str = "") -> str:
    return " AND ".join(f"{alias}{column} = {value!r}" for column, value in owned.items())


def spark_type(kind: pl.DataType) -> str:
    """Return the Spark SQL name of a column type of the lake."""
    return SPARK_TYPES[type(kind)]
