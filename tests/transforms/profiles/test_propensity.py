"""Propensity: learns what is there, says how well, and refuses where there is too little."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from lake.audiences.features import COLUMNS, FEATURES, Feature
from tests.shared import real
from transforms.profiles.propensity import (
    FEWEST_POSITIVES,
    Propensity,
    Refusal,
    calibration_error,
    fit_propensity,
    sigmoid,
)

ROWS = 6000


def people(rows: int = ROWS) -> pl.DataFrame:
    rng = np.random.default_rng(3)
    counts = {f.column: rng.integers(0, 20, rows) * f.scale for f in FEATURES}
    return pl.DataFrame({"person_id": [f"p{n}" for n in range(rows)], **counts})


def test_what_decides_gets_the_weight_and_the_probabilities_are_true():
    frame = people()
    truth = sigmoid(-4.0 + 1.5 * np.log1p(frame["visits"].to_numpy()))
    did = np.random.default_rng(4).random(ROWS) < truth
    found = fit_propensity(frame, did)
    assert isinstance(found, Propensity)
    weights = dict(zip(COLUMNS, found.weights, strict=True))
    assert weights["visits"] == pytest.approx(1.5, abs=0.25)
    assert max(abs(w) for name, w in weights.items() if name != "visits") < 1.0
    assert (found.rows, found.positives) == (ROWS, int(did.sum()))
    assert found.auc > 0.7
    assert found.calibration_error < 0.05
    assert np.abs(found.score(frame) - truth).mean() < 0.04


def test_the_same_persons_in_another_order_give_the_same_model():
    frame, shuffled = people(), people().sample(fraction=1, shuffle=True, seed=1)
    visits = frame["visits"].to_numpy() > 12
    turned = shuffled["visits"].to_numpy() > 12
    one = fit_propensity(frame, visits)
    other = fit_propensity(shuffled, turned)
    assert isinstance(one, Propensity)
    assert isinstance(other, Propensity)
    assert one.weights == pytest.approx(other.weights, abs=1e-4)
    assert (one.auc, one.positives) == pytest.approx((other.auc, other.positives))


def test_the_quality_told_is_that_of_the_later_days():
    frame = people()
    did = frame["visits"].to_numpy() > 12
    same, turned = (fit_propensity(frame, did, later=(frame, came)) for came in (did, ~did))
    assert fit_propensity(frame, did).judged == ""
    assert same.judged == ", on later days than it learnt from"
    assert same.weights == turned.weights == fit_propensity(frame, did).weights
    assert same.auc > 0.95
    assert turned.auc == pytest.approx(1 - same.auc)
    assert turned.calibration_error > 0.5
    nobody = fit_propensity(frame, did, later=(frame, np.zeros(ROWS, dtype=bool)))
    assert isinstance(nobody, Refusal)


@pytest.mark.parametrize("positives", [0, FEWEST_POSITIVES - 1, ROWS - FEWEST_POSITIVES + 1])
def test_too_few_of_either_kind_are_refused_with_their_number(positives):
    did = np.arange(ROWS) < positives
    found = fit_propensity(people(), did, FEATURES, "ordered")
    assert isinstance(found, Refusal)
    fewer = min(positives, ROWS - positives)
    which = "ordered" if positives < ROWS / 2 else "did not"
    assert found.because == f"Only {fewer} of 6,000 persons {which}; 50 are needed to learn from."
    assert found.positives == positives


def test_the_calibration_error_is_the_gap_between_said_and_seen():
    said = np.repeat([0.1, 0.9], 1000)
    did = np.concatenate([np.arange(1000) < 100, np.arange(1000) < 500])
    assert calibration_error(said, did) == pytest.approx(0.2, abs=0.02)


@pytest.mark.shared
def test_on_a_real_mail_experiment_it_ranks_visits_and_foretells_their_number():
    """Hillstrom's 64,000 customers: who visits after a mail, from what was known before."""
    rows = pl.read_csv(real("hillstrom_email/hillstrom.csv"), schema_overrides={"spend": pl.Float64})
    features = (
        Feature("recency", "fresh", "", ""),
        Feature("history", "log", "", ""),
        Feature("newbie", "log", "", ""),
        Feature("womens", "log", "", ""),
        Feature("mailed", "log", "", ""),
    )
    frame = rows.with_columns(
        pl.format("h{}", pl.int_range(pl.len())).alias("person_id"),
        (pl.col("segment") != "No E-Mail").cast(pl.Int64).alias("mailed"),
    )
    did = (rows["visit"] == 1).to_numpy()
    found = fit_propensity(frame, did, features, "visited")
    assert isinstance(found, Propensity)
    assert 0.6 < found.auc < 0.75
    assert found.calibration_error < 0.015
    assert found.score(frame).mean() == pytest.approx(did.mean(), abs=0.006)
    assert found.weights[features.index(features[-1])] > 0  # a mail makes visits more likely
