"""The job that keeps who is in which audience, since when and until when."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as fn

from core.errors import BadInput
from lake.audiences.condition import read_condition, render
from lake.audiences.fields import PRODUCTS, PROFILE
from lake.audiences.profile import DAY
from transforms.spark.job import Work
from transforms.spark.profile_rules import read_profiles

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row

KEY = ("audience_id", "version", "person_id")


def run(work: Work) -> None:
    """Close the rows of those who left, open rows for those who came; without either, write nothing.

    A member came on the day the profiles stand at, and left on the first such day without membership.
    A new version of a definition closes the rows of the one before and opens its own.
    """
    tables = work.tables
    as_of_on = tables.read("gold", DAY).agg(fn.max("as_of_on")).collect()[0][0]
    if as_of_on is None:
        return
    history = tables.read("gold", "audience_member").drop("workspace_id")
    now = find_members(work).withColumn("is_now", fn.expr("true"))
    was = history.where("until_on IS NULL").withColumn("was", fn.expr("true"))
    both = was.join(now, list(KEY), "full")
    changed = both.where("was IS NULL OR is_now IS NULL")
    if not changed.limit(1).count():
        return
    until = fn.when(fn.col("is_now").isNull(), fn.greatest("since_on", fn.lit(as_of_on)))
    present = both.select(
        *KEY, fn.coalesce("since_on", fn.lit(as_of_on)).alias("since_on"), until.alias("until_on")
    )
    past = history.where("until_on IS NOT NULL").select(*present.columns)
    tables.replace("audience_member", past.unionByName(present))


def find_members(work: Work) -> DataFrame:
    """Return audience_id, version and person_id of everyone who meets a definition now.

    Raises:
        BadInput: the engine cannot answer a definition; the message names it.
    """
    read_profiles(work.tables).createOrReplaceTempView(PROFILE)
    work.tables.read("gold", PRODUCTS).createOrReplaceTempView(PRODUCTS)
    definitions = work.tables.read("gold", "audience_definition").orderBy("audience_id").collect()
    nobody = work.tables.spark.createDataFrame([], "audience_id string, version bigint, person_id string")
    return reduce(lambda all_, one: all_.unionByName(one), (_ask(work, d) for d in definitions), nobody)


def _ask(work: Work, definition: Row) -> DataFrame:
    from pyspark.errors import PySparkException

    where = render(read_condition(definition["condition"]), "spark")
    try:
        found = work.tables.spark.sql(f"SELECT person_id FROM {PROFILE} WHERE {where}")
        return found.select(
            fn.lit(definition["audience_id"]).alias("audience_id"),
            fn.lit(definition["version"]).cast("bigint").alias("version"),
            "person_id",
        )
    except PySparkException as error:
        said = str(error).split("\n", 1)[0][:200]
        raise BadInput(f"The audience {definition['name']!r} cannot be asked: {said}") from error
