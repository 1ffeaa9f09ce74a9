"""The answer of `spreaders attribute`: each model's credit by channel, and nothing lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from transforms.attribution.models import MODELS, USUAL, Credit, Rules, credit
from transforms.attribution.reading import PathTable

# What converted without any touch belongs to no channel; every model shows it under this name.
NOBODY = "(none)"


def attribute(table: PathTable, models: Sequence[str] = MODELS, rules: Rules = USUAL) -> dict[str, Any]:
    """Return `{"paths", "conversions", "value", "nulls", "order", "models"}`, ready for JSON.

    `paths` counts the rows of the table; the totals are the file's. `models` holds by model and
    channel `{"conversions", "value", "share"}`, and for Markov the `removal_effect` as well.

    Raises:
        BadInput: a model of that name does not exist.
    """
    paths = table.paths
    return {
        "paths": table.rows,
        "conversions": float(paths.conversions.sum()),
        "value": float(paths.value.sum()),
        "nulls": float(paths.nulls.sum()),
        "order": rules.order,
        "models": {model: _rows(table, given) for model, given in credit(paths, models, rules).items()},
    }


def _rows(table: PathTable, given: Credit) -> dict[str, dict[str, float]]:
    columns = {"conversions": given.conversions, "value": given.value, "share": given.share}
    if given.removal_effects is not None:
        columns["removal_effect"] = given.removal_effects
    rows = {
        channel: {name: float(column[code]) for name, column in columns.items()}
        for code, channel in enumerate(table.paths.channels)
    }
    _add_nobody(table, rows, columns)
    return rows


def _add_nobody(table: PathTable, rows: dict[str, dict[str, float]], names: Iterable[str]) -> None:
    """Add the conversions of empty paths; removing nobody loses nothing."""
    empty = ~table.paths.is_filled
    if not empty.any():
        return
    row = rows.setdefault(NOBODY, dict.fromkeys(names, 0.0))
    total = float(table.paths.conversions.sum())
    conversions = float(table.paths.conversions[empty].sum())
    row["conversions"] += conversions
    row["value"] += float(table.paths.value[empty].sum())
    row["share"] += conversions / total if total else 0.0
