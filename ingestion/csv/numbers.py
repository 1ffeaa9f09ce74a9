"""Numbers as people and programs write them: bare digits, what stood beside them, and the decimal sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from core.errors import BadInput
from ingestion.csv.currencies import is_mark
from ingestion.csv.questions import Question
from lake.tabular.totals import NOTHING

Decimal = Literal["comma", "point"]
DECIMALS: tuple[Decimal, ...] = ("comma", "point")
# Marks of thousands that are never a decimal sign: blanks of any width, and apostrophes.
GAP = "[\\s\u00a0\u2007\u2009\u202f'\u2019\u02bc\u00b4`]"
MINUS = "[\u2212\u2013\u2012\ufe63\uff0d]"
IS_GAPPED = rf"\d{GAP}+\d"
GAPPED = rf"(?:^|[^\d])\d{{1,3}}(?:{GAP}\d{{2,3}})*{GAP}\d{{3}}(?:$|[^\d])"
_WORD = r"[\p{L}\p{Sc}%][\p{L}\p{Sc}%.]*"
FORM = (
    rf"^(?P<open>\()?(?P<first>[-+])?(?P<before>{_WORD})?(?P<within>\()?(?P<second>[-+])?"
    rf"(?P<digits>\d[\d.,]*|[.,]\d+)(?P<power>[eE][-+]?\d+)?(?P<after>{_WORD})?(?P<last>-)?(?P<close>\))?$"
)
# What proves a decimal sign D where G stands between thousands: two digits behind it, or four (12.5); a group
# that none can be (0.125, 1234.500); behind a group (1,234.5); or groups alone (1,234,567 and 1,20,000).
PROOF = (
    r"^-?\d*D(?:\d{1,2}|\d{4,})(?:[eE]|$)",
    r"^-?(?:0\d*|\d{4,})?D\d{3}(?:[eE]|$)",
    r"G\d{2,3}D\d*$",
    r"\dG\d{2,3}G\d{3}$",
)
# What can be a thousand or one and a bit; of whole numbers only those that end in zeros can.
OPEN, ROUND = r"^-?[1-9]\d{0,2}D\d{3}$", r"D000$"
SIGN: dict[Decimal, str] = {"point": r"\.", "comma": ","}
OTHER: dict[Decimal, Decimal] = {"point": "comma", "comma": "point"}


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column's numbers without what stood beside them; `words` is that, null in a column of bare digits."""

    bare: pl.Series
    words: pl.Series | None
    is_whole: bool = False
    digits: int | None = None


def undress(texts: pl.Series, *, zero: bool, is_whole: bool = False) -> Numbers:
    """Return the digits, sign and marks of numbers; a cell that holds nothing is `0` or empty.

    Brackets and a minus of any form, in front or behind, make a number negative. What is no number, or has a
    word beside it that is no currency, stays as it was written.
    """
    nothing = "0" if zero else ""
    if not texts.str.contains(r"[^\d.,-]").any():
        bare = texts.set(texts.is_in(NOTHING), nothing)
        if not bare.str.contains(r"\d-").any():
            return Numbers(bare, None, is_whole)
    told = texts.unique()
    plain = told.str.replace_all(MINUS, "-")
    is_odd = plain.str.contains(IS_GAPPED) & ~plain.str.contains(GAPPED)
    parts = plain.str.replace_all(GAP, "").str.extract_groups(FORM).struct.unnest()
    parts = parts.with_columns(told.alias("told"), is_odd.alias("is_odd"))
    word = (
        pl.concat_str("before", "after", ignore_nulls=True)
        .fill_null("")
        .str.replace_all("%", "", literal=True)
    )
    parts = parts.with_columns(word.alias("word"))
    known = {name for name in parts["word"].unique() if name == "" or is_mark(name)}
    signs = (pl.col(name).fill_null("") == "-" for name in ("first", "second", "last"))
    closed = pl.col("close").is_not_null()
    is_closed = (pl.col("open").is_not_null() | pl.col("within").is_not_null()) == closed
    is_good = (
        pl.col("digits").is_not_null() & pl.col("word").is_in(list(known)) & ~pl.col("is_odd") & is_closed
    )
    number = pl.when(pl.any_horizontal(*signs, closed)).then(pl.lit("-")).otherwise(pl.lit(""))
    number = pl.concat_str(number, "digits", pl.col("power").fill_null(""))
    read = parts.select(
        "told",
        pl.when(pl.col("told").is_in(NOTHING)).then(pl.lit(nothing)).when(is_good).then(number)
        .otherwise("told").alias("bare"),
        pl.when(is_good).then("word").otherwise(pl.lit("")).alias("word"),
    )  # fmt: skip
    bare, words = (
        texts.replace_strict(told, read[name], return_dtype=pl.String) for name in ("bare", "word")
    )
    return Numbers(bare, words, is_whole)


def _form(form: str, sign: Decimal) -> str:
    """Return a form with this decimal sign for D and the other one for G."""
    return form.replace("D", SIGN[sign]).replace("G", SIGN[OTHER[sign]])


def _proofs(columns: Sequence[pl.Series]) -> set[Decimal]:
    """Return the decimal signs that are proved."""
    signs: set[Decimal] = set()
    for sign in DECIMALS:
        form = "|".join(_form(proof, sign) for proof in PROOF)
        if any(bool(column.str.contains(form).any()) for column in columns):
            signs.add(sign)
    return signs


def find_decimal(
    columns: Sequence[Numbers], others: Sequence[pl.Series], *, file: str, said: Decimal | None
) -> Decimal:
    """Return the decimal sign of a report.

    Proofs in the numbers that are read come first, then whole numbers whose groups can be no fraction,
    then proofs in the report's other columns of numbers, then a currency of three digits.

    Args:
        columns: The numbers that are read.
        others: The other columns of the report, undressed.
        file: The file's name.
        said: What the caller or an earlier file of the same columns said; a proof goes before it.

    Raises:
        BadInput: both signs are proved.
        Question: nothing tells.
    """
    bare = [column.bare for column in columns]
    proved = _proofs(bare)
    if len(proved) > 1:
        raise BadInput(f"{file} writes decimals with comma and with point; export it in one language.")
    if proved:
        return proved.pop()
    if said is not None:
        return said
    is_open = {sign: [c.filter(c.str.contains(_form(OPEN, sign))) for c in bare] for sign in DECIMALS}
    if not any(len(cells) for several in is_open.values() for cells in several):
        return "point"
    # Counts have no fraction, and neither has an amount of yen.
    whole = [at for at, column in enumerate(columns) if column.is_whole or column.digits == 0]
    by_groups = {
        OTHER[sign]
        for sign in DECIMALS
        if any((~is_open[sign][at].str.contains(_form(ROUND, sign))).any() for at in whole)
    }
    doubtful = [
        s[at] for s in is_open.values() for at in range(len(columns)) if at not in whole and len(s[at])
    ]
    if not doubtful and not by_groups:  # only counts such as 2.000: no count has a fraction
        by_groups = {"comma" if any(len(is_open["point"][at]) for at in whole) else "point"}
    for signs in (by_groups, _proofs(others)):
        if len(signs) == 1:
            return signs.pop()
    if _is_of_three_digits(columns, is_open["comma"], whole):
        return "point"
    example = (doubtful or [cells for s in is_open.values() for cells in s if len(cells)])[0][0]
    digits = example.replace(",", ".")
    thousands, fraction = digits.replace(".", ""), digits.rstrip("0").rstrip(".")
    raise Question(
        f"{file} writes {example}, which can be {thousands} or {fraction}, and nothing in it tells; "
        "say which sign stands before the decimals with --decimal comma or --decimal point.",
        option="decimal",
        choices=DECIMALS,
    )


def _is_of_three_digits(columns: Sequence[Numbers], commas: list[pl.Series], whole: Sequence[int]) -> bool:
    """Say whether three digits behind a point are what amounts of the currency have, as dinars do."""
    money = [at for at, column in enumerate(columns) if column.digits is not None]
    doubtful = [at for at in range(len(columns)) if at not in whole and at not in money]
    return (
        bool(money)
        and all(columns[at].digits == 3 and not len(commas[at]) for at in money)
        and not any(columns[at].bare.str.contains(_form(OPEN, "point")).any() for at in doubtful)
    )
