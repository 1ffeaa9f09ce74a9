"""What names a written record, its key and its day, read without making objects of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from channels.contract import Stream

OPTIONAL = msgspec.Raw | msgspec.UnsetType


class NameReader:
    """Reads the values of some fields from the text of a page.

    Only of a page as declared: each record is an object with text in these fields, with every declared field
    that is not optional and with no other. Any other page must be looked at record by record.
    """

    def __init__(self, stream: Stream, names: Sequence[str]) -> None:
        kinds: dict[str, Any] = dict.fromkeys(names, str)
        kinds |= dict.fromkeys(stream.fields.keys() - stream.optional - kinds.keys(), msgspec.Raw)
        fields: list[Any] = list(kinds.items())
        fields += [(name, OPTIONAL, msgspec.UNSET) for name in sorted(stream.optional - kinds.keys())]
        # A name on the wire need not be one Python knows.
        spelled = {f"f{at}": field[0] for at, field in enumerate(fields)}
        record = msgspec.defstruct(
            "Record",
            [(ours, *field[1:]) for ours, field in zip(spelled, fields, strict=True)],
            rename=spelled,
            forbid_unknown_fields=True,
            gc=False,
        )
        self._page = msgspec.json.Decoder(list[record])  # type: ignore[valid-type]
        self._names = {name: ours for ours, name in spelled.items() if name in names}

    def read(self, text: bytes) -> dict[str, list[str]] | None:
        """Return each field's values in order of the records, or None if the page is not as declared."""
        try:
            records = self._page.decode(text)
        except msgspec.ValidationError:
            return None
        return {name: [getattr(record, ours) for record in records] for name, ours in self._names.items()}


def make_name_reader(stream: Stream) -> NameReader | None:
    """Return a reader of the key and the day, or None if these lie deeper or an instant must be read too."""
    names = [*stream.key, *((stream.day,) if stream.day else ())]
    is_deep = any("." in name for name in names)
    return None if is_deep or stream.changed else NameReader(stream, names)
