"""The `spreaders` command line; each command imports what it needs, so that help is instant."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

from orchestration.bytecode import keep_bytecode

keep_bytecode()

import typer  # noqa: E402 - the largest libraries come after it

from core.files import keep_files_private  # noqa: E402
from orchestration.market import Market  # noqa: E402
from orchestration.show import show  # noqa: E402

ABOUT = "One lake for every marketing channel: load it, model it, ask it, act on it."
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=ABOUT)
identity = typer.Typer(no_args_is_help=True, help="Which records are one person.")
app.add_typer(identity, name="identity")

Home = Annotated[Path | None, typer.Option(help="Folder of the lake, database, keys and logs.")]
Scenario = Annotated[
    Path | None,
    typer.Option(help="Market to simulate: small, steady, volatile or a TOML file."),
]
Days = Annotated[int | None, typer.Option(min=1, max=1100, help="Days of history to load.")]
People = Annotated[
    int | None, typer.Option(min=100, help="People in the simulated market; demand and budgets scale along.")
]
Once = Annotated[bool, typer.Option("--once", help="Run the loop once, print the summary and stop.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object; progress goes to stderr.")]


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
    if wanted:
        from importlib.metadata import version

        sys.stdout.write(f"spreaders {version('spreaders')}\n")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Print the version.")
    ] = False,
) -> None:
    """Options that stand before a command."""


@app.command()
def up(
    home: Home = None,
    scenario: Scenario = None,
    days: Days = None,
    people: People = None,
    once: Once = False,
    as_json: Json = False,
) -> None:
    """Start everything and run the loop; without credentials, against the sandbox."""
    from orchestration.launch import run_forever, run_once

    if once:
        _print(run_once(home, Market(scenario, days, people)), as_json=as_json)
    else:
        run_forever(home, Market(scenario, days, people))


@app.command()
def status(home: Home = None, as_json: Json = False) -> None:
    """Say what runs on a home, where it answers, and when it was last loaded and built."""
    from orchestration.status import status_of

    _print(status_of(home), as_json=as_json)


@app.command()
def down(home: Home = None, as_json: Json = False) -> None:
    """Stop everything that runs on a home."""
    from orchestration.status import stop_all

    _print(stop_all(home), as_json=as_json)


@app.command()
def load(
    channel: Annotated[str | None, typer.Argument(help="One channel only, such as meta_ads.")] = None,
    home: Home = None,
    scenario: Scenario = None,
    days: Days = None,
    as_json: Json = False,
) -> None:
    """Load what is new from every connected channel, or from one."""
    from orchestration import commands

    _print(commands.load(channel, home, Market(scenario, days)), as_json=as_json)


@app.command()
def build(
    home: Home = None,
    select: Annotated[
        list[str] | None, typer.Option(metavar="MODEL...", help="Only these dbt models, in dbt's selection.")
    ] = None,
    more: Annotated[list[str] | None, typer.Argument(metavar="", help="More models of --select.")] = None,
    as_json: Json = False,
) -> None:
    """Run the jobs, publish the lake to Postgres and rebuild the dbt models: what changed, no more."""
    from orchestration import commands

    _print(commands.build(home, select or [], more or []), as_json=as_json)


@app.command()
def rebuild(
    channel: Annotated[str, typer.Argument(help="Channel, such as meta_ads.")],
    stream: Annotated[str | None, typer.Argument(help="One of its streams only.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Make silver anew from bronze; records in quarantine are judged again by today's rules."""
    from orchestration import mending

    _print(mending.rebuild_channel(channel, stream, home), as_json=as_json)


@app.command()
def repair(
    table: Annotated[str | None, typer.Argument(help="Layer and name, such as silver.ad_daily.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Put damaged tables of the lake aside and make them again; without a name, look at every table."""
    from orchestration import mending

    _print(mending.repair_tables(table, home), as_json=as_json)


@app.command()
def call(
    name: Annotated[str | None, typer.Argument(help="Operation, such as analytics.getOverview.")] = None,
    arguments: Annotated[str, typer.Argument(help="Its arguments as one JSON object.")] = "{}",
    home: Home = None,
    list_all: Annotated[bool, typer.Option("--list", help="List every operation.")] = False,
) -> None:
    """Call an operation by its exact name and print its result as JSON."""
    from orchestration import commands

    if list_all or name is None:
        for line in commands.list_operations():
            sys.stdout.write(f"{line}\n")
    else:
        _print(commands.call(name, arguments, home), as_json=True)


@app.command()
def sandbox(
    home: Home = None,
    scenario: Scenario = None,
    days: Days = None,
    people: People = None,
    advance: Annotated[
        int | None, typer.Option(min=1, help="Let the running sandbox live more days.")
    ] = None,
) -> None:
    """Run the sandbox alone, or advance the one that runs."""
    from orchestration import commands

    if advance:
        _print(commands.advance_sandbox(advance, home), as_json=True)
    else:
        commands.run_sandbox(home, Market(scenario, days, people))


@app.command("import")
def import_(
    files: Annotated[
        list[Path], typer.Argument(help="Exports (CSV, .xlsx, .gz, .zip) of ad platforms, shops, mail tools.")
    ],
    home: Home = None,
    channel: Annotated[str | None, typer.Option(help="Channel the report is from.")] = None,
    date: Annotated[
        str | None, typer.Option(help="Day of a report that has no date column (YYYY-MM-DD).")
    ] = None,
    currency: Annotated[str | None, typer.Option(help="Currency of its amounts, such as USD.")] = None,
    account: Annotated[
        str | None, typer.Option(help="Account the files belong to; else as columns and lake tell.")
    ] = None,
    layout: Annotated[
        str | None, typer.Option(help="Layout of docs/import.md, where columns fit two.")
    ] = None,
    columns: Annotated[
        list[str] | None, typer.Option("--map", help="COLUMN=FIELD: what a column is; COLUMN= leaves it out.")
    ] = None,
    day_order: Annotated[
        str | None, typer.Option(help="day-first or month-first, for days such as 3/4/2026; remembered.")
    ] = None,
    decimal: Annotated[
        str | None, typer.Option(help="comma or point, for amounts such as 1,500; remembered.")
    ] = None,
    sheet: Annotated[
        str | None, typer.Option(help="Sheet of a workbook, or file of an archive, where there are several.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show mapping and totals, write nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before loading.")] = False,
    remove: Annotated[
        bool | None,
        typer.Option(
            "--remove/--keep", help="Whether earlier rows that the file no longer tells go or stay."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Import exported files as if the channel had been connected, and rebuild the models."""
    from orchestration.imports import ImportOptions, import_files, is_asked

    ask = is_asked(yes=yes or dry_run, as_json=as_json)
    options = ImportOptions(
        *(channel, date, currency, account, layout, columns or [], dry_run, ask, remove),
        day_order=day_order,
        decimal=decimal,
        sheet=sheet,
    )
    _print(import_files(files, home, options), as_json=as_json)


@app.command()
def attribute(
    paths: Annotated[Path, typer.Option(help="CSV with columns path and total_conversions.")],
    models: Annotated[str | None, typer.Option(help="Models with commas between; all by default.")] = None,
    order: Annotated[int, typer.Option(help="Order of the Markov chain, 1 to 3.")] = 1,
    nulls: Annotated[bool, typer.Option(help="Let Markov count the paths that did not convert.")] = True,
    half_life: Annotated[float, typer.Option(help="Half-life of time decay in days.")] = 7.0,
    separator: Annotated[
        str | None, typer.Option(help="What stands between channels; found out by default.")
    ] = None,
    sheet: Annotated[
        str | None, typer.Option(help="Sheet of a workbook, or file of an archive, where there are several.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw a picture: a .png, .svg or .pdf file.")] = None,
    as_json: Json = False,
) -> None:
    """Credit conversions to channels by eight models, from a table of paths (docs/attribution.md)."""
    from orchestration.attribute import attribute_file, show_credit
    from transforms.attribution.models import Rules

    rules = Rules(order, has_nulls=nulls, half_life_days=half_life)
    answer = attribute_file(paths, models=models, rules=rules, separator=separator, plot=plot, sheet=sheet)
    if as_json:
        _print(answer, as_json=True)
    else:
        show_credit(answer)


@identity.command("match")
def identity_match(
    file: Annotated[Path, typer.Argument(help="CSV of person records, with a header.")],
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", help="COLUMN=FIELD, such as 'Name 2=surname'; COLUMN= leaves it out."),
    ] = None,
    threshold: Annotated[
        float, typer.Option(help="Probability from which two records are one person.")
    ] = 0.5,
    out: Annotated[Path | None, typer.Option(help="CSV to write: each record with its person.")] = None,
    home: Annotated[
        Path | None, typer.Option(help="Keep pairs in this home, to be reviewed on the page Audiences.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Find which records of a file are one person (docs/identity.md)."""
    from orchestration.identity import MatchOptions, match_file, show_matches

    answer = match_file(file, MatchOptions(columns or [], threshold, out, home))
    if as_json:
        _print(answer, as_json=True)
    else:
        show_matches(answer)


def _print(answer: Any, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(answer, default=str) + "\n")
    else:
        show(answer)
    if isinstance(answer, dict) and answer.get("ok") is False:
        raise typer.Exit(1)


def main() -> None:
    """Run a command; a foreseen error is one sentence on stderr and exit code 2."""
    from orchestration import errors

    keep_files_private()
    code = errors.run(app, sys.argv[1:])
    if code == errors.INTERRUPTED:
        os._exit(code)  # loads under way are not waited for; the next finishes what they began
    sys.exit(code)


if __name__ == "__main__":
    main()
