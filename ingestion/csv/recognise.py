"""Which report a file is, by its columns: the known layout that explains most of them, else by words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType

from core.errors import BadInput
from ingestion.csv.headers import plain_header
from ingestion.csv.kinds import ADS, GENERIC, KINDS, SPEND, Kind
from ingestion.csv.layouts import LAYOUTS, Layout, Part

LEVELS = ("campaign", "ad_set", "ad")
ENTITIES = frozenset(f"{level}_{what}" for level in LEVELS for what in ("id", "name"))


def recognise(
    headers: Sequence[str],
    *,
    file: str,
    channel: str | None,
    layout: str | None,
    mapped: Mapping[str, str] = MappingProxyType({}),
) -> Layout:
    """Return the layout of a report with these headers.

    Args:
        headers: As the file spells them.
        file: The file's name, which tells twins of the same headers apart.
        channel: The channel the caller names; its layouts come first.
        layout: A layout or a kind by name, as the caller asks.
        mapped: Fields the caller names, by plain header; an unknown report is of a kind that has them.

    Raises:
        BadInput: several layouts fit as well, or the one asked for is not known.
    """
    there = frozenset(map(plain_header, headers))
    if layout is not None:
        return _asked(layout, there, file)
    fitting = [known for known in LAYOUTS if known.fits(there)]
    fitting = [known for known in fitting if channel in (None, known.channel)] or fitting
    if not fitting:
        return guess(there, mapped)
    best = max(known.score(there, file) for known in fitting)
    top = [known for known in fitting if known.score(there, file) == best]
    if len(top) > 1:
        several = " and ".join(repr(known.name) for known in top)
        option = "--channel" if len({known.channel for known in top}) == len(top) else "--layout"
        raise BadInput(f"{file} fits {several} equally well; say which with {option}.")
    return top[0]


def _asked(name: str, there: frozenset[str], file: str) -> Layout:
    known = next((one for one in LAYOUTS if one.name.lower() == name.lower()), None)
    if known is not None:
        return known
    kind = next((kind for kind in KINDS if kind.table and kind.name == name.lower()), None)
    if kind is None:
        names = ", ".join(kind.name for kind in KINDS if kind.table)
        raise BadInput(f"{name!r} is no layout for {file}; name one of docs/import.md or a kind: {names}.")
    return Layout("report", None, (Part(kind, _words(kind, there)),))


def guess(there: frozenset[str], mapped: Mapping[str, str] = MappingProxyType({})) -> Layout:
    """Return what the words of an unknown report tell: the kind they tell most of, and its columns.

    Columns the caller names count as told, and a kind that does not have them comes last.
    """
    fields = [given for given in mapped.values() if given]
    told = [(kind, _told(kind, there, mapped)) for kind in GENERIC]
    kind, columns = max(
        told,
        key=lambda one: (
            sum(one[0].base(given) is not None for given in fields),
            _is_told(*one),
            len(one[1]),
            one[0] is ADS,
        ),
    )
    if kind is ADS and not ENTITIES & columns.keys():
        kind, columns = SPEND, {name: header for name, header in columns.items() if SPEND.base(name)}
    return Layout("report", None, (Part(kind, columns),))


def _told(kind: Kind, there: frozenset[str], mapped: Mapping[str, str]) -> dict[str, str]:
    words = {name: header for name, header in _words(kind, there).items() if header not in mapped}
    return {**words, **{given: header for header, given in mapped.items() if given and kind.base(given)}}


def _words(kind: Kind, there: frozenset[str]) -> dict[str, str]:
    return {
        ours: next(word for word in words if word in there)
        for ours, words in kind.words.items()
        if any(word in there for word in words)
    }


def _is_told(kind: Kind, columns: Mapping[str, str]) -> bool:
    bases = {kind.base(name) for name in columns}
    return all(name in bases for name in kind.needed)


@cache
def vocabulary() -> frozenset[str]:
    """Return every header that means something in any report."""
    words = {word for kind in KINDS for known in kind.words.values() for word in known}
    for layout in LAYOUTS:
        words |= layout.also
        words.update(name for part in layout.parts for given in part.columns for name in part.headers(given))
    return frozenset(words)
