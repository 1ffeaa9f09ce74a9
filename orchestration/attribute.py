"""What `spreaders attribute` does: a file of paths in, credit by model and channel out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from orchestration.progress import console
from transforms.attribution.answer import attribute
from transforms.attribution.models import MODELS, Rules, check_models
from transforms.attribution.picture import TITLES, check_ending, draw
from transforms.attribution.reading import PathTable, read_paths
from transforms.attribution.separator import GUESSED

# From so many conversions on, tenths say nothing.
MANY = 10_000
# How wide a table may be where no terminal sets the width.
FILE_WIDTH = 120


def attribute_file(
    file: Path,
    *,
    models: str | None,
    rules: Rules,
    separator: str | None,
    plot: Path | None,
    sheet: str | None = None,
) -> dict[str, Any]:
    """Return the answer for a file; what had to be assumed is told on stderr, the picture is written.

    Raises:
        BadInput: an unknown model, an unusable file, a picture that cannot be written.
    """
    chosen = [name.strip() for name in (models or "").split(",") if name.strip()] or list(MODELS)
    check_models(chosen)
    if plot is not None:
        check_ending(plot)
    table = read_paths(file, separator, sheet)
    is_guessed = separator is None and table.separator in GUESSED
    for note in _notes(table, chosen, rules, is_guessed=is_guessed):
        console.print(f"[yellow]{file.name}:[/] {note}", highlight=False, soft_wrap=True)
    answer = attribute(table, chosen, rules)
    if plot is not None:
        draw(answer, plot)
    return answer


def show_credit(answer: dict[str, Any]) -> None:
    """Print conversions by channel and model, the largest channel first."""
    models: dict[str, dict[str, dict[str, float]]] = answer["models"]
    nulls = f", {answer['nulls']:,.10g} without" if answer["nulls"] else ""
    title = f"{answer['conversions']:,.10g} conversions{nulls}, {answer['paths']:,} rows of paths"
    heads = [TITLES[model] for model in models] + (["Removal"] if "markov" in models else [])
    numbers = (Column(head.replace("-", "-\n"), justify="right", no_wrap=True) for head in heads)
    table = Table("Channel", *numbers, title=title, box=SIMPLE_HEAD, pad_edge=False, padding=0)
    digits = 1 if answer["conversions"] < MANY else 0
    channels = list(dict.fromkeys(channel for rows in models.values() for channel in rows))
    channels.sort(key=lambda name: -sum(rows[name]["conversions"] for rows in models.values()))
    for channel in channels:
        cells = [f"{rows[channel]['conversions']:,.{digits}f}" for rows in models.values()]
        if "markov" in models:
            cells.append(f"{models['markov'][channel]['removal_effect']:.1%}")
        table.add_row(Text(channel), *cells)
    screen = Console()
    (screen if screen.is_terminal else Console(width=FILE_WIDTH)).print(table)


def _notes(table: PathTable, models: list[str], rules: Rules, *, is_guessed: bool) -> list[str]:
    notes = list(table.notes)
    if table.separator is None:
        notes.append("no separator between channels was found: each path is taken as one touch.")
    elif is_guessed:
        notes.append(f"paths were taken apart at {table.separator!r}; --separator TEXT says another.")
    if "markov" in models and rules.has_nulls and not table.has_nulls:
        notes.append("no column total_null: Markov knows successful paths only.")
    return notes
