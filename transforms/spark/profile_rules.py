"""The rules by which a profile follows from a person's facts, as the three small gold tables hold them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from lake.audiences.features import COLUMNS, FEATURES, Feature
from lake.audiences.profile import CUTS, DAY, GROUPS, LIKENESS, LINES, PARTS, PROPENSITY, profile_sql
from lake.gold import GOLD
from transforms.profiles.clusters import Clusters
from transforms.profiles.lifecycle import Thresholds
from transforms.profiles.propensity import Propensity, Refusal
from transforms.spark.profile_scores import find_cuts
from transforms.spark.tables import Tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Line = dict[str, str | float]


def read_profiles(tables: Tables) -> DataFrame:
    """Return the workspace's profiles, a row a person with the columns of `lake.audiences.profile`."""
    for name in PARTS:
        tables.read("gold", name).createOrReplaceTempView(name)
    return tables.spark.sql(profile_sql("spark"))


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was learnt of all persons as of a day."""

    as_of_on: date
    thresholds: Thresholds
    clusters: Clusters | None
    future: Propensity | Refusal
    alike: Propensity | Refusal


def write_rules(tables: Tables, scored: DataFrame, learnt: Learnt) -> None:
    """Rewrite the day, the bounds of the scores (`scored` are facts with scores) and the lines."""
    stages = learnt.thresholds
    day = {"at_risk_days": stages.at_risk_days, "lapsed_days": stages.lapsed_days}
    tables.replace(DAY, pl.DataFrame([{"as_of_on": learnt.as_of_on, **day}]))
    tables.replace(CUTS, find_cuts(scored))
    schema = {name: kind for name, kind in GOLD[LINES].schema.items() if name != "workspace_id"}
    tables.replace(LINES, pl.DataFrame([*_lines(learnt)], schema=schema))


def _lines(learnt: Learnt) -> Iterator[Line]:
    for name, model in ((PROPENSITY, learnt.future), (LIKENESS, learnt.alike)):
        if isinstance(model, Propensity):
            yield _line(name, model.intercept, model.features, model.weights)
    if learnt.clusters is not None:
        for group in learnt.clusters.groups:
            intercept, weights = learnt.clusters.line(group)
            yield _line(GROUPS[group.number - 1], intercept, FEATURES, weights)


def _line(name: str, intercept: float, features: Sequence[Feature], weights: Sequence[float]) -> Line:
    mine = {feature.column: weight for feature, weight in zip(features, weights, strict=True)}
    return {"line": name, "intercept": intercept, **dict.fromkeys(COLUMNS, 0.0), **mine}
