"""The job that writes what every person did and bought, and the rules and models of their profiles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pyspark.sql import functions as fn

from lake.audiences.features import BEHAVIOUR, COLUMNS, FEATURES
from lake.audiences.profile import CHAMPIONS, FACTS
from transforms.profiles.clusters import Clusters, find_clusters
from transforms.profiles.lifecycle import find_thresholds, median_gap
from transforms.profiles.propensity import Propensity, Refusal, fit_propensity
from transforms.spark.job import Work
from transforms.spark.profile_events import Events, read_all, read_as_of
from transforms.spark.profile_facts import count_gaps, count_waits, state_ages, state_facts, state_products
from transforms.spark.profile_rules import Learnt, write_rules
from transforms.spark.profile_scores import score_product, score_rfm
from transforms.spark.tables import Tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Models learn from at most about so many persons, chosen by the hash of their id.
SAMPLE = 40_000
HASHES = 16**8
Bools = NDArray[np.bool_]
# The weeks a propensity looks ahead: the shop's median time between two orders, within these bounds.
SHORTEST_DAYS, LONGEST_DAYS, USUAL_DAYS = 7, 60, 30
# At least so much of the history lies before the weeks that are foretold.
LEARNT_SHARE = 0.5


def run(work: Work) -> None:
    """Rewrite the profiles' tables from the silver ones, as of the latest day with a visit or an order."""
    events = read_all(work.tables)
    first_on, last_on = find_days(events)
    if first_on is not None and last_on is not None:
        write_profiles(work, events, first_on, last_on)


def write_profiles(work: Work, events: Events, first_on: date, as_of_on: date) -> None:
    """Rewrite the profiles' tables as of a day; `first_on` is the first with an event."""
    tables = work.tables
    gaps = count_gaps(events, as_of_on)
    thresholds = find_thresholds(gaps, count_waits(events, as_of_on))
    tables.replace("person_product", state_products(events, as_of_on))
    products = tables.read("gold", "person_product")
    tables.replace(FACTS, score_product(state_facts(events, as_of_on), products))
    # Read back: what was worked out once is not worked out again for each of the models.
    facts = score_rfm(state_ages(tables.read("gold", FACTS), as_of_on))
    chosen = sample(facts, "rfm_segment")
    clusters = find_clusters(chosen)
    horizon = choose_horizon(median_gap(gaps), first_on, as_of_on)
    future = learn_future(tables, events, as_of_on, horizon)
    alike = learn_champions(chosen)
    write_rules(tables, facts, Learnt(as_of_on, thresholds, clusters, future, alike))
    rows = [
        _model(
            "lifecycle",
            thresholds.gaps,
            None,
            None,
            thresholds.told,
            at_risk_days=thresholds.at_risk_days,
            lapsed_days=thresholds.lapsed_days,
        ),
        _about("propensity", future, f"Probability of an order within {horizon} days", horizon_days=horizon),
        _about("likeness", alike, "Likeness to champions by behaviour alone"),
        _about_clusters(clusters),
    ]
    _write(work, "profile_model", rows, as_of_on)
    groups = clusters.groups if clusters else ()
    _write(work, "person_cluster", [_group(c) for c in groups], as_of_on)


def find_days(events: Events) -> tuple[date | None, date | None]:
    """Return the first and the latest day with a visit or an order; the clock on the wall says nothing."""
    days = events.visits.select("day_on").unionByName(events.orders.select("day_on"))
    row = days.agg(fn.min("day_on"), fn.max("day_on")).collect()[0]
    return row[0], row[1]


def choose_horizon(median: int | None, first_on: date, as_of_on: date) -> int:
    """Return how many days ahead to foretell: twice as many, to learn from and to judge by, have passed."""
    wanted = min(max(median or USUAL_DAYS, SHORTEST_DAYS), LONGEST_DAYS)
    most = int((as_of_on - first_on).days * (1 - LEARNT_SHARE) / 2)
    return max(1, min(wanted, most))


def sample(facts: DataFrame, *more: str) -> pl.DataFrame:
    """Return the features of at most about `SAMPLE` persons, the same ones on every engine, by id."""
    number = facts.count()
    chosen = facts
    if number > SAMPLE:
        bound = f"{int(HASHES * SAMPLE / number):08x}"
        chosen = facts.where(fn.substring(fn.md5("person_id"), 1, 8) < bound)
    rows = chosen.select("person_id", *COLUMNS, *more).toArrow()
    return pl.DataFrame(rows).sort("person_id")


def learn_future(tables: Tables, events: Events, as_of_on: date, horizon: int) -> Propensity | Refusal:
    """Return what foretells an order, learnt from one stretch of days and judged by the one after it.

    Facts as they stood two horizons ago teach, against the orders of the horizon that followed; facts of one
    horizon ago and the orders since judge.
    """
    cuts = [as_of_on - timedelta(days=horizon * number) for number in (2, 1)]
    taught, later = (foresee(tables, events, cut_on, horizon) for cut_on in cuts)
    return fit_propensity(*taught, FEATURES, f"ordered within {horizon} days", later)


def foresee(tables: Tables, events: Events, cut_on: date, horizon: int) -> tuple[pl.DataFrame, Bools]:
    """Return the facts of persons as they were known on a day, and whether each ordered in the days after.

    Whether a person ordered is told by today's identities: only what foretells must be of its day.
    """
    last_on = cut_on + timedelta(days=horizon)
    after = events.orders.where(fn.col("day_on") > fn.lit(cut_on)).where(fn.col("day_on") <= fn.lit(last_on))
    buyers = after.select(fn.col("person_id").alias("today_id")).distinct()
    known, whose = read_as_of(tables, cut_on)
    named = buyers.join(whose, "today_id", "left").select(
        fn.coalesce("person_id", "today_id").alias("person_id")
    )
    facts = state_facts(known, cut_on).join(
        named.distinct().withColumn("did", fn.expr("true")), "person_id", "left"
    )
    rows = sample(facts, "did")
    return rows, rows["did"].fill_null(value=False).to_numpy().astype(np.bool_)


def learn_champions(rows: pl.DataFrame) -> Propensity | Refusal:
    """Return what champions do apart from buying: the rest are scored by it."""
    did = (rows["rfm_segment"] == CHAMPIONS).fill_null(value=False).to_numpy().astype(np.bool_)
    return fit_propensity(rows, did, BEHAVIOUR, "are champions")


def _about(name: str, model: Propensity | Refusal, what: str, **settings: int) -> dict[str, Any]:
    if isinstance(model, Refusal):
        return _model(name, model.rows, model.positives, None, f"{what}: none. {model.because}", **settings)
    told = (
        f"{what}, learnt from {model.rows:,} persons of whom {model.positives:,} did: ranks one who did "
        f"above one who did not {model.auc:.0%} of the time, off by {model.calibration_error:.1%} on average"
        f"{model.judged}."
    )
    weights = {f.column: w for f, w in zip(model.features, model.weights, strict=True)}
    return _model(
        name, model.rows, model.positives, model.auc, told,
        calibration_error=model.calibration_error, weights=weights, intercept=model.intercept, **settings,
    )  # fmt: skip


def _about_clusters(clusters: Clusters | None) -> dict[str, Any]:
    if clusters is None:
        return _model("clusters", 0, None, None, "No groups: there are too few persons, or all are alike.")
    best = len(clusters.groups)
    told = f"{best} groups stand apart best (silhouette {clusters.silhouettes[best]:.2f}), of 3 to 6 tried."
    return _model("clusters", clusters.rows, None, None, told, silhouettes=clusters.silhouettes)


def _model(
    name: str, rows: int, positives: int | None, auc: float | None, told: str, **settings: Any
) -> dict[str, Any]:
    return {
        "model": name,
        "rows": rows,
        "positives": positives,
        "auc": auc,
        "told": told,
        "settings": json.dumps(settings, sort_keys=True),
    }


def _group(cluster: Any) -> dict[str, Any]:
    return {
        "cluster": str(cluster.number),
        "size": cluster.size,
        "name": cluster.name,
        "description": cluster.description,
    }


def _write(work: Work, name: str, rows: list[dict[str, Any]], as_of_on: date) -> None:
    """Replace a small table by these rows."""
    types = SMALL[name]
    table = work.tables.spark.createDataFrame(
        [tuple(row[column] for column in types) for row in rows],
        ", ".join(f"{column} {kind}" for column, kind in types.items()),
    )
    work.tables.replace(name, table.withColumn("as_of_on", fn.lit(as_of_on)))


SMALL: Mapping[str, Mapping[str, str]] = {
    "profile_model": {
        "model": "string",
        "rows": "bigint",
        "positives": "bigint",
        "auc": "double",
        "told": "string",
        "settings": "string",
    },
    "person_cluster": {"cluster": "string", "size": "bigint", "name": "string", "description": "string"},
}
