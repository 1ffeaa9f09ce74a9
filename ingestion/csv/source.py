"""A file recognised: its columns, what each becomes, and what is left out and why."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import BadInput
from ingestion.csv.days import Order
from ingestion.csv.headers import plain_header
from ingestion.csv.hide import hide
from ingestion.csv.kinds import Kind
from ingestion.csv.layouts import Layout, Part
from ingestion.csv.numbers import Decimal
from ingestion.csv.recognise import recognise
from ingestion.csv.table import Table, read_table

SAMPLES = 3
SAMPLE_ROWS = 50


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose about a file instead of what was recognised.

    `columns` maps headers to fields; an empty field leaves the column out. `day_order` and `decimal` say how
    days and numbers are read that the file does not tell.
    """

    channel: str | None = None
    layout: str | None = None
    columns: Mapping[str, str] | None = None
    day_order: Order | None = None
    decimal: Decimal | None = None


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """A column of the file, the fields it becomes (none: it is left out), samples, and how it is read."""

    column: str
    fields: list[str]
    samples: list[str]
    how: str


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read and recognised; personal cells are hashed already."""

    table: Table
    layout: Layout
    channel: str | None
    personal: frozenset[str]
    day_order: Order | None = None
    decimal: Decimal | None = None

    @property
    def name(self) -> str:
        """The file's name."""
        return self.table.path.name

    @property
    def fingerprint(self) -> str:
        """What files of the same columns have in common."""
        return fingerprint(self.table.headers)

    def part(self, kind: Kind) -> Part | None:
        """Return the part of that kind, None where the file has none."""
        return next((part for part in self.layout.parts if part.kind is kind), None)

    def mapping(self) -> list[MappedColumn]:
        """Return every column of the file and what becomes of it."""
        there = frozenset(map(plain_header, self.table.headers))
        used: dict[str, list[str]] = {}
        for part in self.layout.parts:
            for given in part.columns:
                if part.kind.base(given):
                    for name in part.find(given, there) or ():
                        used.setdefault(name, []).append(given)
        return [self._mapped(header, used.get(plain_header(header), [])) for header in self.table.headers]

    def _mapped(self, header: str, fields: list[str]) -> MappedColumn:
        cells = self.table.frame[header].head(SAMPLE_ROWS)
        samples = cells.filter(cells != "").unique(maintain_order=True).head(SAMPLES).to_list()
        if header in self.personal:
            how = "a person, stored as a keyed hash"
            samples = ["(hidden)"] if samples else []
        elif fields:
            how = ", ".join(dict.fromkeys(_how(self.layout.parts, given) for given in fields))
        else:
            how = "empty" if not samples else "no place in the lake's tables; kept with the raw row"
        return MappedColumn(header, list(dict.fromkeys(fields)), [text[:40] for text in samples], how)


def _how(parts: Sequence[Part], given: str) -> str:
    kind = next(part.kind for part in parts if given in part.columns)
    cell = kind.fields[kind.base(given) or given]
    words = {"money": "amount in whole units", "code": "currency", "count": "whole number", "real": "number"}
    for ending, unit in (
        ("_micros", "millionths of the currency"),
        ("_minor", "cents"),
        ("_minutes", "minutes"),
        ("_hours", "hours"),
    ):
        if given.endswith(ending):
            return unit
    return "milliseconds" if given.endswith("_millis") else words.get(cell, cell)


def fingerprint(headers: Sequence[str]) -> str:
    """Return a short text that is the same for the same columns, in whatever order."""
    plain = "\n".join(sorted(map(plain_header, headers)))
    return hashlib.sha256(plain.encode()).hexdigest()[:24]


def open_source(path: Path, choice: Choice, hash_key: bytes | None) -> Source:
    """Read a file and recognise it.

    Raises:
        BadInput: it cannot be read, is no report we know, or the choice names no column or field of it.
        ProviderNotConfigured: it holds personal data and there is no key to hash it with.
    """
    table = read_table(path, named=list(choice.columns or {}), is_layout_named=choice.layout is not None)
    return recognise_table(table, choice, hash_key)


def recognise_table(read: Table, choice: Choice, hash_key: bytes | None) -> Source:
    """Return a table as a recognised file, its personal cells hashed; errors as of `open_source`."""
    table, personal = hide(read, hash_key)
    file = table.path.name
    mapped = {plain_header(column): given for column, given in (choice.columns or {}).items()}
    layout = recognise(table.headers, file=file, channel=choice.channel, layout=choice.layout, mapped=mapped)
    if choice.columns:
        layout = _rewire(table, layout, choice.columns)
    channel = choice.channel or layout.channel
    return Source(table, layout, channel, frozenset(personal), choice.day_order, choice.decimal)


def _rewire(table: Table, layout: Layout, columns: Mapping[str, str]) -> Layout:
    """Return the layout with the columns a person named for other fields."""
    spelled = {plain_header(header): header for header in table.headers}
    parts = list(layout.parts)
    for column, given in columns.items():
        plain = plain_header(column)
        if plain not in spelled:
            raise BadInput(
                f"{table.path.name} has no column {column!r}; its columns are {', '.join(table.headers)}."
            )
        at = next((i for i, part in enumerate(parts) if part.kind.base(given)), None)
        if given and at is None:
            known = sorted({name for part in parts for name in part.kind.fields})
            raise BadInput(f"{given!r} is no field of {layout.name!r}; its fields are {', '.join(known)}.")
        parts = [_without(part, plain) for part in parts]
        if given and at is not None:
            kept = {
                name: header
                for name, header in parts[at].columns.items()
                if parts[at].kind.base(name) != parts[at].kind.base(given)
            }
            parts[at] = replace(parts[at], columns={**kept, given: plain})
    return replace(layout, parts=tuple(parts))


def _without(part: Part, header: str) -> Part:
    kept = {given: part.columns[given] for given in part.columns if part.headers(given) != [header]}
    return replace(part, columns=kept)
