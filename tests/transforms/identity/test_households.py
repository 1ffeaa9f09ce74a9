"""Families share address, telephone, surname and mail, and are still told apart."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from benchmarks.household_records import COLUMNS, TOWNS_OF, make_household_records
from transforms.identity.matching import Matches, match_records

from .scoring import Score, score_pairs

pytestmark = pytest.mark.case("numbers/identity")
PEOPLE = 1500
FIVE, EIGHT = COLUMNS[:5], COLUMNS
NO_DOB = tuple(column for column in COLUMNS if column != "dob")
NAME_ADDRESS = ("first_name", "surname", "street", "postcode", "city")
NAME_MAIL = ("first_name", "surname", "email")
SETS = [("usual", 1), ("one mail a family", 4), ("careless", 4)]
FEWEST = 100  # pairs in a bin, below that the seen share itself is uncertain


def matched(town: str, seed: int, columns: tuple[str, ...]) -> tuple[Score, Matches, pl.Series]:
    records = make_household_records(PEOPLE, seed, TOWNS_OF[town])
    matches = match_records(records.select(columns))
    return score_pairs(records["cluster"], matches.persons), matches, records["cluster"]


def gaps(matches: Matches, truth: pl.Series) -> list[float]:
    """How far the probability is from the seen share, by tenths that hold enough pairs."""
    pairs = matches.pairs
    is_one = (truth.gather(pairs["a"]) == truth.gather(pairs["b"])).to_numpy()
    likely = pairs["probability"].to_numpy()
    tenth = np.minimum((likely * 10).astype(int), 9)
    bins = [tenth == place for place in range(10)]
    return [float(abs(likely[b].mean() - is_one[b].mean())) for b in bins if b.sum() >= FEWEST]


@pytest.mark.parametrize(("town", "seed"), SETS)
def test_with_all_columns_hardly_a_pair_is_wrong_and_more_columns_are_never_worse(town, seed):
    eight, matches, truth = matched(town, seed, EIGHT)
    five, *_ = matched(town, seed, FIVE)
    assert eight.precision >= 0.95
    assert eight.recall >= 0.85
    assert eight.f1 >= five.f1
    assert max(gaps(matches, truth)) <= 0.1


@pytest.mark.parametrize(
    ("columns", "precision", "recall"),
    [(FIVE, 0.93, 0.9), (NO_DOB, 0.92, 0.88), (NAME_ADDRESS, 0.88, 0.75), (NAME_MAIL, 0.88, 0.75)],
)
def test_with_fewer_columns_a_high_probability_still_means_what_it_says(columns, precision, recall):
    score, matches, truth = matched("usual", 1, columns)
    assert score.precision >= precision
    assert score.recall >= recall
    pairs = matches.pairs.with_columns(
        is_one=pl.Series(truth.gather(matches.pairs["a"]) == truth.gather(matches.pairs["b"]))
    )
    sure = pairs.filter(pl.col("probability") >= 0.9)
    assert sure["is_one"].mean() == pytest.approx(sure["probability"].mean(), abs=0.06)


def test_a_father_and_a_son_of_one_name_are_less_sure_without_days_of_birth():
    records = make_household_records(PEOPLE, 1)
    home = dict(
        zip(
            COLUMNS, ("John", "Fenwick", None, "Kiel", None, "7 Oak Lane", "24103", "0431987654"), strict=True
        )
    )
    pair = [{**home, "dob": "1950-03-02"}, {**home, "dob": "1981-11-19"}]
    extra = pl.DataFrame([*pair, {**home, "dob": None}], schema=dict.fromkeys(COLUMNS, pl.String))
    pairs = match_records(pl.concat([records.select(COLUMNS), extra])).pairs
    last = records.height
    by_pair = {tuple(sorted(row[:2])): row[2] for row in pairs.filter(pl.col("b") >= last).iter_rows()}
    assert by_pair[last, last + 1] < 0.1
    assert by_pair[last, last + 2] < 0.98
