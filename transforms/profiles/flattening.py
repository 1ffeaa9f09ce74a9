"""The flattened features of many persons as a matrix, as the SQL of the profile has them."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lake.audiences.features import FEATURES, FRESH_DAYS, Feature


def flatten(rows: pl.DataFrame, features: tuple[Feature, ...] = FEATURES) -> NDArray[np.float64]:
    """Return the flattened features of raw rows, one row a person, one column a feature."""
    raw = rows.select(pl.col(f.column).cast(pl.Float64).fill_null(float("nan")) for f in features).to_numpy()
    return np.column_stack([_flatten(f, raw[:, i]) for i, f in enumerate(features)])


def _flatten(feature: Feature, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return one flattened feature of raw values; unknown ones are nan."""
    if feature.shape == "fresh":
        return np.where(np.isnan(values), 0.0, FRESH_DAYS / (FRESH_DAYS + np.nan_to_num(values)))
    return np.log1p(np.maximum(np.nan_to_num(values), 0.0) / feature.scale)
