"""The matcher finds persons in records as people keep them: mistyped, swapped, incomplete."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from core.errors import BadInput
from tests.shared import real
from transforms.identity.matching import match_records

from .scoring import score_pairs

NAMES = "anna ben clara david elif finn greta hugo ida jonas kira leon mia noah olga paul ronja samir".split()
SURNAMES = [
    a + b for a in "ber hol mar stei wal kor lin fal".split() for b in "mann ner sen bach ski".split()
]


@pytest.fixture(scope="module")
def fake() -> pl.DataFrame:
    return pl.read_csv(real("splink_fake1000/fake_1000.csv"))


def people(size: int, seed: int = 3) -> pl.DataFrame:
    """Records of as many different persons."""
    rng = np.random.default_rng(seed)
    born = np.datetime64("1950-01-01") + rng.integers(0, 18_000, size).astype("timedelta64[D]")
    first, last = rng.choice(NAMES, size), rng.choice(SURNAMES, size)
    return pl.DataFrame(
        {
            "first_name": first,
            "surname": last,
            "dob": born.astype(str),
            "city": rng.choice(["Bonn", "Kiel", "Trier", "Ulm", "Jena", "Worms"], size),
            "email": [f"{f}.{s}{n}@example.com" for n, (f, s) in enumerate(zip(first, last, strict=True))],
        }
    )


def with_copy(of: pl.DataFrame, **changed: str | None) -> pl.DataFrame:
    """The records and, last, the first one again with other values."""
    copy = of.head(1).with_columns(
        **{name: pl.lit(value, dtype=pl.String) for name, value in changed.items()}
    )
    return pl.concat([of, copy])


def is_matched(records: pl.DataFrame) -> bool:
    persons = match_records(records).persons
    return bool(persons[0] == persons[-1])


def noisy(size: int = 600) -> pl.DataFrame:
    """Twice the people, the second time a third of the fields gone, so that there is something to learn."""
    base = people(size)
    rng = np.random.default_rng(5)
    copies = base.with_columns(
        pl.when(pl.Series(rng.random(size) < 0.3)).then(None).otherwise(pl.col(name)).alias(name)
        for name in base.columns
    )
    return pl.concat([base, copies])


@pytest.mark.shared
def test_of_the_public_records_with_errors_more_than_98_in_100_pairs_are_found_and_none_is_wrong(fake):
    score = score_pairs(fake["cluster"], match_records(fake.drop("unique_id", "cluster")).persons)
    assert score.precision >= 0.99
    assert score.f1 >= 0.98


@pytest.mark.shared
def test_the_order_of_the_records_changes_no_person(fake):
    shuffled = fake.sample(fraction=1, shuffle=True, seed=8)
    one = match_records(fake).persons
    other = match_records(shuffled).persons
    both = pl.DataFrame({"id": fake["unique_id"], "one": one}).join(
        pl.DataFrame({"id": shuffled["unique_id"], "other": other}), on="id"
    )
    assert score_pairs(both["one"], both["other"]).f1 > 0.999


@pytest.mark.shared
def test_the_same_records_give_the_same_answer(fake):
    assert match_records(fake).persons.equals(match_records(fake).persons)


@pytest.mark.parametrize(
    "change",
    [
        {"surname": "Hollner"},
        {"email": None, "city": "Aachen"},
        {"dob": None, "email": None},
        {"first_name": None, "city": None, "email": None},
    ],
)
def test_one_slip_or_gap_does_not_hide_a_person(change):
    base = noisy()
    mine = pl.DataFrame(
        {
            "first_name": ["Katharina"],
            "surname": ["Holner"],
            "dob": ["1971-05-23"],
            "city": ["Bonn"],
            "email": ["k.h@example.com"],
        }
    )
    assert is_matched(with_copy(pl.concat([mine, base]), **change))


@pytest.mark.parametrize(
    "change",
    [{"first_name": "Falkner", "surname": "Rosalind", "email": None}, {"dob": "1980-07-03", "email": None}],
)
def test_swapped_names_or_a_swapped_day_are_one_person(change):
    base = noisy()
    mine = base.head(1).with_columns(
        first_name=pl.lit("Rosalind"), surname=pl.lit("Falkner"), dob=pl.lit("1980-03-07")
    )
    assert is_matched(with_copy(pl.concat([mine, base]), **change))


def test_a_nickname_is_its_name():
    base = noisy()
    mine = base.head(1).with_columns(first_name=pl.lit("Margaret"), surname=pl.lit("Korbach"))
    assert is_matched(with_copy(pl.concat([mine, base]), first_name="Peggy", email=None))


def test_namesakes_born_on_other_days_are_two_persons_even_with_addresses_alike():
    base = noisy()
    mine = base.head(1).with_columns(
        first_name=pl.lit("Anna"),
        surname=pl.lit("Berner"),
        email=pl.lit("anna.berner12@example.com"),
        dob=pl.lit("1961-02-03"),
    )
    other = {"email": "anna.berner98@example.com", "dob": "1985-11-19", "city": "Ulm"}
    assert not is_matched(with_copy(pl.concat([mine, base]), **other))


def test_equal_records_that_say_hardly_anything_are_not_one_person():
    few = pl.DataFrame({"first_name": ["Anna", "Anna"], "surname": [None, None], "dob": [None, None]})
    few = few.cast(pl.String).with_columns(city=pl.lit(None, pl.String), email=pl.lit(None, pl.String))
    assert match_records(pl.concat([noisy(), few])).persons.tail(2).n_unique() == 2


@pytest.mark.shared
def test_a_higher_threshold_never_joins_more(fake):
    loose = match_records(fake, threshold=0.3).persons.n_unique()
    strict = match_records(fake, threshold=0.999).persons.n_unique()
    assert loose <= strict


@pytest.mark.shared
def test_probabilities_mean_what_they_say(fake):
    found = match_records(fake)
    truth = fake["cluster"]
    told = found.pairs.with_columns(
        is_match=pl.Series(truth.gather(found.pairs["a"]) == truth.gather(found.pairs["b"]))
    )
    brier = told.select(((pl.col("probability") - pl.col("is_match").cast(pl.Float64)) ** 2).mean()).item()
    assert brier < 0.03
    sure = told.filter(pl.col("probability") > 0.95)
    assert sure["is_match"].mean() > 0.95


@pytest.mark.parametrize("size", [0, 1, 2])
def test_a_handful_of_records_is_answered(size):
    assert match_records(people(size)).persons.n_unique() == size


def test_columns_that_say_nothing_of_persons_are_refused():
    with pytest.raises(BadInput, match="No two columns say who a person is"):
        match_records(pl.DataFrame({"first_name": ["a"], "clicks": [3]}))


@pytest.mark.parametrize("threshold", [0.0, 1.0, -2])
def test_a_threshold_that_is_no_probability_is_refused(threshold):
    with pytest.raises(BadInput, match="between 0 and 1"):
        match_records(people(3), threshold=threshold)
