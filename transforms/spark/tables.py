"""The lake as one workspace's Spark job sees it: read any table, replace the rows of a gold one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING
from uuid import UUID

import polars as pl
from deltalake import write_deltalake

from lake.delta import WRITER, Lake, append_to, conform
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


@dataclass(frozen=True)
class Tables:
    """The Delta tables of one workspace in one Spark session."""

    spark: SparkSession
    lake: Lake
    workspace: UUID

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
        cast to the table's types. Rows of this process, however many, are written from here. One commit: a
        reader sees the old rows or the new ones.
        """
        owned: dict[str, int | str] = {"workspace_id": str(self.workspace), **scope}
        where = " AND ".join(f"{column} = {value!r}" for column, value in owned.items())
        self._write(layout_of("gold", name), rows, owned, where)

    def append(self, name: str, rows: DataFrame | pl.DataFrame) -> None:
        """Add rows to a gold table that keeps its history, in one commit."""
        self._write(layout_of("gold", name), rows, {"workspace_id": str(self.workspace)}, None)

    def _write(
        self,
        layout: Layout,
        rows: DataFrame | pl.DataFrame,
        owned: Mapping[str, int | str],
        where: str | None,
    ) -> None:
        # Alone: neither Sail nor JVM Spark tries again when another writer commits first.
        with self.lake.lock("gold", layout.name, alone=True):
            table = self.lake.create("gold", layout.name)
            if isinstance(rows, pl.DataFrame):
                tidy = conform(layout, rows.with_columns(pl.lit(v).alias(k) for k, v in owned.items()))
                if where:
                    write_deltalake(table, tidy, mode="overwrite", predicate=where, writer_properties=WRITER)
                else:
                    append_to(table, tidy, {})
            else:
                self._write_there(layout, rows, owned, where)

    def _write_there(
        self, layout: Layout, rows: DataFrame, owned: Mapping[str, int | str], where: str | None
    ) -> None:
        from pyspark.sql import functions as fn

        tidy = rows.select(
            *(
                (fn.lit(owned[column]) if column in owned else fn.col(column))
                .cast(spark_type(kind))
                .alias(column)
                for column, kind in layout.columns.items()
            )
        )
        writer = tidy.write.format("delta").mode("overwrite" if where else "append")
        options = {"replaceWhere": where} if where else {}
        writer.options(**options).save(self.lake.address("gold", layout.name))


def spark_type(kind: pl.DataType) -> str:
    """Return the Spark SQL name of a column type of the lake."""
    return SPARK_TYPES[type(kind)]
