"""Persons from the lake: the same on every engine, kept from run to run, apart by workspace."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import polars as pl

from lake.delta import Lake
from transforms.identity.decisions import keep_apart, link_records
from transforms.spark.identity import stitch_persons
from transforms.spark.job import Work
from transforms.spark.tables import Tables

OURS = UUID("00000000-0000-4000-8000-000000000001")
THEIRS = UUID("00000000-0000-4000-8000-000000000002")
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)


def person(name: str) -> str:
    return f"person:{name * 64}"


def touch(number: int, browser: str, who: str | None = None, order: str | None = None, day: int = 2) -> dict:
    return {
        "event_id": f"e{number}", "kind": "purchase" if order else "page_view", "anonymous_id": browser,
        "person_key": who, "order_id": order, "occurred_at": datetime(2026, 3, day, 8, tzinfo=UTC),
        "day_on": date(2026, 3, day), "channel": "site", "account_id": "web",
    }  # fmt: skip


def order(number: str, customer: str | None, who: str | None) -> dict:
    return {
        "order_id": number, "customer_id": customer, "person_key": who, "day_on": date(2026, 3, 2),
        "ordered_at": MONDAY, "channel": "shop", "account_id": "s1",
    }  # fmt: skip


def put(lake: Lake, name: str, rows: list[dict], workspace: UUID = OURS) -> None:
    frame = pl.DataFrame(rows, infer_schema_length=None)
    month = {"month": pl.lit("2026-03")} if "day_on" in frame.columns else {}
    lake.append("silver", name, frame.with_columns(workspace_id=pl.lit(str(workspace)), **month))


def fill(lake: Lake) -> None:
    x, y, z = person("a"), person("b"), person("c")
    put(
        lake,
        "touch",
        [
            touch(1, "phone"),
            touch(2, "phone", x, day=3),
            touch(3, "laptop", x),
            touch(4, "shared", x, day=2),
            touch(5, "shared", x, day=3),
            touch(6, "shared", y, day=4),
            touch(7, "guest", None, "1001"),
            touch(8, "stranger"),
        ],
    )
    put(lake, "order", [order("1001", "77", z), order("1002", "88", x)])
    customers = [{"customer_id": "88", "person_key": y, "channel": "shop", "account_id": "s2"}]
    put(lake, "customer", customers)
    recipients = [
        {"list_id": "l", "recipient_id": "r", "person_key": z, "channel": "mail", "account_id": "m"}
    ]
    put(lake, "recipient", recipients)


def run(session, lake: Lake, now_at: datetime = MONDAY, workspace: UUID = OURS) -> dict[str, str]:
    stitch_persons(Work(tables=Tables(session, lake, workspace), windows=(30,), now_at=now_at))
    rows = lake.read("gold", "person_key", workspace)
    return {
        f"{kind}:{key}": found for kind, key, found in rows.select("key_kind", "key", "person_id").iter_rows()
    }


def merges(lake: Lake) -> list[tuple]:
    rows = lake.read("gold", "person_merge", OURS).sort("happened_at", "kind", "person_id", "other_person_id")
    return rows.select("kind", "because").rows()


def test_keys_of_one_person_are_found_over_browsers_orders_customers_and_mails(session, tmp_path):
    lake = Lake(tmp_path)
    fill(lake)
    found = run(session, lake)
    x, y, z = (found[f"person:{person(name)}"] for name in "abc")
    assert len({x, y, z, found["browser:stranger"]}) == 4
    assert found["browser:phone"] == found["browser:laptop"] == found["browser:shared"] == x
    assert found["customer:shop|s1|88"] == x
    assert found["customer:shop|s2|88"] == y
    assert found["browser:guest"] == found["customer:shop|s1|77"] == found["recipient:mail|m|r"] == z


def test_a_second_run_writes_nothing(session, tmp_path):
    lake = Lake(tmp_path)
    fill(lake)
    run(session, lake)
    version = lake.version("gold", "person_key")
    run(session, lake, TUESDAY)
    assert lake.version("gold", "person_key") == version
    assert lake.version("gold", "person_merge") is None


def test_a_log_in_is_a_merge_and_a_decision_undoes_it(session, tmp_path):
    lake = Lake(tmp_path)
    fill(lake)
    before = run(session, lake)
    put(lake, "touch", [touch(9, "stranger", person("c"), day=5)])
    joined = run(session, lake, TUESDAY)
    assert joined["browser:stranger"] == joined[f"person:{person('c')}"]
    assert merges(lake) == [("merge", "the browser was logged in as the person")]
    keep_apart(
        lake,
        OURS,
        ("browser", "stranger"),
        ("person", person("c")),
        because="a borrowed phone",
        now_at=TUESDAY,
    )
    parted = run(session, lake, TUESDAY + timedelta(days=1))
    assert parted["browser:stranger"] != parted[f"person:{person('c')}"]
    assert {parted["browser:stranger"], parted[f"person:{person('c')}"]} <= set(before.values())
    assert merges(lake)[1:] == [("split", "a borrowed phone")]


def test_matched_records_link_two_addresses_and_no_attribute_reaches_the_lake(session, tmp_path):
    lake = Lake(tmp_path)
    fill(lake)
    run(session, lake)
    others = [(f"x{n}", f"Nobody{n}", f"Else{n}", f"{1950 + n}-01-{n % 9 + 10}", "Ulm") for n in range(40)]
    rows = [
        (person("a"), "Rosalind", "Quixworthy", "1971-05-23", "Bonn"),
        (person("c"), "Rosalind", "Quixwrthy", "1971-05-23", "Bonn"),
        *others,
    ]
    records = pl.DataFrame(rows, schema=["key", "first_name", "surname", "dob", "city"], orient="row")
    records = records.with_columns(key_kind=pl.lit("person"))
    assert link_records(lake, OURS, records, TUESDAY).height == 1
    assert link_records(lake, OURS, records, TUESDAY).height == 0
    found = run(session, lake, TUESDAY)
    assert found[f"person:{person('a')}"] == found[f"person:{person('c')}"]
    assert merges(lake) == [("merge", "records agree on who the person is")]
    rows = lake.read("gold", "person_key", OURS).filter(pl.col("key") == person("c"))
    other = lake.read("gold", "person_key", OURS).filter(pl.col("key") == person("a"))
    assert "probabilistic" in {*rows["method"], *other["method"]}
    stored = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"Quixw" not in stored


def test_another_workspace_is_neither_read_nor_changed(session, tmp_path):
    lake = Lake(tmp_path)
    fill(lake)
    put(lake, "touch", [touch(1, "phone", person("e"))], THEIRS)
    theirs = run(session, lake, workspace=THEIRS)
    ours = run(session, lake)
    assert set(theirs) == {"browser:phone", f"person:{person('e')}"}
    assert lake.read("gold", "person_key", THEIRS).height == 2
    assert ours["browser:phone"] not in theirs.values()


def test_an_empty_lake_has_no_persons(session, tmp_path):
    assert run(session, Lake(tmp_path)) == {}
