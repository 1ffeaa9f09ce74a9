"""What stands between the channels of a path that is written as text."""

from __future__ import annotations

import ast

import orjson
import polars as pl

# Signs nobody puts into a channel's name come first; a comma may well be part of one.
ARROWS = ("->", "=>", ">>")
SIGNS = (">", *"→⇒⟶➔➜➝▶►»\u203a", "\t", "|", ";")
# Signs that names hold as well: one is believed only if the same parts stand at the start and later in paths.
DOUBTFUL = ("::", "~", "^", "+", "&", "/", "\\", " - ", "-", "_", " ")
# Found by looking at the parts, so that it may be wrong.
GUESSED = (",", *DOUBTFUL)
SPACED = " > "
BRACKETS = "<[^<>]*>"
LOOKED_AT = 10_000
# A list as programs write it, whole.
LIST = r"^\[.*\]$"
BETWEEN_ITEMS = "\t"


def take_lists(texts: pl.Series) -> pl.Series | None:
    """Return paths that are written as lists, of JSON (`["A","B"]`) or Python, with `BETWEEN_ITEMS` between.

    Only a column in which every path that is told is such a list is taken so; of another, None is returned.
    """
    told = texts.head(LOOKED_AT).str.strip_chars()
    told = told.filter(told != "")
    if told.is_empty() or not told.str.contains(LIST).all():
        return None
    written = texts.unique()
    lists = {text: _items(text) for text in written}
    if any(items is None for items in lists.values()):
        return None
    joined = pl.Series([BETWEEN_ITEMS.join(lists[text] or []) for text in written], dtype=pl.String)
    return texts.replace_strict(written, joined).alias(texts.name)


def _items(text: str) -> list[str] | None:
    """Return the names of a list, None where the text is none."""
    if not text.strip():
        return []
    for read in (orjson.loads, ast.literal_eval):
        try:
            items = read(text.strip())
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
        if isinstance(items, list) and all(isinstance(item, str | int | float) for item in items):
            return [" ".join(str(item).split(BETWEEN_ITEMS)) for item in items]
    return None


def find_separator(texts: pl.Series) -> str | None:
    """Return the sign between the channels, None when every path is of one touch.

    The first sign of `>` (or `->`, `=>`, `>>`), arrows, tab, `|`, `;` that occurs anywhere is it; then a
    comma, unless its parts look like a group and what belongs to it (`Search, Brand` and `Search,
    Generic`); then one of `DOUBTFUL` whose parts are the same wherever they stand.
    """
    for sign in SIGNS:
        some = texts.head(LOOKED_AT)
        holds = some.str.contains(sign, literal=True)
        if not holds.any() and len(texts) > LOOKED_AT:
            some, holds = texts, texts.str.contains(sign, literal=True)
        if holds.any():
            spelt = _spell(some.filter(holds).head(LOOKED_AT)) if sign == ">" else sign
            if spelt is not None:
                return spelt
    some = texts.head(LOOKED_AT).unique()
    if _is_comma_between(some):
        return ","
    return next((sign for sign in DOUBTFUL if _recombines(some, sign)), None)


def _spell(texts: pl.Series) -> str | None:
    """Return the arrow that holds every `>` there is; where names hold some too, the spaced sign.

    None where each closes a name such as `<not set>`.
    """
    signs, spaced = _count(texts, ">"), _count(texts, SPACED)
    if spaced == signs:
        return ">"
    within = {arrow: _count(texts, arrow) * arrow.count(">") for arrow in ARROWS}
    whole = next((arrow for arrow, count in within.items() if count == signs), None)
    if whole is not None:
        return whole
    closing = int(texts.str.count_matches(BRACKETS).sum())
    if closing == signs:
        return None
    return SPACED if spaced and spaced + closing + sum(within.values()) == signs > spaced else ">"


def _count(texts: pl.Series, sign: str) -> int:
    return int(texts.str.count_matches(sign).sum())


def _is_comma_between(texts: pl.Series) -> bool:
    with_comma = texts.filter(texts.str.contains(",", literal=True))
    if with_comma.is_empty():
        return False
    parts = _parts(texts, ",")
    firsts, laters = _places(parts)
    if not with_comma.str.contains(r",\s").any() or (parts.list.len() > 2).any():
        return True
    heads = _parts(with_comma, ",").list.first()
    is_grouped = heads.n_unique() < len(heads)
    return 2 * len(firsts & laters) >= min(len(firsts), len(laters)) or not is_grouped


def _recombines(texts: pl.Series, sign: str) -> bool:
    """Say whether two thirds of the parts, and two at least, stand at the start as well as later."""
    firsts, laters = _places(_parts(texts, sign))
    both = len(firsts & laters)
    return both > 1 and 3 * both >= 2 * max(len(firsts), len(laters))


def _parts(texts: pl.Series, sign: str) -> pl.Series:
    return texts.str.split(sign).list.eval(pl.element().str.strip_chars())


def _places(parts: pl.Series) -> tuple[set[str], set[str]]:
    """Return the parts that stand first, and those that stand later."""
    return set(parts.list.first()), set(parts.list.slice(1).list.explode(empty_as_null=False))
