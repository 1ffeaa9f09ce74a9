"""Answers cut into the vendor's own words, and answers that must be read as objects."""

from __future__ import annotations

import orjson
import pytest

from channels.connection import Answer
from channels.pages import WrittenPage, cut
from core.errors import VendorDown


def answer(body: bytes) -> Answer:
    return Answer(200, {}, body, "")


def test_the_fields_of_an_object_are_cut_as_written():
    assert cut(b'{"data": [ {"a":1} ,2], "error":null}') == {"data": b'[ {"a":1} ,2]', "error": b"null"}


@pytest.mark.parametrize(
    "body",
    [
        b"[1]",
        b"",
        b'{"a":\n1}',
        b'{"a":1',
        b'{"a":01}',
        b'{"a":"\xff"}',
        b'{"a":{"b":"\\ud800"}}',
        b"[" * 5000,
    ],
)
def test_what_is_no_whole_object_on_one_line_is_not_cut(body):
    assert cut(body) is None


@pytest.mark.parametrize("body", [b'{"data":[{"a":1}', b"<html>", b'{"a":"\\ud8"}', b"\xff\xfe", b""])
def test_a_broken_body_is_the_vendors_fault(body):
    with pytest.raises(VendorDown):
        answer(body).require_json()


@pytest.mark.case("connectors/02")
@pytest.mark.parametrize("between", ["", "\n"])
@pytest.mark.parametrize(
    ("written", "read"),
    [
        (rb"Sommer \ud83d", "Sommer \ufffd"),
        (rb"\ude00 Sommer", "\ufffd Sommer"),
        (rb"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (rb"\ud83d\u0041", "\ufffdA"),
        (rb"\\ud83d", r"\ud83d"),
        (rb"a\u0000b", "a\ufffdb"),
        (rb"a\\u0000b", r"a\u0000b"),
        (b"caf\xe9", "caf\ufffd"),
        (b"a\x01b", "a\ufffdb"),
        (rb"\" \ud800", '" \ufffd'),
    ],
)
def test_an_unreadable_character_costs_a_character(written, read, between):
    body = between.encode().join([b'{"data":[{"id":"1"},', b'{"id":"2","name":"' + written + b'"}]}'])
    got = answer(body)
    got.require_json()
    assert list(got.page("data")) == [{"id": "1"}, {"id": "2", "name": read}]
    assert answer(b"[" + body + b"]").json()[0]["data"][1]["name"] == read


@pytest.mark.parametrize("between", ["", " ", "\n"])
def test_a_field_and_a_page_are_the_same_however_they_are_spaced(between):
    parts = ['{"data":', '[{"id":"1"},', '{"id":"2","é":[{"x":1}]}],', '"paging":{"next":"x"}}']
    text = between.join(parts)
    got = answer(text.encode())
    assert got.field("paging") == {"next": "x"}
    assert got.field("error") is None
    assert list(got.page("data")) == orjson.loads(text)["data"]
    assert isinstance(got.page("data"), WrittenPage) == (between != "\n")


def test_a_list_of_answers_has_no_fields():
    assert answer(b'[{"error":1}]').field("error") is None


@pytest.mark.parametrize("body", [b'{"items":[]}', b'{"data":null}'])
def test_a_page_that_is_not_there_is_told_as_before(body):
    got = answer(body)
    assert orjson.loads(body).get("data") is None
    if "data" in orjson.loads(body):
        assert got.page("data") is None
    else:
        with pytest.raises(KeyError):
            got.page("data")


def test_the_records_of_a_page_are_its_text():
    page = WrittenPage(b'[{"b":1,"a":{"d":1, "c":2}}, 5]')
    assert page.records == [b'{"b":1,"a":{"d":1, "c":2}}', b"5"]
    assert len(page) == 2
    assert page[0] == {"a": {"c": 2, "d": 1}, "b": 1}
    assert page[1:] == [5]
