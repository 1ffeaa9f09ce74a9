"""Groups: found where there are some, the same every time, and told in plain words."""

from __future__ import annotations

import numpy as np
import polars as pl

from lake.audiences.features import COLUMNS
from transforms.profiles.clusters import find_clusters
from transforms.profiles.flattening import flatten


def crowd(size: int = 100) -> pl.DataFrame:
    """Buyers who spend much, readers of mails, and strangers who were here once."""
    rng = np.random.default_rng(5)

    def group(*values):
        middle = dict(zip(COLUMNS, values, strict=True))
        return pl.DataFrame(
            {
                name: None if v is None else v + rng.integers(0, 1 + v // 5, size)
                for name, v in middle.items()
            },
            schema=dict.fromkeys(COLUMNS, pl.Int64),
        )

    rows = pl.concat(
        [
            group(10, 900_000_000, 5, 3, 20, 0, 2, 300),
            group(0, 0, None, 2, 12, 10, 0, 200),
            group(0, 0, None, 80, 1, 0, 1, 80),
        ]
    )
    return rows.with_columns(pl.format("p{}", pl.int_range(pl.len())).alias("person_id"))


def test_three_crowds_are_three_groups_the_one_that_spends_most_first():
    found = find_clusters(crowd())
    assert found is not None
    assert [(c.number, c.size) for c in found.groups] == [(1, 100), (2, 100), (3, 100)]
    assert max(found.silhouettes, key=found.silhouettes.get) == 3
    buyers, others = found.groups[0], {c.description for c in found.groups[1:]}
    assert "orders each" in buyers.description or "spend much" in buyers.description
    assert any("follow links in mails" in words for words in others)
    assert any("have been away for long" in words or "come seldom" in words for words in others)
    assert all(c.description.startswith("They ") and c.description.endswith(".") for c in found.groups)


def test_the_same_rows_give_the_same_groups():
    assert find_clusters(crowd()) == find_clusters(crowd())


def test_too_few_persons_or_all_alike_are_no_groups():
    assert find_clusters(crowd(3)) is None
    assert find_clusters(pl.concat([crowd().head(1)] * 200)) is None


def test_the_highest_line_of_a_person_is_that_of_the_nearest_centre():
    rows, found = crowd(), find_clusters(crowd())
    assert found is not None
    flat = flatten(rows)
    lines = [found.line(group) for group in found.groups]
    highest = np.argmax(np.column_stack([i + flat @ np.array(w) for i, w in lines]), axis=1)
    scaled = (flat - found.mean) / found.spread
    nearest = np.argmin([((scaled - group.centre) ** 2).sum(axis=1) for group in found.groups], axis=0)
    assert highest.tolist() == nearest.tolist()
    assert len(set(nearest.tolist())) == 3
