"""Groups of persons who behave alike, and what sets each apart in plain words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lake.audiences.features import FEATURES, Feature
from transforms.profiles.flattening import flatten

CHOICES = range(3, 7)
FEWEST_ROWS = 50
# The silhouette compares every pair; this many persons tell the same as all.
JUDGED = 2000
SEED = 20
# A mean this many standard deviations from everyone's is worth a word; the strongest three are said.
WORTH_SAYING = 0.35
MOST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Cluster:
    """One group: its number (1 spends most), how many of the sample are in it, its words, its centre."""

    number: int
    size: int
    name: str
    description: str
    centre: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Clusters:
    """The groups, and how well they stand apart (silhouette, -1 to 1) for each number of them tried."""

    groups: tuple[Cluster, ...]
    mean: tuple[float, ...]
    spread: tuple[float, ...]
    rows: int
    silhouettes: dict[int, float]

    def line(self, cluster: Cluster) -> tuple[float, tuple[float, ...]]:
        """Return intercept and weights of a group's line over the flattened features.

        The nearest centre is the group whose line is highest: of the squared distance
        `Σ ((feature - mean) / spread - centre)²` all but twice the line is the same for every group.
        """
        parts = list(zip(cluster.centre, self.mean, self.spread, strict=True))
        intercept = -sum(centre * mean / spread + centre * centre / 2 for centre, mean, spread in parts)
        return intercept, tuple(centre / spread for centre, _, spread in parts)


def find_clusters(rows: pl.DataFrame) -> Clusters | None:
    """Return the groups of a sample of persons, None where there are too few or all are alike.

    The number of groups, 3 to 6, is the one whose silhouette is best. The same rows in the same
    order give the same groups.
    """
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    if rows.height < FEWEST_ROWS:
        return None
    flat = flatten(rows)
    mean, spread = flat.mean(axis=0), flat.std(axis=0)
    spread = np.where(spread < 1e-9, 1.0, spread)
    scaled = (flat - mean) / spread
    if len(np.unique(scaled.round(9), axis=0)) <= CHOICES.stop:
        return None
    fits = {k: KMeans(k, n_init=4, random_state=SEED).fit(scaled) for k in CHOICES}
    judged = np.random.default_rng(SEED).permutation(len(scaled))[:JUDGED]
    silhouettes = {
        k: float(silhouette_score(scaled[judged], fit.labels_[judged]))
        for k, fit in fits.items()
        if len(set(fit.labels_[judged])) > 1
    }
    if not silhouettes:
        return None
    best = fits[max(silhouettes, key=lambda k: (round(silhouettes[k], 9), -k))]
    revenue = rows["revenue_micros"].fill_null(0).to_numpy()
    worth = [(-float(revenue[best.labels_ == label].mean()), label) for label in range(best.n_clusters)]
    groups = tuple(
        _describe(rows, scaled, best.labels_ == label, number, best.cluster_centers_[label])
        for number, (_, label) in enumerate(sorted(worth), 1)
    )
    return Clusters(groups, tuple(map(float, mean)), tuple(map(float, spread)), rows.height, silhouettes)


def _describe(
    rows: pl.DataFrame,
    scaled: NDArray[np.float64],
    chosen: NDArray[np.bool_],
    number: int,
    centre: NDArray[np.float64],
) -> Cluster:
    size = int(chosen.sum())
    means = scaled[chosen].mean(axis=0)
    strongest = sorted(range(len(FEATURES)), key=lambda i: -abs(means[i]))[:MOST_WORDS]
    mine = rows.filter(pl.Series(chosen))
    said = [_words(FEATURES[i], mine, more=means[i] > 0) for i in strongest if abs(means[i]) >= WORTH_SAYING]
    name = said[0].split(" (", 1)[0] if said else "are like everyone"
    text = f"They {_join(said)}." if said else "They are like everyone else."
    return Cluster(number, size, f"Those who {name}", text, tuple(map(float, centre)))


def _words(feature: Feature, rows: pl.DataFrame, *, more: bool) -> str:
    mean = rows[feature.column].mean()
    value = float(mean) if isinstance(mean, int | float) else 0.0
    return (feature.more if more else feature.less).format(value=value / feature.scale)


def _join(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
