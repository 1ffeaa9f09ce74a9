"""How a report's columns are written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ingestion.csv.kinds import Kind


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of record in a report, and the columns it is made from.

    `columns` maps a field to headers in the form of `plain_header`. A header may be written
    `a|b` (the first that is there), `a + b` (their sum), and end in `?` (may be missing).
    `fixed` gives a field the same text in every row. `only` names a header and the word rows of this kind
    have there; other rows are passed over.
    """

    kind: Kind
    columns: Mapping[str, str]
    fixed: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, str] | None = None

    def headers(self, given: str) -> list[str]:
        """Return every header that may stand for the field."""
        text = self.columns[given].rstrip("?")
        return [name.strip() for choice in text.split("|") for name in choice.split("+")]

    def find(self, given: str, there: frozenset[str]) -> list[str] | None:
        """Return the headers whose sum is the field in a report with these headers, None without any."""
        for choice in self.columns[given].rstrip("?").split("|"):
            wanted = [name.strip() for name in choice.split("+")]
            found = [name for name in wanted if name in there]
            if found and (len(wanted) == 1 or len(found) == len(wanted) or self.is_optional(given)):
                return found
        return None

    def is_optional(self, given: str) -> bool:
        """Say whether a report may lack the field and still be of this layout."""
        return self.columns[given].endswith("?")


@dataclass(frozen=True, slots=True)
class Layout:
    """A report we know by name.

    `also` names further headers by which the layout is told from others. `stem` is the part of the
    file's name that tells it from a twin of the same headers; `actions` and `values` are what stands
    there instead in the files beside it that hold conversions in long form. `note` says what a reader
    should know about the numbers. `withheld` names the column and the value of recipients that got no mail.
    """

    name: str
    channel: str | None
    parts: tuple[Part, ...]
    also: frozenset[str] = frozenset()
    stem: str = ""
    actions: str = ""
    values: str = ""
    note: str = ""
    withheld: tuple[str, str] | None = None

    def fits(self, headers: frozenset[str]) -> bool:
        """Say whether a report with these headers has this layout."""
        return headers >= self.also and all(
            part.find(given, headers) is not None
            for part in self.parts
            for given in part.columns
            if not part.is_optional(given)
        )

    def score(self, headers: frozenset[str], file: str) -> int:
        """Return how many headers the layout explains, doubled; its stem in the file's name breaks a tie."""
        used = {
            name for part in self.parts for given in part.columns for name in part.find(given, headers) or ()
        }
        return 2 * len((used | self.also) & headers) + (self.stem != "" and self.stem in file.lower())


def one(name: str, channel: str | None, kind: Kind, columns: Mapping[str, str], **more: object) -> Layout:
    """Return a layout of a single kind; `also` may be words of one text, `fixed` belongs to the part."""
    fixed = more.pop("fixed", {})
    also = more.pop("also", "")
    assert isinstance(fixed, Mapping) and isinstance(also, str)  # noqa: S101, PT018 - tables in this folder
    headers = frozenset(word.strip() for word in also.split(",") if word.strip())
    return Layout(name, channel, (Part(kind, columns, fixed),), headers, **more)  # type: ignore[arg-type]
