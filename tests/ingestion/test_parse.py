"""Keys, hashes, days and instants of records, and their columns."""

from __future__ import annotations

import orjson
import pyarrow as pa
import pytest

from channels.contract import Stream
from ingestion.columns import read_columns
from ingestion.parse import PageReader, read_instant

PAIR = pa.list_(pa.struct({"t": pa.string(), "v": pa.string()}))
FIELDS = {"s": pa.string(), "n": pa.int64(), "f": pa.float64(), "b": pa.bool_(), "l": PAIR}


def read(records, key=("id",), **options):
    stream = Stream("s", "snapshot", key, {"id": pa.string()}, lambda *_: iter(()), **options)
    return PageReader(stream, b"k").read(records)


def test_the_order_of_fields_does_not_change_the_hash():
    left, right = read([{"id": "1", "a": {"x": 1, "y": 2}}, {"a": {"y": 2, "x": 1}, "id": "1"}]).rows.rows()
    assert left == right


def test_keys_of_several_parts_do_not_collide():
    records = [{"id": "a|b", "x": {"y": "c"}}, {"id": "a", "x": {"y": "b|c"}}, {"id": "a", "x": {"y": "b"}}]
    keys = read(records, key=("id", "x.y")).rows["record_key"].to_list()
    assert len(set(keys)) == 3
    assert keys[2] == "a|b"


def test_a_number_is_a_key_and_nothing_is_not():
    rows = read([{"id": 12}, {"id": None}, {}, {"id": ["x"]}, 5, None]).rows
    assert rows["record_key"][0] == "12"
    assert rows["reason"].to_list()[1:] == [
        *["the key is missing"] * 3,
        "a number is no record",
        "a null is no record",
    ]
    assert all(key.startswith("?") for key in rows["record_key"][1:])


def test_what_json_cannot_hold_is_kept_as_text():
    rows = read([{"id": "1", "n": 10**30}, {"id": "2", "n": "\ud800"}]).rows
    assert rows["reason"].to_list() == [None, None]
    assert str(10**30) in rows["payload"][0].decode()


def test_a_shapeless_record_of_a_personal_stream_is_not_stored():
    rows = read(["ann@example.com"], personal=("mail",)).rows
    assert b"ann" not in rows["payload"][0]


@pytest.mark.parametrize(
    ("value", "micros"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000),
        ("1970-01-01T01:00:01+0100", 1_000_000),
        ("1970-01-01T00:00:00.000001", 1),
        (2, 2_000_000),
        ("soon", None),
        (None, None),
        (True, None),
        (10**30, None),
    ],
)
def test_instants_are_read_or_refused(value, micros):
    assert read_instant(value) == micros


@pytest.mark.parametrize(
    ("field", "value", "read_as"),
    [
        ("s", 5, "5"),
        ("s", 1.5, "1.5"),
        ("n", "5", 5),
        ("n", 5.0, 5),
        ("f", "1.5", 1.5),
        ("b", "true", True),
        ("l", [{"t": "a", "v": 1}], [{"t": "a", "v": "1"}]),
        ("l", [None], [None]),
    ],
)
def test_another_type_is_cast_when_exact(field, value, read_as):
    columns = read_columns([orjson.dumps({"s": "ok"}), orjson.dumps({field: value})], FIELDS)
    assert columns.reasons == {}
    assert columns.frame[field].to_list()[1] == read_as


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("s", value) for value in (True, {})),
        *(("n", value) for value in ("5.5", 5.5, "1_0", 2**63, "9" * 40)),
        *(("l", value) for value in ({"t": "a"}, [1])),
        ("f", "inf"),
        ("b", 1),
    ],
)
def test_a_value_of_no_use_is_named_and_its_neighbours_are_read(field, value):
    payloads = [orjson.dumps(record) for record in ({"s": "a"}, {field: value}, {"s": "b"})]
    columns = read_columns(payloads, FIELDS)
    assert list(columns.reasons) == [1]
    assert field in columns.reasons[1]
    assert columns.frame["s"].to_list()[::2] == ["a", "b"]
    assert columns.changed_types


def test_no_records_are_no_rows_with_all_columns():
    assert read_columns([], FIELDS).frame.columns == list(FIELDS)
