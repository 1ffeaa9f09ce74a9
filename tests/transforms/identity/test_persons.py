"""Keys become persons: exact chains, shared devices, stable ids, merges and splits that are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from transforms.identity.history import name_persons
from transforms.identity.keys import LINK, PAIR, SIGHTING, Evidence
from transforms.identity.persons import stitch

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
NOTHING = pl.DataFrame(
    schema={
        "key_kind": pl.String, "key": pl.String, "person_id": pl.String, "method": pl.String,
        "probability": pl.Float64, "linked_at": pl.Datetime("us", "UTC"),
    }
)  # fmt: skip


def split(name: str) -> list[str]:
    return name.split(":", 1)


def link(one: str, other: str, probability: float = 1.0, because: str = "linked") -> list:
    return [*split(one), *split(other), probability, because]


def seen(browser: str, key: str, days: int = 1, last_at: datetime = MONDAY) -> list:
    return [browser, *split(key), float(days), last_at, "log-in"]


def evidence(keys: str = "", links: list = (), sightings: list = (), apart: list = ()) -> Evidence:
    pairs = [[*split(one), *split(other), because] for one, other, because in apart]
    return Evidence(
        pl.DataFrame([split(k) for k in keys.split()], schema=["key_kind", "key"], orient="row").cast(
            pl.String
        ),
        pl.DataFrame(list(links), schema=LINK, orient="row"),
        pl.DataFrame(list(sightings), schema=SIGHTING, orient="row"),
        pl.DataFrame(pairs, schema=PAIR, orient="row"),
    )


def persons(given: Evidence) -> dict[str, int]:
    rows = stitch(given).keys
    return {
        f"{kind}:{key}": person for kind, key, person in rows.select("key_kind", "key", "person").iter_rows()
    }


def run(given: Evidence, previous: pl.DataFrame = NOTHING, now_at: datetime = MONDAY):
    return name_persons(stitch(given), given.apart, previous, "w", now_at)


def ids(rows: pl.DataFrame) -> dict[str, str]:
    return {
        f"{kind}:{key}": pid for kind, key, pid in rows.select("key_kind", "key", "person_id").iter_rows()
    }


def test_a_chain_of_ten_thousand_links_is_one_person():
    links = [link(f"person:{n}", f"customer:{n}") for n in range(5000)]
    links += [link(f"customer:{n}", f"person:{n + 1}") for n in range(4999)]
    assert len(set(persons(evidence(links=links[::-1])).values())) == 1


def test_customer_recipient_log_in_and_browser_of_one_address_are_one_person():
    found = persons(
        evidence(
            "browser:a",
            [link("customer:c", "person:x"), link("recipient:r", "person:x")],
            [seen("a", "person:x")],
        )
    )
    assert len(set(found.values())) == 1
    assert set(found) == {"browser:a", "customer:c", "recipient:r", "person:x"}


def test_a_shared_browser_belongs_to_whom_it_was_seen_with_most_and_joins_nobody():
    rows = stitch(evidence(sightings=[seen("a", "person:x", 3), seen("a", "person:y", 1)])).keys
    found = {r["key"]: r for r in rows.iter_rows(named=True)}
    assert found["x"]["person"] != found["y"]["person"]
    assert found["a"]["person"] == found["x"]["person"]
    assert (found["a"]["method"], found["a"]["probability"]) == ("probabilistic", 0.75)
    assert found["x"]["method"] == "deterministic"


def test_equally_often_seen_the_latest_person_has_the_browser():
    later = seen("a", "person:y", 2, TUESDAY)
    found = persons(evidence(sightings=[seen("a", "person:x", 2), later]))
    assert found["browser:a"] == found["person:y"]


def test_a_browser_seen_with_nobody_is_a_person_of_its_own():
    found = persons(evidence("browser:a browser:b"))
    assert found["browser:a"] != found["browser:b"]


def test_the_order_of_rows_changes_nothing():
    links = [link("customer:c", "person:x"), link("customer:c", "person:y"), link("recipient:r", "person:z")]
    sightings = [seen("a", "person:x"), seen("b", "person:z")]
    one, other = (
        run(evidence(links=links, sightings=sightings)),
        run(evidence(links=links[::-1], sightings=sightings[::-1])),
    )
    assert one.keys.equals(other.keys)


def test_a_likely_link_tells_how_likely_and_only_for_the_part_it_brought():
    links = [link("customer:c", "person:x"), link("person:x", "person:y", 0.93)]
    rows = stitch(evidence(links=links)).keys
    found = {r["key"]: (r["method"], r["probability"]) for r in rows.iter_rows(named=True)}
    assert rows["person"].n_unique() == 1
    assert found == {"c": ("deterministic", 1.0), "x": ("deterministic", 1.0), "y": ("probabilistic", 0.93)}


def test_a_second_run_changes_nothing_and_tells_nothing():
    given = evidence("browser:b", [link("customer:c", "person:x")], [seen("a", "person:x")])
    first = run(given)
    second = run(given, first.keys, TUESDAY)
    assert second.keys.equals(first.keys)
    assert second.events.is_empty()


def test_a_log_in_merges_the_browser_into_the_person_and_the_oldest_id_stays():
    first = run(evidence("browser:a"))
    middle = run(evidence("browser:a person:x"), first.keys, TUESDAY)
    assert middle.events.is_empty()
    last = run(evidence(sightings=[seen("a", "person:x")]), middle.keys, TUESDAY)
    kept = ids(first.keys)["browser:a"]
    assert set(ids(last.keys).values()) == {kept}
    lost = ids(middle.keys)["person:x"]
    assert last.events.rows() == [("merge", kept, lost, "log-in")]


def test_two_persons_merged_by_a_new_link_keep_the_older_id():
    first = run(evidence("person:x"))
    second = run(evidence("person:x person:y"), first.keys, TUESDAY)
    third = run(evidence(links=[link("person:x", "person:y", because="one customer")]), second.keys, TUESDAY)
    assert set(ids(third.keys).values()) == {ids(first.keys)["person:x"]}
    assert third.events["because"].to_list() == ["one customer"]


def test_a_link_that_disappears_is_a_split_and_gives_the_part_its_first_id_back():
    alone = run(evidence("person:x person:y"))
    joined = run(evidence(links=[link("person:x", "person:y")]), alone.keys, TUESDAY)
    parted = run(evidence("person:x person:y"), joined.keys, TUESDAY + timedelta(days=1))
    assert ids(parted.keys) == ids(alone.keys)
    x, y = ids(alone.keys)["person:x"], ids(alone.keys)["person:y"]
    assert parted.events["kind"].to_list() == ["split"]
    assert {*parted.events.select("person_id", "other_person_id").row(0)} == {x, y}
    assert parted.events["because"].to_list() == ["nothing links them any more"]


def test_a_pair_that_is_never_the_same_is_parted_and_told_with_its_reason():
    links = [link("customer:c", "person:x"), link("customer:c", "person:y")]
    joined = run(evidence(links=links))
    assert len(set(ids(joined.keys).values())) == 1
    parted = run(
        evidence(links=links, apart=[("person:x", "person:y", "father and son")]), joined.keys, TUESDAY
    )
    found = ids(parted.keys)
    assert found["person:x"] != found["person:y"]
    assert found["customer:c"] in {found["person:x"], found["person:y"]}
    assert parted.events.select("kind", "because").rows() == [("split", "father and son")]


def test_apart_keys_stay_apart_however_long_the_chain_between_them():
    links = [link(f"person:{n:03}", f"person:{n + 1:03}") for n in range(300)]
    found = persons(evidence(links=links, apart=[("person:000", "person:300", "no")]))
    assert found["person:000"] != found["person:300"]
    assert len(set(found.values())) == 2


@pytest.mark.parametrize("pair", [("browser:a", "person:x"), ("person:x", "browser:a")])
def test_a_browser_kept_from_a_person_goes_to_the_next_or_stays_alone(pair):
    sightings = [seen("a", "person:x", 5), seen("a", "person:y", 1)]
    found = persons(evidence(sightings=sightings, apart=[(*pair, "no")]))
    assert found["browser:a"] == found["person:y"]
    found = persons(evidence(sightings=sightings[:1], apart=[(*pair, "no")]))
    assert found["browser:a"] != found["person:x"]


def test_of_two_browsers_kept_apart_the_less_seen_leaves():
    sightings = [seen("a", "person:x", 5), seen("b", "person:x", 1)]
    found = persons(evidence(sightings=sightings, apart=[("browser:b", "browser:a", "no")]))
    assert found["browser:a"] == found["person:x"] != found["browser:b"]
