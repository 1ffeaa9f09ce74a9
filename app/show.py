"""Cards, charts, tables and notes: how every page puts them on the screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import streamlit as st

from app.charts import Drawing
from app.look import NOTHING

STYLE = Path(__file__).parent / "static" / "page.css"
MOST_ROWS = 40
TALL = 1100
# Text of charts on the light and the dark page; both contrast 7:1 or more.
INK = {"light": "#4B5866", "dark": "#B4C0CC"}
GRID = {"light": "#E3E8EC", "dark": "#2C3947"}
GOOD = ":material/check_circle:"


@dataclass(frozen=True, slots=True)
class Card:
    """One figure: `moved` is its change in words; `better` says whether more of it is good news."""

    title: str
    value: str
    moved: str | None = None
    note: str | None = None
    about: str | None = None
    better: Literal["more", "less", "neither"] = "more"


COLOUR_OF: dict[str, Any] = {"more": "normal", "less": "inverse", "neither": "off"}


def show_style() -> None:
    """Add our style to the page."""
    st.html(STYLE)


def show_cards(cards: Iterable[Card], key: str) -> None:
    """Show figures as cards, as many a row as fit: two on a phone."""
    with st.container(key=f"cards-{key}"):
        for card in cards:
            st.metric(
                card.title,
                card.value,
                card.moved if card.note is None else card.note,
                delta_color="off" if card.note else COLOUR_OF[card.better],
                delta_arrow="off" if card.note else "auto",
                help=card.about,
                border=True,
            )


def show_legend(colours: Mapping[str, str], marks: Mapping[str, str] | None = None) -> None:
    """Show what each colour means, on as many lines as it takes; `marks` are signs instead of squares."""
    marks = marks or {}
    items = "".join(
        f'<li><span style="color:{shade}" aria-hidden="true">{escape(marks.get(name, "■"))}</span>'
        f" {escape(name)}</li>"
        for name, shade in colours.items()
    )
    st.html(f'<ul class="legend">{items}</ul>')


def draw(drawing: Drawing, key: str | None = None, *, with_table: bool = True) -> None:
    """Show a chart with its legend, its description for those who cannot see it, and its numbers."""
    scheme = st.context.theme.type or "light"
    if drawing.legend:
        show_legend(drawing.legend, drawing.marks)
    chart = drawing.chart.properties(description=drawing.words).configure_axis(
        labelColor=INK[scheme], titleColor=INK[scheme], gridColor=GRID[scheme], labelFontSize=12
    )
    chart = chart.configure_view(strokeWidth=0).configure_header(labelColor=INK[scheme])
    st.altair_chart(chart, key=key)
    if with_table:
        with st.expander("The numbers as a table"):
            st.dataframe(
                drawing.table, hide_index=True, height="content" if len(drawing.table) <= MOST_ROWS else 420
            )


def show_frame(
    frame: pd.DataFrame, columns: Mapping[str, Any], *, missing: str = NOTHING, **more: Any
) -> Any:
    """Show the named columns of a frame as a table as high as its rows."""
    return st.dataframe(
        frame[list(columns)],
        column_config=dict(columns),
        hide_index=True,
        height="content" if len(frame) <= MOST_ROWS else TALL,
        placeholder=missing,
        **more,
    )


def show_opener(what: str, names: Mapping[str, str], open_row: Callable[[str], None], key: str) -> None:
    """Offer to open a row by the keyboard too; the buttons in a table take the pointer only."""
    labels = tell_apart(names)

    def take() -> None:
        chosen = st.session_state[key]
        st.session_state[key] = None
        if chosen is not None:
            open_row(chosen)

    st.selectbox(
        f"Open {what}", list(labels), index=None, key=key, format_func=labels.__getitem__,
        placeholder=f"Open {what}", label_visibility="collapsed", on_change=take, width=280,
        filter_mode="contains",
    )  # fmt: skip


def tell_apart(names: Mapping[str, str]) -> dict[str, str]:
    """Return the names with the id behind those that several rows carry: a list is chosen from by name."""
    often = Counter(names.values())
    return {row_id: name if often[name] == 1 else f"{name} ({row_id})" for row_id, name in names.items()}


def show_csv(frame: pd.DataFrame, name: str, key: str) -> None:
    """Offer a table as a CSV file."""
    st.download_button(
        "CSV",
        lambda: frame.to_csv(index=False).encode(),
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=key,
        help="Download this table",
    )
