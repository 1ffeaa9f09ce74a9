"""Charts as pictures for paper and page; a workbook draws its own."""

from __future__ import annotations

import io
from typing import Any, Literal

from lake.analytics.reports.content import Chart, Table, number, told

COLOURS = ("#0F766E", "#F59E0B", "#6366F1", "#DC2626", "#0891B2", "#84CC16", "#A855F7", "#78716C", "#1F2A37")
INCHES = (7.2, 2.9)
MOST_LABELS = 12
LONGEST_LABEL = 18


def draw(table: Table, chart: Chart, form: Literal["svg", "png"]) -> bytes:
    """Return the chart as a picture of that form; the same content gives the same bytes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    figure = Figure(figsize=INCHES, layout="constrained")
    axes = figure.subplots()
    _plot(axes, table, chart)
    axes.set_title(chart.title, fontsize=10, loc="left")
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.yaxis.grid(visible=True, linewidth=0.4, alpha=0.5)
    axes.set_axisbelow(True)
    if len(chart.columns) > 1:
        axes.legend(fontsize=7, frameon=False, ncols=min(len(chart.columns), 5))
    out = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "spreaders", "svg.fonttype": "none"}):
        more: dict[str, Any] = {"metadata": {"Date": None}} if form == "svg" else {"dpi": 160}
        figure.savefig(out, format=form, **more)
    return out.getvalue()


def _plot(axes: Any, table: Table, chart: Chart) -> None:
    places = range(len(table.rows))
    width = 0.8 / len(chart.columns)
    for n, column in enumerate(chart.columns):
        values = [number(row[column]) for row in table.rows]
        label, colour = table.columns[column].title, COLOURS[n % len(COLOURS)]
        if chart.kind == "line":
            axes.plot(places, [float("nan") if v is None else v for v in values], label=label, color=colour)
        else:
            at = [place - 0.4 + width * (n + 0.5) for place in places]
            axes.bar(at, [v or 0.0 for v in values], width, label=label, color=colour)
    labels = [_short(told(row[0], table.columns[0].unit)) for row in table.rows]
    step = max(1, -(-len(labels) // MOST_LABELS))
    axes.set_xticks(list(places)[::step], labels[::step], rotation=30, ha="right")


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"
