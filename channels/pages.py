"""A page of records as the vendor wrote it: cut apart, not yet turned into objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import msgspec
import orjson

FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
RECORDS = msgspec.json.Decoder(list[msgspec.Raw])
# Records become lines of JSON: one that has line breaks between its values is read as an object.
LINE_BREAK = b"\n"


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

    What is given is whole and well-formed JSON, to the depth of every record.
    """
    if not body.startswith(b"{") or LINE_BREAK in body:
        return None
    try:
        body.decode()
        return {name: bytes(value) for name, value in FIELDS.decode(body).items()}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
