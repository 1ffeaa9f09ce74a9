"""`spreaders import`: files recognised, their mapping shown and confirmed, then loaded as one import."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import typer

from actions.services import Services, open_services
from channels.catalog import discover
from core.errors import BadInput
from core.settings import Settings
from core.time import local_day
from ingestion.csv.cells import Asked
from ingestion.csv.channel_names import settle_channel
from ingestion.csv.days import ORDERS, Order
from ingestion.csv.importing import describe, make_asked, store
from ingestion.csv.layouts import LAYOUTS
from ingestion.csv.numbers import DECIMALS, Decimal
from ingestion.csv.plan import Planned, plan_import
from ingestion.csv.questions import Question
from ingestion.csv.remembered import fingerprints, recall, remember
from ingestion.csv.restate import settle_losses
from ingestion.csv.result import ImportResult
from ingestion.csv.source import Choice, Source, fingerprint, recognise_table
from ingestion.csv.table import Table, read_table
from ingestion.personal import load_hash_key
from orchestration import loop
from orchestration.attach import settle
from orchestration.early import Helpers, open_helpers
from orchestration.progress import console, show_stages
from orchestration.show import mapping_table

Answer = dict[str, Any]
Confirm = Callable[[Sequence[ImportResult]], dict[str, str] | None]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the command line says about the files.

    `columns` are `COLUMN=FIELD` pairs; `ask` says whether a person is there to confirm. `remove` says whether
    earlier rows that a file no longer tells go or stay; without a word on it a person is asked, and the
    import of a script is refused. `day_order` and `decimal` settle what a file does not tell; `sheet` names a
    workbook's sheet or an archive's file.
    """

    channel: str | None = None
    on: str | None = None
    currency: str | None = None
    account: str | None = None
    layout: str | None = None
    columns: Sequence[str] = field(default_factory=list)
    dry_run: bool = False
    ask: bool = False
    remove: bool | None = None
    day_order: str | None = None
    decimal: str | None = None
    sheet: str | None = None


def import_files(files: list[Path], home: Path | None, options: ImportOptions) -> Answer:
    """Load reports from files and rebuild the models; nothing is written before every file is understood."""
    _day(options.on)  # a wrong option is said before any file is read
    settings = settle(home)
    with open_services(settings) as services, open_helpers(services) as helpers:
        if not (options.ask or options.dry_run):
            # Nobody is asked in between: what models the file loads while it is read.
            helpers.start()
        options = replace(options, channel=settle_channel(options.channel, known_channels(services)))
        chosen = pairs_of(options.columns)
        seen = fingerprints(services.warehouse, settings.workspace)
        tables = [
            read_table(
                file,
                named=list(chosen),
                is_layout_named=options.layout is not None,
                is_known=lambda headers: fingerprint(headers) in seen,
                part=options.sheet,
            )
            for file in files
        ]
        options, opened, planned = _understand(tables, options, chosen, services)
        while options.ask and not all(one.is_known for one in opened):
            correction = confirm(describe(planned))
            if correction is None:
                return {"ok": True, "files": [], "stages": []}
            if not correction:
                break
            try:
                corrected = {**chosen, **correction}
                options, opened, planned = _understand(tables, options, corrected, services)
                chosen = corrected
            except BadInput as error:
                console.print(f"[red]{error.message}[/]", highlight=False)
        if options.dry_run:
            return {"ok": True, "files": [asdict(result) for result in describe(planned)], "stages": []}
        remove = options.remove
        if remove is None and options.ask:
            remove = confirm_losses(planned)
        return _load(opened, planned, services, helpers, remove=remove)


def known_channels(services: Services) -> set[str]:
    """Return the channels that layouts and connectors name, and those that imports brought before."""
    suffix = "_import"
    tables = (name.split("__", 1) for name in services.lake.tables("bronze") if name.endswith(suffix))
    before = {channel for channel, _ in tables}
    return {layout.channel for layout in LAYOUTS if layout.channel} | set(discover()) | before


def _understand(
    tables: Sequence[Table], options: ImportOptions, columns: dict[str, str], services: Services
) -> tuple[ImportOptions, list[Opened], list[Planned]]:
    """Return the files recognised and what they would bring; what no file tells is asked where a person is.

    The options come back with the answers in them.
    """
    settings: Settings = services.settings
    while True:
        asked = make_asked(
            _day(options.on),
            options.currency,
            settings.reporting_currency,
            settings.timezone,
            services.clock.now().date(),
        )
        try:
            opened = _open(tables, options, columns, services)
            return options, opened, _plan(opened, asked, options.account, services)
        except Question as question:
            if not options.ask:
                raise
            console.print(f"[yellow]{question.message}[/]", highlight=False)
            answer: dict[str, Any] = {question.option: choose(question)}
            options = replace(options, **answer)


def choose(question: Question) -> str:
    """Ask at the terminal until the answer is one of those there are."""
    words = " or ".join(question.choices)
    while True:
        answer = str(typer.prompt(f"{question.option.replace('_', ' ')}: {words}", err=True)).strip()
        if answer in question.choices:
            return answer
        console.print(f"[red]{answer!r} is no answer;[/] write {words}.", highlight=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """A file and how it was chosen to be read; `is_known` where that was confirmed before."""

    source: Source
    choice: Choice
    is_known: bool
    notes: list[str]


def _open(
    tables: Sequence[Table], options: ImportOptions, columns: dict[str, str], services: Services
) -> list[Opened]:
    """Recognise the files; what was confirmed for such columns is used unless the call says otherwise."""
    settings: Settings = services.settings
    key = load_hash_key(settings)
    known = {name for table in tables for name in table.headers}
    for column in columns:
        if column not in known:
            raise BadInput(f"No file has a column {column!r}; the columns are {', '.join(sorted(known))}.")
    opened = []
    for table in tables:
        before = recall(services.warehouse, settings.workspace, fingerprint(table.headers))
        mine = {column: name for column, name in columns.items() if column in table.headers}
        order, decimal = _order(options.day_order), _decimal(options.decimal)
        choice, notes = Choice(options.channel, options.layout, mine, order, decimal), []
        if before is not None:
            choice = Choice(
                options.channel or before.choice.channel,
                options.layout or before.choice.layout,
                {**(before.choice.columns or {}), **mine},
                order or before.choice.day_order,
                decimal or before.choice.decimal,
            )
            notes.append(f"Read as confirmed on {before.confirmed_at:%Y-%m-%d}.")
        is_known = before is not None and not mine
        opened.append(Opened(recognise_table(table, choice, key), choice, is_known, notes))
    return opened


def _plan(opened: Sequence[Opened], asked: Asked, account: str | None, services: Services) -> list[Planned]:
    sources = [one.source for one in opened]
    workspace = services.settings.workspace
    today = local_day(services.clock.now(), asked.timezone)
    planned = plan_import(
        sources, asked, account=account, lake=services.lake, workspace=workspace, today=today
    )
    said = {one.source.table.path: one.notes for one in opened}
    for one in planned:
        files = dict.fromkeys(source.table.path for several in one.sources for source in several)
        one.notes += [note for file in files for note in said[file]]
    return planned


def _load(
    opened: Sequence[Opened],
    planned: Sequence[Planned],
    services: Services,
    helpers: Helpers,
    *,
    remove: bool | None,
) -> Answer:
    for one in planned:
        settle_losses(one.losses, one.file, remove=remove)
    helpers.start()
    settings = services.settings
    imported: list[ImportResult] = []
    with show_stages() as show:
        run = loop.Run(show)
        for one in planned:
            with run.stage(f"import {one.file}") as count:
                results = store(
                    [one],
                    lake=services.lake,
                    workspace=settings.workspace,
                    clock=services.clock,
                    remove=remove,
                )
                count(
                    rows_in=sum(result.rows for result in results),
                    rows_out=sum(result.new + result.changed + result.deleted for result in results),
                    quarantined=sum(result.quarantined for result in results),
                )
            imported += results
        for opening in opened:
            choice = replace(opening.choice, channel=opening.source.channel)
            remember(
                services.warehouse,
                settings.workspace,
                opening.source.fingerprint,
                choice,
                services.clock.now(),
            )
        loop.build_with(services, run, helpers)
        return {
            "ok": run.is_ok and all(result.is_stored for result in imported),
            "files": [asdict(result) for result in imported],
            "stages": [stage.as_dict() for stage in run.stages],
        }


def confirm(results: Sequence[ImportResult]) -> dict[str, str] | None:
    """Show what would be loaded and ask: an empty answer loads, a correction is returned, None stops.

    What is no answer is said and asked again.
    """
    for result in results:
        console.print(mapping_table(asdict(result)))
        for note in result.notes:
            console.print(f"[yellow]{result.file}:[/] {note}", highlight=False)
    headers = {column.column for result in results for column in result.mapping}
    while True:
        answer = typer.prompt("Load it? [y]es, [n]o, or COLUMN=FIELD to correct", default="y", err=True)
        word = answer.strip().lower()
        if word in ("y", "yes", ""):
            return {}
        if word in ("n", "no"):
            return None
        try:
            pairs = pairs_of([answer])
        except BadInput:
            console.print(f"[red]{answer!r} is no answer;[/] write y, n or COLUMN=FIELD.", highlight=False)
            continue
        if unknown := pairs.keys() - headers:
            known = ", ".join(sorted(headers))
            console.print(f"[red]There is no column {min(unknown)!r};[/] there are {known}.", highlight=False)
            continue
        return pairs


def confirm_losses(planned: Sequence[Planned]) -> bool | None:
    """Name what would go and ask; None where nothing would."""
    losses = [loss for one in planned for loss in one.losses]
    if not losses:
        return None
    for loss in losses:
        console.print(f"[yellow]No longer told by the file:[/] {loss.what}.", highlight=False)
    return typer.confirm("Remove these rows?", default=False, err=True)


def is_asked(*, yes: bool, as_json: bool) -> bool:
    """Say whether a person is there to confirm; a script is not asked."""
    return not yes and not as_json and sys.stdin.isatty() and sys.stderr.isatty()


def pairs_of(texts: Sequence[str]) -> dict[str, str]:
    """Return the pairs of `--map COLUMN=FIELD`; BadInput where one is no pair."""
    pairs = {}
    for text in texts:
        column, mark, name = text.rpartition("=")
        if not mark or not column:
            raise BadInput(f"--map {text!r} is no pair; write COLUMN=FIELD, such as 'Amount paid=spend'.")
        pairs[column.strip()] = name.strip()
    return pairs


def _order(text: str | None) -> Order | None:
    known = next((order for order in ORDERS if order == text), None)
    if text is not None and known is None:
        raise BadInput(f"--day-order {text!r} is none; write {' or '.join(ORDERS)}.")
    return known


def _decimal(text: str | None) -> Decimal | None:
    known = next((sign for sign in DECIMALS if sign == text), None)
    if text is not None and known is None:
        raise BadInput(f"--decimal {text!r} is none; write {' or '.join(DECIMALS)}.")
    return known


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"--date {text!r} is no day; write it as 2026-08-31.") from error
