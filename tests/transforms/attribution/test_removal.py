"""Removal effects against the definition: count the chain, take the channel out, solve again in fractions."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.attribution.brute import rates, removal_effects, rows, states_of, table
from transforms.attribution import removal
from transforms.attribution.chain import chain_of, trail_of
from transforms.attribution.models import Rules, credit, find_removal

WAYS = {"one inverse": "_invert", "walk": "_walk", "sparse": "_solve_without"}


def chain(given_rows, order, *, nulls=True):
    paths = table(given_rows)
    return chain_of(trail_of(paths, order), paths.conversions, paths.value, paths.nulls if nulls else None)


@given(rows, st.integers(1, 3), st.booleans())
def test_effects_equal_solving_again_without_the_channel(given_rows, order, nulls):
    paths = table(given_rows)
    found = find_removal(paths, Rules(order, has_nulls=nulls))
    expected = removal_effects(given_rows, order, nulls=nulls)
    assert found.conversions == pytest.approx([expected[c][0] for c in paths.channels], abs=1e-11)
    assert found.value == pytest.approx([expected[c][1] for c in paths.channels], abs=1e-11)


@given(rows, st.integers(1, 3))
def test_the_probability_is_the_part_of_paths_that_converted(given_rows, order):
    won, lost = (sum(row[n] for row in given_rows if row[0]) for n in (1, 3))
    found = find_removal(table(given_rows), Rules(order)).probability
    assert found == (won / (won + lost) if won + lost else 0.0)
    assert float(rates(given_rows, order)[0]) == pytest.approx(found, abs=1e-15)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_every_way_of_solving_gives_the_same(monkeypatch, way, order):
    random = np.random.default_rng(order)
    given_rows = [
        ([f"c{n}" for n in random.integers(0, 9, random.integers(1, 12))], int(random.integers(0, 5)), 7, 3)
        for _ in range(300)
    ]
    expected = removal.remove_each(chain(given_rows, order))
    monkeypatch.setattr(removal, "USUAL_WALK_STEPS", 0 if way == "walk" else 10**12)
    if way == "sparse":
        monkeypatch.setattr(removal, "MOST_DENSE_STATES", 0)
        monkeypatch.setattr(removal, "MOST_WALK_STEPS", 1)
    for other in set(WAYS) - {way} - ({"walk"} if way == "sparse" else set()):
        monkeypatch.delattr(removal, WAYS[other])
    found = removal.remove_each(chain(given_rows, order))
    assert found.conversions == pytest.approx(expected.conversions, abs=1e-12)
    assert found.value == pytest.approx(expected.value, abs=1e-12)


def test_a_chain_too_slow_to_walk_is_solved_all_the_same(monkeypatch):
    monkeypatch.setattr(removal, "USUAL_WALK_STEPS", 0)
    monkeypatch.setattr(removal, "MOST_WALK_STEPS", 50)
    given_rows = [(["a", "b"] * 500 + ["c"], 1, 1, 1), (["a"], 0, 0, 1)]
    expected = removal_effects(given_rows, 1)
    assert removal.remove_each(chain(given_rows, 1)).conversions == pytest.approx(
        [expected[name][0] for name in "abc"], abs=1e-9
    )


def test_many_channels_are_counted_sparsely_with_the_same_answer(monkeypatch):
    from transforms.attribution import chain as counting

    random = np.random.default_rng(5)
    given_rows = [([f"c{n}" for n in random.integers(0, 40, 6)], 1, 2, 3) for _ in range(200)]
    dense = chain(given_rows, 2).steps
    monkeypatch.setattr(counting, "MOST_CELLS", 0)
    assert (chain(given_rows, 2).steps != dense).nnz == 0


@pytest.mark.parametrize(
    ("touches", "order", "expected"),
    [
        ("aab", 1, ["a", "b"]),
        ("aaab", 2, ["aa", "ab"]),
        ("abab", 2, ["ab", "ba", "ab"]),
        ("ab", 3, ["ab"]),
        ("aaaa", 3, ["aaa"]),
    ],
)
def test_a_state_is_so_many_consecutive_touches(touches, order, expected):
    assert ["".join(state) for state in states_of(list(touches), order)] == expected
    counted = chain([(list(touches), 1, 0, 0)], order)
    names = ["".join("ab"[code] for code in state if code >= 0) for state in counted.members]
    assert sorted(names) == sorted(set(expected))
    steps = {(names[i], names[j]) for i, j in zip(*counted.steps.nonzero(), strict=True)}
    assert steps == set(pairwise(expected))


def test_people_who_walk_the_chain_convert_as_often_as_it_says():
    given_rows = [
        (["a", "b"], 30, 0, 40),
        (["b", "c", "a"], 20, 0, 10),
        (["c"], 5, 0, 60),
        (["a", "c"], 9, 0, 9),
    ]
    counted = chain(given_rows, 1)
    walkers, random = 200_000, np.random.default_rng(3)
    names = "abc"
    left = counted.visits
    moves = np.column_stack([counted.steps.toarray(), counted.conversions, counted.nulls]) / left[:, None]
    for removed, effect in zip(range(3), find_removal(table(given_rows)).conversions, strict=True):
        at = random.choice(3, walkers, p=counted.starts / counted.starts.sum())
        won = 0
        while len(at):
            at = at[at != removed]
            drawn = (random.random(len(at))[:, None] > moves[at].cumsum(axis=1)).sum(axis=1)
            won += int((drawn == len(names)).sum())
            at = drawn[drawn < len(names)]
        probability = 64 / 183
        assert won / walkers / probability == pytest.approx(1 - effect, abs=0.015)


def test_value_is_shared_by_what_is_lost_in_value():
    given_rows = [(["A", "B"], 10, 1000, 5), (["A"], 30, 30, 50), (["B", "C"], 20, 20, 10), (["C"], 5, 5, 20)]
    value = credit(table(given_rows), ["markov"])["markov"].value
    effects = np.array([effect[1] for effect in removal_effects(given_rows, 1).values()])
    assert value == pytest.approx(1055 * effects / effects.sum())


def test_value_follows_conversions_where_every_conversion_is_worth_the_same():
    given_rows = [(["A", "B"], 10, 500, 5), (["A"], 30, 1500, 50), (["B", "C"], 20, 1000, 10)]
    markov = credit(table(given_rows), ["markov"])["markov"]
    assert markov.value == pytest.approx(markov.conversions * 50)


@given(rows, st.integers(1, 3))
def test_one_row_a_person_is_counted_as_rows_of_many_are(given_rows, order):
    singles = [(row[0], 1, 0, 0) for row in given_rows for _ in range(row[1])]
    singles += [(row[0], 0, 0, 1) for row in given_rows for _ in range(row[3])]
    if not any(row[0] for row in singles):
        return
    alone, together = table(singles), table([row for row in given_rows if row[1] + row[3]])
    one, many = (find_removal(paths, Rules(order)) for paths in (alone, together))
    assert alone.channels == together.channels
    assert one.conversions == pytest.approx(many.conversions, abs=1e-12)
