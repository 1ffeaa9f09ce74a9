"""Overview: what changed and why, the main figures, the trend, spend and revenue by channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from app.changes import find_movers, tell_change
from app.channel_table import show_channel_table
from app.charts import claim_chart, money_chart, trend_chart
from app.client import call_all
from app.links import show_links
from app.look import change, figure, money
from app.models import kpi_title
from app.period import Choice, choose_period
from app.places import FOLDER
from app.report import show_report
from app.show import Card, draw, show_cards
from app.trust import tell_trust

BETTER: dict[str, Any] = {"cac": "less", "blended_cac": "less", "spend_minor": "neither"}
Answer = dict[str, Any]


def show_kpis(overview: Answer, base: Answer | None) -> None:
    """Show the figures as cards, blended and paid beside each other."""
    currency = overview["currency"]
    before = {kpi["name"]: kpi["value"] for kpi in base["kpis"]} if base else {}
    cards = []
    for kpi in overview["kpis"]:
        old = before.get(kpi["name"])
        about = f"{kpi['description']} {kpi['formula'] if kpi['kind'] != 'sum' else ''}".strip()
        if base:
            about = f"{about} Compared with {figure(old, kpi['unit'], currency)}."
        cards.append(
            Card(
                kpi_title(kpi, overview["model"]),
                figure(kpi["value"], kpi["unit"], currency),
                change(kpi["value"], old, kpi["unit"]),
                about=about.strip(),
                better=BETTER.get(kpi["name"], "more"),
            )
        )
    show_cards(cards, "overview")


def show_change(overview: Answer, base: Answer | None) -> None:
    """Say what changed and why, with links to the channels named."""
    if base is None:
        return
    now, old = (_totals(answer["kpis"]) for answer in (overview, base))
    movers = find_movers(overview["channels"], base["channels"])
    st.markdown(tell_change(now, old, movers))
    if old["orders"]:
        show_links([mover.channel for mover in movers])


def _totals(kpis: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    return {kpi["name"]: kpi["value"] for kpi in kpis}


def show_trend(overview: Answer) -> None:
    """Show spend and revenue day by day."""
    currency, days = overview["currency"], overview["trend"]
    spend, revenue = (sum(day[name] for day in days) for name in ("spend_minor", "revenue_minor"))
    st.subheader("Spend and revenue by day")
    st.caption(f"{money(spend, currency)} spent, {money(revenue, currency)} earned.")
    if len(days) > 1:
        draw(trend_chart(days, currency))


def show_channels(overview: Answer, base: Answer | None, choice: Choice) -> None:
    """Show what every channel cost and brought, and what the platforms say about it."""
    currency, channels = overview["currency"], overview["channels"]
    st.subheader("Channels")
    show_channel_table(channels, base["channels"] if base else [], currency, choice)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("Spend and revenue by channel")
        st.caption("Real orders, each credited once.")
        draw(money_chart(channels, currency), with_table=False)
    claims = [channel for channel in channels if channel["claimed_conversions"]]
    if claims:
        with right:
            st.subheader("Claimed and credited orders")
            st.caption("Platforms count every order they touched; several count the same one.")
            draw(claim_chart(claims), with_table=False)


def show() -> None:
    """Draw the page."""
    st.title("Overview")
    choice = choose_period(with_model=True)
    if choice is None:
        return
    overview, base, health = call_all(
        ("analytics.getOverview", {**choice.arguments(), "model": choice.model}),
        ("analytics.getOverview", {**choice.base_arguments(), "model": choice.model}),
        ("db.getHealth", {"with_detail": True}),
    )
    base = base if choice.base else None
    show_change(overview, base)
    show_kpis(overview, base)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(FOLDER / "sources.py", label=tell_trust(health).text(), width="stretch")
        show_report(choice)
    st.caption(overview["note"])
    show_trend(overview)
    if overview["channels"]:
        show_channels(overview, base, choice)


show()
