"""The currency of a report: of its column, headers and cells, or as the caller says; never against them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import polars as pl

from core.errors import BadInput
from core.money import minor_digits
from ingestion.csv.questions import Question
from lake.quality.silver import CURRENCIES
from lake.tabular.totals import NOTHING

CODES = frozenset(CURRENCIES.split())
_DOLLARS = (
    "USD AUD BBD BMD BND BSD BZD CAD CLP COP FJD GYD HKD JMD KYD LRD MXN NZD SBD SGD SRD TTD TWD XCD ARS"
)
# What each sign may stand for, the likeliest first.
SIGNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **{sign: tuple(codes.split()) for sign, codes in {
            "$": _DOLLARS, "US$": "USD", "USD$": "USD", "$US": "USD", "A$": "AUD", "AU$": "AUD", "C$": "CAD",
            "CA$": "CAD", "CAD$": "CAD", "$CA": "CAD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "SG$": "SGD",
            "NT$": "TWD", "MX$": "MXN", "MEX$": "MXN", "R$": "BRL", "AR$": "ARS", "CL$": "CLP", "COL$": "COP",
            "€": "EUR", "£": "GBP EGP FKP GIP SHP", "GB£": "GBP", "¥": "JPY CNY", "\uffe5": "JPY CNY",
            "JP¥": "JPY",
            "CN¥": "CNY", "円": "JPY", "元": "CNY", "RMB": "CNY", "₹": "INR", "RS": "INR PKR LKR NPR MUR SCR",
            "₨": "INR PKR LKR NPR MUR SCR", "FR": "CHF", "SFR": "CHF", "KR": "SEK NOK DKK ISK", "ZŁ": "PLN",
            "KČ": "CZK", "FT": "HUF", "LEI": "RON MDL", "₺": "TRY", "TL": "TRY", "₽": "RUB", "РУБ": "RUB",
            "₩": "KRW", "원": "KRW", "₪": "ILS", "₫": "VND", "Đ": "VND", "฿": "THB", "₱": "PHP", "₦": "NGN",
            "₴": "UAH", "ЛВ": "BGN", "RM": "MYR", "RP": "IDR", "₸": "KZT", "₡": "CRC", "₲": "PYG",
            "R": "ZAR",  # codespell:ignore zar
            "S/": "PEN", "₵": "GHS", "GH₵": "GHS", "KSH": "KES", "₾": "GEL", "৳": "BDT", "DH": "AED MAD",
        }.items()},
    }
)  # fmt: skip
# Codes of three letters in a header that are no currency there.
IN_HEADER = re.compile(r"\((?:in )?([A-Z]{3}|[A-Z]{0,3}[$€£¥₹₽₩₺₪₫฿₱₦₴])\)|\bin ([A-Z]{3})$|[_ ]([A-Z]{3})$")
NO_CURRENCY = frozenset(("ALL", "CUP", "GEL", "MOP", "TOP"))


def _plain(mark: str) -> str:
    return mark.strip().rstrip(".").upper()


def is_mark(mark: str) -> bool:
    """Say whether a text is a currency's code or sign."""
    return bool(codes_of(mark))


def codes_of(mark: str) -> tuple[str, ...]:
    """Return the codes a text may stand for, the likeliest first; none where it is no currency."""
    plain = _plain(mark)
    return (plain,) if plain in CODES else SIGNS.get(plain, ())


def of_header(header: str) -> tuple[str, ...]:
    """Return the codes that a header such as `Cost (EUR)` or `Spend ($)` names."""
    seen = IN_HEADER.search(header)
    if seen is None:
        return ()
    word = next(group for group in seen.groups() if group)
    return () if word in NO_CURRENCY else codes_of(word)


def read_currency(
    *,
    file: str,
    lines: pl.Series,
    column: pl.Series | None,
    headers: Sequence[str],
    words: Sequence[pl.Series],
    said: str | None,
    assumed: str,
    notes: list[str],
    is_money: bool,
) -> pl.Series:
    """Return each row's currency; empty where a row of a currency column names none.

    Args:
        file: The file's name.
        lines: The line each row stands on.
        column: The report's column of currencies, if it has one.
        headers: Headers of amounts, which may name the currency.
        words: What stood beside each amount, a series a column of amounts.
        said: The caller's word.
        assumed: What to take where nothing tells; noted.
        notes: Where that is said.
        is_money: Whether the rows have amounts at all.

    Raises:
        BadInput: cells, column, headers and the caller contradict one another, or several are mixed.
        Question: a sign in the cells may stand for several currencies.
    """
    marks = _marks(words, lines.len())
    seen = {mark for mark in marks.unique() if mark}
    if column is not None:
        own = _own(column, said)
        if not (own == "").all():
            return _checked(file, lines, own, marks, said)
    named = {codes for header in headers if (codes := of_header(header))}
    code = _agree(file, [*named, *(codes_of(mark) for mark in sorted(seen))], said)
    if code is None and said is None and is_money:
        notes.append(f"The report names no currency; {assumed} was taken. Say another with --currency.")
    if code is not None and len(code) > 1:
        code = (_settle(file, code, sorted(seen), assumed, notes),)
    final = code[0] if code else said or assumed
    minor_digits(final)
    return pl.Series("currency", [final] * lines.len(), dtype=pl.String)


def _marks(words: Sequence[pl.Series], height: int) -> pl.Series:
    """Return what stands beside the amounts of each row, the first of several."""
    marks = pl.Series("mark", [""] * height, dtype=pl.String)
    for word in words:
        marks = marks.zip_with(marks != "", word)
    return marks


def _own(column: pl.Series, said: str | None) -> pl.Series:
    """Return a column of currencies as codes; a text that is none, or may be several, stays as it is."""
    told = column.unique()
    codes = []
    for text in told:
        several = codes_of(text)
        if text in NOTHING:
            codes.append("")
        elif said in several:
            codes.append(str(said))
        else:
            is_clear = len(several) == 1 or several[:1] in (("USD",), ("GBP",))
            codes.append(several[0] if is_clear else text.upper())
    return column.replace_strict(told, pl.Series(codes, dtype=pl.String)).alias("currency")


def _checked(file: str, lines: pl.Series, own: pl.Series, marks: pl.Series, said: str | None) -> pl.Series:
    """Return the rows' own currencies; one that its cells contradict is refused."""
    told = {code for code in own.unique() if code}
    if said is not None and said not in told:
        raise BadInput(
            f"{file} names {' and '.join(sorted(told))} in its column of currencies, not {said}; "
            "leave --currency out."
        )
    pairs = pl.DataFrame({"own": own, "mark": marks, "line": lines}).filter((own != "") & (marks != ""))
    for row in pairs.unique(["own", "mark"], keep="first").iter_rows(named=True):
        if row["own"] not in codes_of(row["mark"]):
            raise BadInput(
                f"{file}, line {row['line']}: the column of currencies says {row['own']} and the amount "
                f"{row['mark']}; correct the cell."
            )
    fill = {mark: codes_of(mark)[:1] for mark in marks.unique() if mark}
    if len(told) == 1 and all(set(told) & set(codes_of(mark)) for mark in fill):
        return own.zip_with((own != "") | (marks == ""), pl.Series([*told]).new_from_index(0, own.len()))
    return own


def _agree(file: str, several: Sequence[tuple[str, ...]], said: str | None) -> tuple[str, ...] | None:
    """Return the codes that all evidence allows, the caller's word among it; None without evidence."""
    allowed: tuple[str, ...] | None = None
    for codes in several:
        left = codes if allowed is None else tuple(code for code in allowed if code in codes)
        if not left:
            mixed = sorted({codes[0] for codes in several})
            raise BadInput(f"{file} mixes {' and '.join(mixed)}; export one account at a time.")
        allowed = left
    if allowed is None or said is None:
        return allowed
    if said not in allowed:
        raise BadInput(
            f"{file} is in {allowed[0]} by its own amounts or headers, not in {said}; leave --currency out, "
            "or correct the file."
        )
    return (said,)


def _settle(file: str, codes: tuple[str, ...], marks: Sequence[str], assumed: str, notes: list[str]) -> str:
    """Return what a sign stands for: a dollar is US where the workspace reports in none of the others."""
    sign = marks[0] if marks else codes[0]
    is_plain = codes[0] in ("USD", "GBP") and (assumed == codes[0] or assumed not in codes)
    if is_plain:
        if codes[0] == "USD":
            notes.append(f"{sign} was read as {codes[0]}; say another with --currency.")
        return codes[0]
    raise Question(
        f"{file} writes amounts with {sign}, which can be {', '.join(codes[:5])}; say which with --currency.",
        option="currency",
        choices=codes,
    )
