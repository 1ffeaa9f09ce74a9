"""What the person at the terminal sees while the loop runs: one bar a stage, on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

console = Console(stderr=True)


class Stages:
    """Bars for the stages of a run; safe to use from several threads."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def begin(self, name: str) -> TaskID:
        """Show a stage as under way."""
        return self._progress.add_task(name, total=None, rows="")

    def advance(self, task: TaskID, rows: int) -> None:
        """Show how many rows the stage has seen so far."""
        self._progress.update(task, rows=f"{rows:,} rows")

    def finish(self, task: TaskID, rows: int) -> None:
        """Show a stage as done."""
        self._progress.update(task, total=1, completed=1, rows=f"{rows:,} rows" if rows else "")


@contextmanager
def show_stages() -> Iterator[Stages]:
    """Yield the bars; plain lines take their place where stderr is no terminal."""
    columns = (
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.description:<28}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("{task.fields[rows]}"),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        yield Stages(progress)
