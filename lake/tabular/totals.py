"""Rows of a table that add up other rows: by what they are called, and by their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

# Cells that hold nothing.
NOTHING = ("", "-", "--", "—", "\u2013", "n/a", "N/A", "#N/A", "null", "NULL", "None", "NaN", "nan")
# What a row of totals is called.
WORDS = (
    *("total", "totals", "grand total", "grand totals", "overall", "overall total", "sub[ -]?total"),
    *("subtotals", "sum", "gesamt", "gesamtsumme", "gesamtergebnis", "insgesamt", "summe", "zwischensumme"),
    *("total g[ée]n[ée]ral", "totaux", "sous-total", "somme", "ensemble", "total general", "totales"),
    *("suma", "suma total", "totale", "totale complessivo", "totali", "somma", "total geral", "totais"),
    *("soma", "totaal", "eindtotaal", "subtotaal", "razem", "łącznie", "ogółem", "suma końcowa", "итого"),
    *("всего", "итог", "общий итог", "сумма", "разом", "усього", "всього", "celkem", "celkom"),
    *("součet", "totalt", "summa", "i alt", "yhteensä", "toplam", "genel toplam", "合計", "総計", "小計"),
    *("総合計", "总计", "合计"),
    *("總計", "小计", "汇总", "합계", "총계", "총합계", "소계", "المجموع", "الإجمالي", 'סה"כ', "סך הכל"),
    *("összesen", "végösszeg", "σύνολο", "tổng", "tổng cộng", "jumlah", "รวม", "ทั้งหมด"),
)  # fmt: skip
# What may stand behind the word without making a name of it.
_PARTS = (
    r"all|every|the|of|for|from|de|des|du|von|aus|aller|alle|der|di|da|van|do|dos|todas?|todos|las|los"
    r"|tous|toutes|les|tutt[ei]|le|account|campaigns?|ad|ads|groups?|sets?|keywords?|search|display|shopping|video"
    r"|networks?|results?|rows?|items?|filtered|removed|but|except|experiments?|performance|max|apps?|smart|demand"
    r"|gen|discovery|hotel|local|konto|kampagnen?|anzeigen|anzeigengruppen|keyword|ergebnissen?|zeilen|compte"
    r"|campagnes?|annonces|publicités|résultats?|lignes|cuenta|campañas?|anuncios|grupos?|resultados?|filas"
    r"|campagne|annunci|risultati|righe|conta|campanhas?|anúncios|linhas|resultaten|rijen|channels?|period"
)
_MARKS = r"\s:\u{ff1a};()\[\]/&,.\u{2013}—-"
_TAIL = rf"(?:[{_MARKS}]|\d|(?:{_PARTS})(?:\b|$))*"
_COUNTED = (
    r"(?:results? (?:from|of)|ergebnisse (?:aus|von)|résultats? (?:de|pour)|resultados (?:de|em)"
    r"|risultati (?:da|di)|resultaten (?:van|uit)|wyniki z|resultat (?:från|fra)|resultater fra) \d+ .*"
)
_WORD = "(?:" + "|".join(WORDS) + ")"
BARE = rf"(?i)^\s*(?:{_WORD}{_TAIL}|{_COUNTED})\s*$"
NAMED = rf"(?i)^\s*{_WORD}\s*[:\u{{ff1a}}\u{{2013}}—-]\s*\S"
# What stands in the place of a day in a row that is of all days.
EVERY_DAY = r"(?i)^(all|alle|alles|tous|toutes|todos|todas|tutti|tutte|lifetime)$"


@dataclass(slots=True)
class Rows:
    """What is known of a table's rows, one entry a row.

    Attributes:
        labels: The texts by which a row may call itself a total, the first of the row and its name.
        names: The columns that say whose a row is, as text, blank where they do not.
        numbers: The columns that add up; null where a cell is blank.
        needed: The numbers that every row has; the others may be blank or counted once in a total.
        days: The days, null where a row has none; None in a table without days.
    """

    labels: Sequence[pl.Series]
    names: pl.DataFrame
    numbers: pl.DataFrame
    needed: Sequence[str] = field(default_factory=list)
    days: pl.Series | None = None


def is_bare(labels: pl.Series) -> pl.Series:
    """Say of each text whether it is a word for a total and no name beside it."""
    return _matches(labels, BARE)


def _matches(labels: pl.Series, form: str) -> pl.Series:
    """Return which texts match; each is looked at once, however often it stands there."""
    told = labels.unique()
    return labels.is_in(told.filter(told.str.contains(form).fill_null(value=False)).implode()).fill_null(
        value=False
    )


def find_totals(rows: Rows) -> pl.Series:
    """Return which rows are totals.

    A row that is called a total, and has no day where the others have days, is one. Without days it is one
    where no number is less than the others add up to, unless it has a name and an id as they have. A row
    with a name such as `Total - Wash`, or with a name missing that others have, is one only where its
    numbers are the sum of the others: of all, of its day, or of the rows that share the names it has.
    """
    height = rows.labels[0].len()
    bare, named = (_any([_matches(label, form) for label in rows.labels], height) for form in (BARE, NAMED))
    dayless = rows.days.is_null() if rows.days is not None else _none(height)
    unnamed = _unnamed(rows, bare | named, dayless)
    plain = ~(bare | unnamed)
    if not (bare | named | unnamed).any():
        return bare
    # A named row is measured against the others, itself left out.
    equal, at_least = _compare(rows, plain)
    total = unnamed | (named & ~bare & equal & (dayless | (rows.days is None)))
    is_more = at_least & ~_is_whole(rows) & (rows.days is None)
    return total | (bare & (dayless | equal | is_more))


def _is_whole(rows: Rows) -> pl.Series:
    """Return which rows have every name that others have, of several: a campaign's name and its id."""
    names = [text.fill_null("") for text in rows.names.get_columns()]
    told = [text != "" for text in names if (text != "").any()]
    whole = pl.Series([len(told) > 1]).new_from_index(0, rows.labels[0].len())
    for is_there in told:
        whole &= is_there
    return whole


def _none(height: int) -> pl.Series:
    return pl.Series([False] * height, dtype=pl.Boolean)


def _any(flags: Sequence[pl.Series], height: int) -> pl.Series:
    seen = _none(height)
    for flag in flags:
        seen |= flag
    return seen


def _compare(rows: Rows, plain: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return whether each row's numbers equal what the other plain rows add up to, and are at least that."""
    height = plain.len()
    if not rows.numbers.width:
        return _none(height), _none(height)
    equal, at_least, is_told = ~_none(height), ~_none(height), _none(height)
    needed = [name for name in rows.numbers.columns if name in rows.needed]
    for column in rows.numbers.select(needed or rows.numbers.columns).get_columns():
        own = column.fill_null(0)
        part = pl.when(pl.lit(plain)).then(pl.lit(own)).otherwise(0)
        others = pl.select((part.sum() - part).alias("others")).to_series()
        equal &= column.is_null() | (own == others)
        at_least &= column.is_null() | (own >= others)
        is_told |= own != 0
    return equal & is_told, at_least


def _unnamed(rows: Rows, called: pl.Series, dayless: pl.Series) -> pl.Series:
    """Return the rows that lack a name (or the day) that others have, and are the sum of those."""
    height = called.len()
    names = [name for name in rows.names.columns if (rows.names[name].fill_null("") != "").any()]
    frame = pl.DataFrame([*(rows.names[name].fill_null("") for name in names), *rows.numbers.get_columns()])
    lacks = dayless
    for name in names:
        lacks |= frame[name] == ""
    if not lacks.any() or lacks.all() or not rows.numbers.width:
        return _none(height)
    whole, part = ~lacks & ~called, lacks & ~called
    shapes = frame.filter(part).select((pl.col(name) != "").alias(name) for name in names).unique()
    totals = _none(height)
    for shape in shapes.iter_rows(named=True) if names else [{}]:
        is_shape = part
        for name, is_there in shape.items():
            is_shape = is_shape & ((frame[name] != "") == is_there)
        keys = [name for name, is_there in shape.items() if is_there]
        totals |= _is_sum(frame, rows, keys, whole, is_shape, is_by_day=False)
        if rows.days is not None:
            totals |= _is_sum(frame, rows, keys, whole, is_shape & ~dayless, is_by_day=True)
    return totals


def _is_sum(
    frame: pl.DataFrame, rows: Rows, keys: list[str], whole: pl.Series, part: pl.Series, *, is_by_day: bool
) -> pl.Series:
    """Return which of the rows `part` are the sum of the rows `whole` that share their keys (and day)."""
    by = [pl.lit(1).alias(".all"), *(pl.col(key) for key in keys)]
    if is_by_day and rows.days is not None:
        by.append(pl.lit(rows.days).alias(".day"))
    keyed = frame.with_row_index(".at").with_columns(by)
    shared = [".all", *keys, *([".day"] if is_by_day else [])]
    numbers = rows.numbers.columns
    sums = keyed.filter(whole).group_by(shared).agg(pl.col(numbers).sum().name.suffix(".sum"))
    joined = keyed.filter(part).join(sums, on=shared, how="inner")
    checked = [name for name in numbers if name in rows.needed] or numbers
    is_equal = [(pl.col(n).is_null() | (pl.col(n) == pl.col(f"{n}.sum"))) for n in checked]
    told = pl.sum_horizontal(pl.col(n).is_not_null() & (pl.col(n) != 0) for n in checked)
    enough = min(2, len(checked))
    seen = joined.filter(pl.all_horizontal(is_equal) & (told >= enough))[".at"]
    return (
        pl.Series(range(part.len()), dtype=pl.UInt32).is_in(seen.implode())
        if len(seen)
        else _none(part.len())
    )
