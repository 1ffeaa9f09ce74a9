"""What stands between the channels of a path, and paths written as text taken apart by it."""

from __future__ import annotations

import numpy as np
import polars as pl

from transforms.attribution.paths import Floats, Paths

# Signs nobody puts into a channel's name come first; a comma may well be part of one.
ARROWS = ("->", "=>", ">>")
SIGNS = (">", "→", "»", "\u203a", "\t", "|", ";")
SPACED = " > "
LOOKED_AT = 20_000


def find_separator(texts: pl.Series) -> str | None:
    """Return the sign between the channels, None when every path is of one touch.

    The first sign of `>` (or `->`, `=>`, `>>`), arrows, tab, `|`, `;` that occurs anywhere is it. A
    comma is one only if the parts it makes show up in several places, or no blank ever follows it:
    `Paid Search, Brand` is one channel.
    """
    for sign in SIGNS:
        holds = texts.str.contains(sign, literal=True)
        if holds.any():
            return _spell(texts.filter(holds).head(LOOKED_AT)) if sign == ">" else sign
    some = texts.filter(texts.str.contains(",", literal=True)).head(LOOKED_AT)
    return "," if len(some) and _is_comma_between(texts.head(LOOKED_AT), some) else None


def paths_of_texts(
    texts: pl.Series, separator: str | None, *, conversions: Floats, value: Floats, nulls: Floats
) -> Paths:
    """Return the table of paths written as text; blanks around names and empty names are dropped."""
    if separator is None:
        lists, lengths = texts, np.ones(len(texts), dtype=np.int64)
    else:
        split = texts.str.split(separator)
        lists, lengths = split.list.explode(), split.list.len().to_numpy().astype(np.int64)
    written = lists.unique().sort()
    names = written.str.strip_chars()
    channels = tuple(name for name in names.unique().sort().to_list() if name)
    place = {name: code for code, name in enumerate(channels)}
    code_of = np.array([place.get(name, -1) for name in names], dtype=np.int32)
    codes = code_of[lists.cast(pl.Enum(written)).to_physical().to_numpy()]
    is_named = codes >= 0
    if not is_named.all():
        ends = np.concatenate(([0], np.cumsum(is_named)))
        offsets = ends[np.concatenate(([0], np.cumsum(lengths)))]
        codes = codes[is_named]
    else:
        offsets = np.concatenate(([0], np.cumsum(lengths)))
    return Paths(channels, codes, offsets, conversions, value, nulls)


def _spell(texts: pl.Series) -> str:
    """Return the arrow that holds every `>` there is; where names hold arrows too, the spaced sign."""
    signs, spaced = (_count(texts, sign) for sign in (">", SPACED))
    held = {arrow: _count(texts, arrow) * arrow.count(">") for arrow in ARROWS}
    whole = next((arrow for arrow, count in held.items() if count == signs), None)
    return whole or (SPACED if spaced and spaced + sum(held.values()) == signs > spaced else ">")


def _count(texts: pl.Series, sign: str) -> int:
    return int(texts.str.count_matches(sign, literal=True).sum())


def _is_comma_between(texts: pl.Series, with_comma: pl.Series) -> bool:
    if not with_comma.str.contains(r",\s").any():
        return True
    parts = texts.str.split(",").list.eval(pl.element().str.strip_chars())
    firsts = set(parts.list.first())
    laters = set(parts.list.slice(1).list.explode(empty_as_null=False))
    return 2 * len(firsts & laters) >= min(len(firsts), len(laters))
