"""A page of records as the vendor wrote it: cut apart, not yet turned into objects."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, overload

import msgspec
import orjson

FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
RECORDS = msgspec.json.Decoder(list[msgspec.Raw])
# Records become lines of JSON: one that has line breaks between its values is read as an object.
LINE_BREAK = b"\n"
# A zero character is well-formed JSON, and no table of a database takes it.
ZERO = b"\\u0000"
STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # both halves of a character
    r"|(?P<lost>u(?:[dD][89a-fA-F][0-9a-fA-F]{2}|0000))|.)",
    re.DOTALL,
)
CONTROL = re.compile(r"[\x00-\x1f]")
LOST = r"\ufffd"


class WrittenPage(Sequence[Any]):
    """A JSON list whose records become objects only when one is asked for.

    Attributes:
        text: The list as it came, UTF-8.
        records: Each record's own part of the text.
    """

    __slots__ = ("_parsed", "records", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.records = [bytes(record) for record in RECORDS.decode(text)]
        self._parsed: list[Any] | None = None

    def __len__(self) -> int:
        return len(self.records)

    @overload
    def __getitem__(self, at: int) -> Any: ...
    @overload
    def __getitem__(self, at: slice) -> list[Any]: ...
    def __getitem__(self, at: int | slice) -> Any:
        if self._parsed is None:
            self._parsed = orjson.loads(self.text)
        return self._parsed[at]


def cut(body: bytes) -> dict[str, bytes] | None:
    """Return the fields of a JSON object as they are written, None if it must be read as objects.

    What is given is whole and well-formed JSON, to the depth of every record, without zero characters.
    """
    if not body.startswith(b"{") or LINE_BREAK in body or ZERO in body:
        return None
    try:
        body.decode()
        return {name: bytes(value) for name, value in FIELDS.decode(body).items()}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def parse(body: bytes) -> Any:
    """Return the value a JSON text holds; a character that cannot be read becomes U+FFFD.

    Vendors send halves of characters (names cut in the middle of one), bytes that are no UTF-8, zero and
    control characters: they cost a character of a name, not the answer.

    Raises:
        orjson.JSONDecodeError: the text is no whole JSON.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return orjson.loads(mend(body))
    return orjson.loads(mend(body)) if ZERO in body else value


def mend(body: bytes) -> str:
    """Return the text with each unreadable character inside a string replaced by U+FFFD."""
    return STRING.sub(lambda string: _mend_string(string.group()), body.decode(errors="replace"))


def _mend_string(text: str) -> str:
    text = CONTROL.sub(lambda _: LOST, text)
    return ESCAPE.sub(lambda escape: LOST if escape["lost"] else escape.group(), text)
