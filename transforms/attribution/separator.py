"""What stands between the channels of a path that is written as text."""

from __future__ import annotations

import polars as pl

# Signs nobody puts into a channel's name come first; a comma may well be part of one.
ARROWS = ("->", "=>", ">>")
SIGNS = (">", "→", "»", "\u203a", "\t", "|", ";")
SPACED = " > "
BRACKETS = "<[^<>]*>"
LOOKED_AT = 10_000


def find_separator(texts: pl.Series) -> str | None:
    """Return the sign between the channels, None when every path is of one touch.

    The first sign of `>` (or `->`, `=>`, `>>`), arrows, tab, `|`, `;` that occurs anywhere is it. A
    comma is one only if the parts it makes show up in several places, or no blank ever follows it:
    `Paid Search, Brand` is one channel.
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
    some = texts.filter(texts.str.contains(",", literal=True)).head(LOOKED_AT)
    return "," if len(some) and _is_comma_between(texts.head(LOOKED_AT), some) else None


def _spell(texts: pl.Series) -> str | None:
    """Return the arrow that holds every `>` there is; where names hold some too, the spaced sign.

    None where each closes a name such as `<not set>`.
    """
    signs = _count(texts, ">")
    within = {arrow: _count(texts, arrow) * arrow.count(">") for arrow in ARROWS}
    whole = next((arrow for arrow, count in within.items() if count == signs), None)
    if whole is not None:
        return whole
    spaced, closing = _count(texts, SPACED), _count(texts, BRACKETS)
    if closing == signs:
        return None
    return SPACED if spaced and spaced + closing + sum(within.values()) == signs > spaced else ">"


def _count(texts: pl.Series, form: str) -> int:
    return int(texts.str.count_matches(form).sum())


def _is_comma_between(texts: pl.Series, with_comma: pl.Series) -> bool:
    if not with_comma.str.contains(r",\s").any():
        return True
    parts = texts.str.split(",").list.eval(pl.element().str.strip_chars())
    firsts = set(parts.list.first())
    laters = set(parts.list.slice(1).list.explode(empty_as_null=False))
    return 2 * len(firsts & laters) >= min(len(firsts), len(laters))
