"""The days every page is about and those it compares them with, chosen at the top of the page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

from app import address
from app.client import call
from app.days import DEFAULT, PRESETS, Span, compared, offered, read_span
from app.models import DEFAULT as DEFAULT_MODEL
from app.models import choose_model

OWN, OWN_TITLE = "own", "Other days"
WAYS = {"previous": "The period before", "year": "A year before", "none": "Nothing"}


@dataclass(frozen=True, slots=True)
class Choice:
    """The days of the page, those they are compared with, if any, and the model that gives the credit."""

    days: Span
    base: Span | None
    latest: date
    model: str = DEFAULT_MODEL

    def arguments(self) -> dict[str, date]:
        """Return the days as an operation takes them."""
        return {"first_on": self.days.first, "last_on": self.days.last}

    def base_arguments(self) -> dict[str, date]:
        """Return the days compared with; those of the page itself where there are none."""
        base = self.base or self.days
        return {"first_on": base.first, "last_on": base.last}


def choose_period(*, with_compare: bool = True, with_model: bool = False) -> Choice | None:
    """Return the days chosen in the row above the page; None without numbers."""
    health = call("db.getHealth")
    if health["latest_on"] is None:
        st.info("There are no numbers yet. Run `spreaders load`, then `spreaders build`.")
        return None
    latest = date.fromisoformat(health["latest_on"])
    numbers = Span(date.fromisoformat(health["first_on"]), latest)
    code = address.read("period", DEFAULT)
    span = read_span(code, numbers)
    if span is None:
        name = PRESETS[code][0] if code in PRESETS else code
        st.info(f"There are no numbers for {name!r}; the last 28 days are shown.")
        code, span = DEFAULT, PRESETS[DEFAULT][1](latest).within(numbers) or numbers
        address.write("period", code)
    with st.container(horizontal=True, vertical_alignment="bottom", key="period-row"):
        span = _choose_days(code, span, numbers)
        way = _choose_way() if with_compare else "none"
        model = choose_model() if with_model else DEFAULT_MODEL
    code = st.session_state["address-period"]
    base = compared(code, span, way)
    if base and base.first < numbers.first:
        begin = Span(numbers.first, numbers.first).text()
        st.caption(f"{span.text()}, compared with nothing: numbers begin on {begin}")
        base = None
    else:
        st.caption(span.text() + (f", compared with {base.text()}" if base else ""))
    return Choice(span, base, latest, model)


def _choose_days(code: str, span: Span, numbers: Span) -> Span:
    names = [*offered(numbers), OWN]
    st.session_state["period-choice"] = code if code in names else OWN
    st.selectbox(
        "Period",
        names,
        key="period-choice",
        format_func=lambda name: PRESETS[name][0] if name in PRESETS else OWN_TITLE,
        on_change=_take_preset,
        args=(span,),
        width=190,
    )
    if st.session_state["period-choice"] != OWN:
        return span
    st.session_state["period-days"] = (span.first, span.last)
    # The callback puts both days into the address, as soon as both are chosen.
    st.date_input(
        "First and last day",
        min_value=numbers.first,
        max_value=numbers.last,
        key="period-days",
        format="YYYY-MM-DD",
        on_change=_take_days,
        width=230,
    )
    return span


def _choose_way() -> str:
    way = address.read("compare", "previous")
    st.session_state["period-way"] = way if way in WAYS else "previous"
    st.selectbox(
        "Compare with",
        list(WAYS),
        key="period-way",
        format_func=WAYS.__getitem__,
        on_change=lambda: address.write("compare", st.session_state["period-way"]),
        width=190,
    )
    return str(st.session_state["period-way"])


def _take_preset(span: Span) -> None:
    choice = st.session_state["period-choice"]
    address.write("period", span.code() if choice == OWN else choice)


def _take_days() -> None:
    picked: Any = st.session_state["period-days"]
    if isinstance(picked, tuple) and len(picked) == 2:
        address.write("period", Span(*picked).code())
