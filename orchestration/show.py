"""The tables a person reads after a command."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Column, Table

from core.money import Money


def show(answer: dict[str, Any]) -> None:
    """Print an answer's stages and, where it has them, its channels and totals."""
    console = Console()
    if "home" in answer:
        _show_facts(console, answer)
    if answer.get("stages"):
        console.print(_stages(answer["stages"]))
    if answer.get("files"):
        for file in answer["files"] if answer["files"][0]["dry_run"] else ():
            console.print(mapping_table(file))
        console.print(_files(answer["files"]))
        for file in answer["files"]:
            for note in (
                *file["notes"],
                *(f"line {row['line']}: {row['because']}" for row in file["bad_rows"]),
            ):
                console.print(f"[yellow]{file['account_id']}:[/] {note}", highlight=False)
    _show_mended(console, answer)
    if answer.get("channels"):
        console.print(_channels(answer["channels"], answer["totals"]))
    for stage in answer.get("stages", []):
        for kind, colour in (("errors", "red"), ("warnings", "yellow")):
            for text in stage.get(kind, []):
                console.print(f"[{colour}]{stage['name']}:[/] {text}", highlight=False)


def _show_facts(console: Console, answer: dict[str, Any]) -> None:
    """Print the plain facts of `status` and `down`, one a line."""
    for name, value in answer.items():
        if name != "ok":
            label = f"  {name.replace('_', ' ').capitalize():<20}"
            console.print(label, _fact(value), highlight=False, soft_wrap=True)


def _fact(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case dict():
            return ", ".join(value.values()) or "-"
        case list():
            parts = (f"{each['name']} ({each['pid']})" if isinstance(each, dict) else each for each in value)
            return ", ".join(parts) or "none"
        case _:
            return str(value or "-")


def _show_mended(console: Console, answer: dict[str, Any]) -> None:
    for done in answer.get("rebuilt", []):
        where = f"{done['channel']}.{done['stream']} of {done['account_id']}"
        counts = ", ".join(f"{done[name]:,} {name}" for name in ("records", "released", "quarantined"))
        console.print(f"{where}: {done['error'] or counts}", highlight=False)
    if "repaired" in answer:
        for done in answer["repaired"]:
            text = f"{done['table']}: {done['damage']}; put aside in {done['put_aside']}. {done['then']}"
            console.print(text, highlight=False)
        if not answer["repaired"]:
            console.print("No table is damaged.")


def _stages(stages: list[dict[str, Any]]) -> Table:
    table = Table(
        "Stage", *(_right(n) for n in ("Seconds", "Rows in", "Rows out", "Quarantined")), title="Stages"
    )
    for stage in stages:
        counts = (f"{stage[name]:,}" for name in ("rows_in", "rows_out", "quarantined"))
        table.add_row(stage["name"], f"{stage['seconds']:.1f}", *counts)
    return table


def _files(files: list[dict[str, Any]]) -> Table:
    table = Table(
        "Report", "Channel", "Layout", "Days", *(_right(n) for n in ("Rows", "Quarantined", "Totals"))
    )
    table.title = "Would import" if files[0]["dry_run"] else "Imported"
    for file in files:
        days = f"{file['first_on']} to {file['last_on']}" if file["first_on"] else ""
        counts = (f"{file[name]:,}" for name in ("rows", "quarantined"))
        told = [line for name, total in file["totals"].items() for line in _total(name, total)]
        table.add_row(file["account_id"], file["channel"], file["layout"], days, *counts, "\n".join(told))
    return table


def mapping_table(file: dict[str, Any]) -> Table:
    """Return a table of a file's columns: what each becomes, samples, and why one is left out."""
    title = f"{file['account_id']}: {file['layout']}, {file['kind']}"
    table = Table("Column", "Becomes", "Samples", "Read as", title=title)
    for column in file["mapping"]:
        samples = " | ".join(column["samples"])
        table.add_row(column["column"], ", ".join(column["fields"]) or "-", samples, column["how"])
    return table


def _total(name: str, total: Any) -> list[str]:
    label = name.removesuffix("_minor").replace("_", " ")
    if isinstance(total, dict):
        return [f"{label} {_money(minor, code)}" for code, minor in total.items()]
    return [f"{label} {total:,}"]


def _channels(channels: list[dict[str, Any]], totals: dict[str, Any]) -> Table:
    heads = ("Spend", "Claimed value", "Revenue", "ROAS", "ROI")
    table = Table("Channel", *(_right(name) for name in heads), title="Revenue by last non-direct touch")
    for row in channels:
        money = (
            _money(row[name], row["currency"])
            for name in ("spend_minor", "claimed_value_minor", "revenue_minor")
        )
        table.add_row(row["channel"], *money, _ratio(row["roas"]), _ratio(row["roi"]))
    table.add_section()
    spend, revenue = (_money(totals[name], totals["currency"]) for name in ("spend_minor", "revenue_minor"))
    table.add_row("channels with spend", spend, "", "", _ratio(totals["roas"]), _ratio(totals["roi"]))
    table.add_row(
        f"all, blended ({totals['orders']:,} orders)",
        spend, "", revenue, _ratio(totals["mer"]), _ratio(totals["blended_roi"]),
    )  # fmt: skip
    return table


def _right(name: str) -> Column:
    return Column(name, justify="right")


def _money(minor: int | None, currency: str | None) -> str:
    return "" if minor is None or currency is None else f"{Money(minor, currency).amount:,} {currency}"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
