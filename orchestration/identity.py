"""`spreaders identity match`: which records of a file are one person, and pairs kept for review."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table

from actions.clock import clock_for
from actions.services import Services, open_services
from core.errors import BadInput
from ingestion.personal import hash_person, load_hash_key
from lake.state import store
from lake.state.person_pair import PERSON_PAIR
from orchestration.attach import settle
from orchestration.imports import pairs_of
from transforms.identity.matching import THRESHOLD, match_records
from transforms.identity.reading import read_records
from transforms.identity.records import KIND_OF

Answer = dict[str, Any]
# Pairs less likely than this are not worth a look.
LEAST = 0.1
# A person looks at so many pairs at most, those in doubt first.
MOST_PAIRS = 500
SHOWN = 20


@dataclass(frozen=True, slots=True)
class MatchOptions:
    """What the command line says about the file; `columns` are `COLUMN=FIELD` pairs."""

    columns: Sequence[str] = ()
    threshold: float = THRESHOLD
    out: Path | None = None
    home: Path | None = None


def match_file(file: Path, options: MatchOptions) -> Answer:
    """Return the persons of a file's records, and the pairs likely to be one person, the likeliest first.

    With `out` every record is written with its person; with `home` pairs are kept there for review, those
    in doubt first. `row` numbers count the records from 1, without the header.

    Raises:
        BadInput: the file, a column or the threshold is unusable, or `out` cannot be written.
    """
    records, fields = read_records(file, pairs_of(options.columns))
    # Two columns of one field, such as two telephones, are told apart by a number.
    named = {f"{field}_{number}": column for number, (column, field) in enumerate(fields.items())}
    kinds = {name: KIND_OF[fields[column]] for name, column in named.items()}
    matches = match_records(
        records.select(pl.col(column).alias(name) for name, column in named.items()), kinds, options.threshold
    )
    persons = matches.persons.rank("dense").cast(pl.Int64)
    pairs = matches.pairs.filter(pl.col("probability") >= LEAST).sort("probability", descending=True)
    if options.out is not None:
        _write(records.with_columns(person=persons), options.out)
    kept = _keep(file, records, fields, pairs, options.home) if options.home is not None else 0
    told = [
        {"row": a + 1, "other_row": b + 1, "probability": round(p, 4), "is_joined": persons[a] == persons[b]}
        for a, b, p in pairs.iter_rows()
    ]
    return {
        "ok": True,
        "records": records.height,
        "persons": persons.n_unique(),
        "columns": fields,
        "threshold": options.threshold,
        "pairs": told,
        "clusters": _clusters(persons),
        "kept_for_review": kept,
        "out": str(options.out) if options.out else None,
    }


def show_matches(answer: Answer) -> None:
    """Print how many persons there are and the pairs most in doubt."""
    console = Console()
    console.print(f"{answer['records']:,} records are {answer['persons']:,} persons.", highlight=False)
    console.print(f"Compared by {', '.join(answer['columns'])}.", highlight=False)
    doubtful = sorted(answer["pairs"], key=lambda pair: abs(pair["probability"] - 0.5))[:SHOWN]
    if doubtful:
        table = Table("Record", "Other record", "Probability", "One person", title="Pairs most in doubt")
        for pair in doubtful:
            joined = "yes" if pair["is_joined"] else "no"
            table.add_row(str(pair["row"]), str(pair["other_row"]), f"{pair['probability']:.2f}", joined)
        console.print(table)
    if answer["kept_for_review"]:
        console.print(f"{answer['kept_for_review']} pairs wait on the page Audiences, under Review.")


def _clusters(persons: pl.Series) -> list[list[int]]:
    rows = pl.DataFrame({"person": persons}).with_row_index("row", offset=1)
    grouped = rows.group_by("person", maintain_order=True).agg("row").filter(pl.col("row").list.len() > 1)
    clusters: list[list[int]] = grouped["row"].to_list()
    return clusters


def _write(records: pl.DataFrame, out: Path) -> None:
    try:
        with out.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(records.columns)
            writer.writerows(records.iter_rows())
        out.chmod(0o600)
    except OSError as error:
        raise BadInput(f"{out} cannot be written ({error.strerror}); choose another file.") from None


def _keep(file: Path, records: pl.DataFrame, fields: dict[str, str], pairs: pl.DataFrame, home: Path) -> int:
    """Keep the pairs most in doubt for review, each once however often the file is matched."""
    settings = settle(home)
    key = load_hash_key(settings)
    rows = records.select(list(fields)).rows(named=True)
    emails = [column for column, field in fields.items() if KIND_OF[field] == "email"]
    doubtful = pairs.sort((pl.col("probability") - 0.5).abs()).head(MOST_PAIRS)
    with open_services(settings, clock_for(settings)) as services:
        ctx = services.context("owner", frozenset({"*"}))
        known = _known(services)
        kept = 0
        for a, b, probability in doubtful.iter_rows():
            one, other = rows[a], rows[b]
            if _fingerprint(one, other) in known:
                continue
            keys = [
                next((hash_person(key, row[column]) for column in emails if row[column]), None)
                for row in (one, other)
            ]
            store.insert(
                ctx,
                PERSON_PAIR,
                {
                    "source": file.name[:200],
                    "record": one,
                    "other_record": other,
                    "key": keys[0],
                    "other_key": keys[1],
                    "probability": probability,
                },
            )
            known.add(_fingerprint(one, other))
            kept += 1
    return kept


def _known(services: Services) -> set[frozenset[str]]:
    with services.warehouse.connect(services.settings.workspace) as link:
        return {
            _fingerprint(row.fields["record"], row.fields["other_record"])
            for row in store.fetch_all(link, PERSON_PAIR)
        }


def _fingerprint(one: Any, other: Any) -> frozenset[str]:
    return frozenset(repr(sorted(record.items())) for record in (one, other))
