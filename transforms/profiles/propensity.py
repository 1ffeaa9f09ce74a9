"""Look-alikes: the probability that a person does what others did, by a calibrated logistic regression."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lake.audiences.features import FEATURES, Feature
from transforms.profiles.flattening import flatten

FEWEST_POSITIVES = 50
# Of 10 persons 6 teach, 2 calibrate and 2 judge; which, their id decides for good.
PARTS = 10
TEACH, CALIBRATE = 6, 8
BINS = 10


@dataclass(frozen=True, slots=True)
class Propensity:
    """A fitted model: `p = 1 / (1 + exp(-(intercept + Σ weight · feature)))`, and how well it judges.

    `auc` is the chance that it ranks a person who did above one who did not, on persons it never saw;
    `calibration_error` is the mean gap between the probability said and the share that came, there.
    `judged` says so when both are of days after those it learnt from.
    """

    features: tuple[Feature, ...]
    weights: tuple[float, ...]
    intercept: float
    rows: int
    positives: int
    auc: float
    calibration_error: float
    judged: str = ""

    def score(self, rows: pl.DataFrame) -> NDArray[np.float64]:
        """Return the probability of each row."""
        return sigmoid(self.intercept + flatten(rows, self.features) @ np.array(self.weights))


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why no model was made."""

    because: str
    rows: int
    positives: int


def fit_propensity(
    rows: pl.DataFrame,
    did: NDArray[np.bool_],
    features: tuple[Feature, ...] = FEATURES,
    what: str = "bought",
    later: tuple[pl.DataFrame, NDArray[np.bool_]] | None = None,
) -> Propensity | Refusal:
    """Return the model of who did it, from features known before they did.

    Args:
        rows: One row a person: `person_id` and the features' columns.
        did: Whether each did it afterwards.
        features: What to judge by.
        what: What they did, for the refusal's sentence.
        later: Rows of a later time, and who did it after that, to judge by; the same rows where None.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    positives = int(did.sum())
    rarer = min(positives, len(did) - positives)
    if rarer < FEWEST_POSITIVES:
        which = "did not" if rarer < positives else what
        because = (
            f"Only {rarer:,} of {len(did):,} persons {which}; {FEWEST_POSITIVES} are needed to learn from."
        )
        return Refusal(because, len(did), positives)
    part = _parts_of(rows)
    flat = flatten(rows, features)
    mean, spread = flat.mean(axis=0), flat.std(axis=0)
    spread[spread == 0] = 1.0
    scaled = (flat - mean) / spread
    teach, tune = part < TEACH, (part >= TEACH) & (part < CALIBRATE)
    judges, came = later or (rows, did)
    judge = _parts_of(judges) >= CALIBRATE
    seen = came[judge]
    if not all(0 < outcome.sum() < len(outcome) for outcome in (did[teach], did[tune], seen)):
        because = (
            f"The {positives:,} persons who {what} are too unevenly spread to learn from and to judge by."
        )
        return Refusal(because, len(did), positives)
    learnt = LogisticRegression(max_iter=1000).fit(scaled[teach], did[teach])
    line = scaled @ learnt.coef_[0] + learnt.intercept_[0]
    # Platt's calibration: a second regression on the first one's line, on persons it did not learn from.
    tuned = LogisticRegression(max_iter=1000).fit(line[tune][:, None], did[tune])
    slope, shift = float(tuned.coef_[0, 0]), float(tuned.intercept_[0])
    weights = slope * learnt.coef_[0] / spread
    intercept = slope * (learnt.intercept_[0] - float((learnt.coef_[0] * mean / spread).sum())) + shift
    said = sigmoid(intercept + flatten(judges, features)[judge] @ weights)
    return Propensity(
        features,
        tuple(float(weight) for weight in weights),
        float(intercept),
        len(did),
        positives,
        float(roc_auc_score(seen, said)),
        calibration_error(said, seen),
        ", on later days than it learnt from" if later else "",
    )


def calibration_error(said: NDArray[np.float64], did: NDArray[np.bool_]) -> float:
    """Return the mean gap between said and seen over ten bins of about equally many, weighted by size.

    Equal probabilities are always in one bin.
    """
    edges = np.quantile(said, np.linspace(0, 1, BINS + 1)[1:-1])
    bins = np.searchsorted(edges, said, side="right")
    chosen = [bins == number for number in np.unique(bins)]
    gaps = [abs(said[mine].mean() - did[mine].mean()) * mine.sum() for mine in chosen]
    return float(sum(gaps) / len(said))


def sigmoid(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / (1 + exp(-line))."""
    result: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-line))
    return result


def _parts_of(rows: pl.DataFrame) -> NDArray[np.int64]:
    return np.array([_part_of(person) for person in rows["person_id"]], dtype=np.int64)


def _part_of(person: str) -> int:
    return int(hashlib.md5(person.encode(), usedforsecurity=False).hexdigest()[:8], 16) % PARTS
