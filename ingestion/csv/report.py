"""A report's rows as records: exact numbers, one record per ad and day, every original row inside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any

import orjson
import polars as pl

from core.errors import BadInput
from core.money import MICROS, minor_digits
from ingestion.csv import values
from ingestion.csv.actions import read_claims
from ingestion.csv.layouts import CURRENCY_IN_HEADER, NAMES, Layout, plain_header, recognise
from ingestion.csv.table import Table

KEY = ("day_on", "campaign_id", "ad_set_id", "ad_id", "network", "currency")
LABELS = ("campaign_name", "ad_set_name", "ad_name")
SUMS = ("impressions", "clicks", "spend_micros", "claimed_conversions", "claimed_value_micros")
NEEDED = ("impressions", "clicks", "spend_micros")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the caller says about a report that the report does not say itself."""

    day: date | None
    currency: str | None
    assumed_currency: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used, where it stands and why."""

    line: int
    column: str
    because: str


@dataclass(slots=True)
class Report:
    """A report read whole: its records, the bad rows among them, and what had to be assumed."""

    layout: Layout
    records: list[dict[str, Any]]
    bad: list[BadRow]
    rows: int
    notes: list[str]


def read_report(table: Table, asked: Asked) -> Report:
    """Return the records of a report; rows that cannot be read are records too, to be put aside.

    Raises:
        BadInput: a needed column is missing and nothing was said instead, or no row can be read.
    """
    layout = recognise(table.headers)
    notes: list[str] = []
    _refuse_missing(table, layout, asked)
    rows = _name_columns(table, layout)
    rows = rows.with_columns(_days(table, layout, rows, asked, notes), _currencies(table, rows, asked, notes))
    rows = rows.with_columns(_numbers(table, rows)).with_columns(
        *(pl.col(name).fill_null("") if name in rows.columns else pl.lit("").alias(name) for name in NAMES)
    )
    rows = rows.with_columns(  # a name stands in for an id the report does not have
        pl.when(pl.col(f"{level}_id") == "")
        .then(f"{level}_name")
        .otherwise(f"{level}_id")
        .alias(f"{level}_id")
        for level in ("campaign", "ad_set", "ad")
    )
    rows = read_claims(table.path, layout, rows)
    bad = _find_bad(table, layout, rows)
    lines = {row.line for row in bad}
    if len(lines) == len(table.rows):
        first = bad[0]
        raise BadInput(f"{table.path.name}, line {first.line}, column {first.column}: {first.because}.")
    is_bad = pl.col("line").is_in(list(lines))
    records = _group(rows.filter(~is_bad)) + _spoilt(rows.filter(is_bad), bad)
    return Report(layout, records, bad, len(table.rows), notes)


def _refuse_missing(table: Table, layout: Layout, asked: Asked) -> None:
    name, columns = table.path.name, layout.columns
    if "day" not in columns and asked.day is None:
        raise BadInput(f"{name} has no column of days; say which day it is of with --date YYYY-MM-DD.")
    wanted = {"impressions": "impressions", "clicks": "clicks"}
    missing = [word for ours, word in wanted.items() if ours not in columns]
    if not {"spend", "spend_micros"} & columns.keys():
        missing.append("spend (or cost)")
    if missing:
        raise BadInput(
            f"{name}, line 1: no column of {', '.join(missing)} among {', '.join(table.headers)}; "
            "export the report with it or rename the column."
        )


def _name_columns(table: Table, layout: Layout) -> pl.DataFrame:
    """Return the known columns under our names, all text, with the line and the row as it stands."""
    plain = [plain_header(header) for header in table.headers]
    places = {ours: plain.index(theirs) for ours, theirs in layout.columns.items()}
    cells = {ours: [row[at].strip() for row in table.rows] for ours, at in places.items()}
    raw = [orjson.dumps(record).decode() for record in table.records()]
    return pl.DataFrame({**cells, "line": table.lines, "raw": raw})


def _days(table: Table, layout: Layout, rows: pl.DataFrame, asked: Asked, notes: list[str]) -> pl.Series:
    if "day" in layout.columns:
        if asked.day is not None:
            notes.append("The report has days of its own; the given date was not used.")
        return values.days(rows["day"], table.path.name).alias("day_on")
    return pl.Series("day_on", [asked.day] * rows.height, dtype=pl.Date)


def _currencies(table: Table, rows: pl.DataFrame, asked: Asked, notes: list[str]) -> pl.Series:
    """Return each row's currency: its own, else that of a header such as `Cost (EUR)`, else what was said."""
    if "currency" in rows.columns:
        return rows["currency"].str.to_uppercase().alias("currency")
    told = {match.group(1) for header in table.headers if (match := CURRENCY_IN_HEADER.search(header))}
    if len(told) == 1:
        code = told.pop()
    elif asked.currency is not None:
        code = asked.currency
    else:
        code = asked.assumed_currency
        notes.append(f"The report names no currency; {code} was taken. Say another with --currency.")
    minor_digits(code)
    return pl.Series("currency", [code] * rows.height, dtype=pl.String)


def _numbers(table: Table, rows: pl.DataFrame) -> list[pl.Expr]:
    present = [name for name in (*SUMS, "spend", "claimed_value") if name in rows.columns]
    bare = rows.select(values.undress(pl.col(name)) for name in present)
    comma = values.uses_comma(bare.get_columns(), table.path.name)
    number = {name: values.exact(values.undress(pl.col(name)), comma=comma) for name in present}
    made = {
        "impressions": values.whole(number["impressions"]),
        "clicks": values.whole(number["clicks"]),
        "spend_micros": values.whole(number["spend_micros"])
        if "spend_micros" in number
        else values.whole(number["spend"] * MICROS),
        "claimed_conversions": number.get("claimed_conversions", pl.lit(None, values.EXACT)),
        "claimed_value_micros": values.whole(number["claimed_value"] * MICROS)
        if "claimed_value" in number
        else pl.lit(None, pl.Int64),
    }
    return [expression.alias(name) for name, expression in made.items()]


def _find_bad(table: Table, layout: Layout, rows: pl.DataFrame) -> list[BadRow]:
    """Return the rows with a value that cannot be read, in order of lines; the first such value counts."""
    header = dict(zip(map(plain_header, table.headers), table.headers, strict=True))
    stands = {**layout.columns, "day_on": layout.columns.get("day", "date")}
    stands["spend_micros"] = layout.columns.get("spend_micros") or layout.columns.get("spend", "spend")
    stands["claimed_value_micros"] = layout.columns.get("claimed_value", "")
    checked = ["day_on", *NEEDED]
    checked += [
        name for name in ("claimed_conversions", "claimed_value_micros") if stands.get(name) in header
    ]
    bad: dict[int, BadRow] = {}
    for name in checked:
        wrong = pl.col(name).is_null() | ((pl.col(name) < 0) if name in NEEDED else pl.lit(value=False))
        for line, raw in rows.filter(wrong).select("line", "raw").iter_rows():
            column = header.get(stands[name], stands[name])
            seen = orjson.loads(raw).get(column, "")
            what = "a day" if name == "day_on" else "a number of that kind"
            bad.setdefault(line, BadRow(line, column, f"{seen!r} is not {what}; correct the cell"))
    return [bad[line] for line in sorted(bad)]


def _group(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Add up the rows of one ad and day (a report may split them by age or device), keeping each inside."""
    grouped = rows.group_by(KEY, maintain_order=True).agg(
        *(pl.col(name).filter(pl.col(name) != "").first().alias(name) for name in LABELS),
        *(_sum(name) for name in SUMS),
        pl.col("claim_action").first(),
        pl.col("raw"),
    )
    return [
        {
            **record,
            "key": "|".join(record[name] for name in KEY),
            "rows": [orjson.loads(r) for r in record.pop("raw")],
        }
        for record in _shown(grouped).iter_rows(named=True)
    ]


def _sum(name: str) -> pl.Expr:
    """Sum, but keep "not told" apart from zero."""
    column = pl.col(name)
    return pl.when(column.is_not_null().any()).then(column.sum()).alias(name)


def _spoilt(rows: pl.DataFrame, bad: list[BadRow]) -> list[dict[str, Any]]:
    """Return bad rows as records that keep the row and say what is wrong; none of them enters silver."""
    why = {row.line: row for row in bad}
    seen: dict[str, int] = {}
    records = []
    for row in _shown(rows).iter_rows(named=True):
        raw, line = row["raw"], row["line"]
        digest = blake2b(raw.encode(), digest_size=8).hexdigest()
        seen[digest] = seen.get(digest, 0) + 1
        record = {name: row.get(name) for name in (*KEY, *LABELS, *SUMS, "claim_action")}
        if all(record[name] is not None for name in NEEDED):
            record["day_on"] = (
                None  # what is wrong is a value silver could do without; the row is not to be used
            )
        record["key"] = f"unreadable|{digest}|{seen[digest]}"
        problem = f"{why[line].column}: {why[line].because}"
        records.append({**record, "problem": problem, "rows": [orjson.loads(raw)]})
    return records


def _shown(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows in the types of JSON."""
    return rows.with_columns(
        pl.col("day_on").dt.strftime("%Y-%m-%d"), pl.col("claimed_conversions").cast(pl.Float64)
    )
