"""A page the vendor wrote is read as the same page of objects is, and keeps the vendor's words."""

from __future__ import annotations

import orjson
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.contract import Stream
from channels.pages import WrittenPage
from ingestion.columns import read_columns
from ingestion.parse import PageReader

TEXT = pa.string()
FIELDS = {"id": TEXT, "on": TEXT, "n": pa.int64(), "l": pa.list_(pa.struct([("t", TEXT), ("v", TEXT)]))}
NAMES = ["rows", "new_fields", "missing_fields"]
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(
    ["a|b", "\\", '"', "é"]
)
VALUES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WORDS
PAIRS = st.lists(st.fixed_dictionaries({"t": WORDS, "v": WORDS}), max_size=3)
GOOD = st.fixed_dictionaries(
    {"id": WORDS, "on": st.sampled_from(["2026-08-01", "20260801", "soon"]), "n": st.integers(-9, 9)},
    optional={"l": PAIRS},
)
ANY = GOOD | VALUES | st.dictionaries(st.sampled_from([*FIELDS, "new"]), VALUES, max_size=5)


def make_stream(**options):
    given = {"key": ("id", "on"), "day": "on", "optional": frozenset({"l"}), **options}
    return Stream("s", "window", fields=FIELDS, pages=lambda *_: iter(()), **given)


def read_both(records, **options):
    """Return the page as read from text and from objects."""
    reader = PageReader(make_stream(**options), b"k")
    return reader.read(WrittenPage(orjson.dumps(records))), reader.read(records)


@given(st.lists(GOOD, max_size=5) | st.lists(ANY, max_size=4))
def test_a_written_page_is_read_as_its_objects_are(records):
    written, objects = read_both(records)
    assert (written.new_fields, written.missing_fields) == (objects.new_fields, objects.missing_fields)
    told = ["day", "changed", "reason"]
    assert written.rows[told].rows() == objects.rows[told].rows()
    keys = zip(written.rows["record_key"], objects.rows["record_key"], strict=True)
    assert all(ours == theirs or ours[0] == theirs[0] == "?" for ours, theirs in keys)
    is_good = written.rows["reason"].is_null()
    columns = [
        read_columns(side.rows.filter(is_good)["payload"].to_list(), FIELDS) for side in (written, objects)
    ]
    assert columns[0].reasons.keys() == columns[1].reasons.keys()
    assert columns[0].frame.rows() == columns[1].frame.rows()


def test_the_payload_is_the_vendors_own_text():
    text = b'{"on":"2026-08-01", "id":"1","n":123456789012345678}'
    rows = PageReader(make_stream(), b"k").read(WrittenPage(b"[" + text + b"]")).rows
    assert rows["payload"].to_list() == [text]


def test_a_page_that_differs_from_its_neighbour_gives_its_records_the_same_hash():
    good = {"id": "1", "on": "2026-08-01", "n": 1}
    alone, beside = (read_both(page)[0].rows for page in ([good], [good, {**good, "id": "2", "new": 1}]))
    assert alone.row(0) == beside.row(0)


@pytest.mark.parametrize("options", [{"personal": ("id",)}, {"unread": frozenset({"n"})}])
def test_records_with_fields_to_hide_or_to_leave_out_are_never_kept_as_written(options):
    written, objects = read_both([{"on": "2026-08-01", "id": "ann@example.com", "n": 1}], **options)
    assert written.rows.rows() == objects.rows.rows()


def test_a_number_no_float_holds_is_named_and_its_neighbour_is_read():
    payloads = [b'{"id":"1","n":1e999}', b'{"id":"2","n":3}']
    columns = read_columns(payloads, FIELDS)
    assert list(columns.reasons) == [0]
    assert columns.frame["n"].to_list()[1] == 3
