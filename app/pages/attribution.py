"""Attribution: the models side by side, what platforms claim, what spend adds, and the ways people came."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app.attribution_charts import MODELS, model_chart, path_flows
from app.client import call
from app.look import (
    COUNT_CELL,
    MONEY_CELL,
    SHARE_CELL,
    channel_title,
    figure,
    in_units,
    show_frame,
)
from app.period import choose_period, show_period

ORDERS, REVENUE = "Orders", "Revenue"
MODEL_MEANING = {
    "first": "All credit to the first touch in 30 days.",
    "last": "All credit to the last touch.",
    "last_non_direct": "All credit to the last touch that was not a direct visit.",
    "linear": "The same part for every touch.",
    "position": "40% for the first and the last touch, 20% for those between.",
    "time_decay": "Parts that halve with every 7 days before the order.",
    "markov": "By how many orders would be lost if the channel were missing from every path.",
    "shapley": "A fair share of what every set of channels won together.",
}
number = st.column_config.NumberColumn
Answer = dict[str, Any]


def show_kpis(answer: Answer) -> None:
    """Show how many bought, how often visits end so, and how long the ways are."""
    journeys = answer["journeys"] or {}
    cards = (
        ("Orders", answer["orders"], "count", "Real orders in these days."),
        ("Visitors", answer["visitors"], "count", "Browsers seen on the site."),
        ("Conversion rate", answer["conversion_rate"], "share", "Browsers with a purchase by all browsers."),
        ("Touches before an order", journeys.get("mean_touches"), "factor", "Within 30 days, on average."),
    )
    for column, (title, value, unit, meaning) in zip(st.columns(4), cards, strict=True):
        column.metric(title, figure(value, unit, answer["currency"]), help=meaning, border=True)


def show_models(answer: Answer) -> None:
    """Show every model's credit by channel, in orders or in revenue, beside the platforms' claims."""
    st.subheader("Models side by side")
    st.caption("Each dot is one model's answer to the same orders. Where dots lie apart, the rule decides.")
    measure = st.segmented_control("Measure", [ORDERS, REVENUE], default=ORDERS, label_visibility="collapsed")
    is_money = measure == REVENUE
    currency = answer["currency"]
    given = pd.DataFrame([row for row in answer["models"] if row["currency"] == currency])
    if given.empty:
        st.info("No order in these days has a path; choose a longer period.")
        return
    given = in_units(given, ["value_minor"], currency)
    given["amount"] = given["value"] if is_money else given["conversions"]
    claims = {
        row["id"]: _claim(row, currency, is_money=is_money)
        for row in answer["rows"]
        if row["claimed_conversions"] and row["currency"] == currency
    }
    title = f"Revenue, {currency}" if is_money else "Orders"
    st.altair_chart(model_chart(given, claims, title))
    table = given.pivot_table("amount", "channel", "model", aggfunc="sum", fill_value=0.0)
    table = table.reindex(columns=[name for name in MODELS if name in table.columns])
    table = table.sort_values(table.columns[-1], ascending=False).reset_index()
    table["claimed"] = table["channel"].map(claims)
    table["channel"] = table["channel"].map(channel_title)
    cell = MONEY_CELL if is_money else "%.1f"
    shown = {
        name: number(MODELS[name], format=cell, help=MODEL_MEANING[name]) for name in table.columns[1:-1]
    }
    claim = {"claimed": number("Claimed", format=cell, help="What the platform itself says")}
    show_frame(table, {"channel": "Channel", **shown, **claim})


def _claim(row: Answer, currency: str, *, is_money: bool) -> float:
    if not is_money:
        return float(row["claimed_conversions"])
    frame = in_units(pd.DataFrame([row]), ["claimed_value_minor"], currency)
    return float(frame["claimed_value"].iloc[0])


def show_claims(answer: Answer) -> None:
    """Show, platform by platform, the claim beside what a chosen model credits."""
    claiming = [row for row in answer["rows"] if row["claimed_conversions"]]
    if not claiming:
        return
    st.subheader("What platforms claim")
    st.caption(
        "A platform counts every order it touched; several count the same one. Above 1, it claims too much."
    )
    model = st.selectbox("Against", list(MODELS), index=2, format_func=MODELS.__getitem__)
    credited = {row["channel"]: row["conversions"] for row in answer["models"] if row["model"] == model}
    frame = pd.DataFrame(
        {
            "channel": [channel_title(row["id"]) for row in claiming],
            "claimed": [row["claimed_conversions"] for row in claiming],
            "credited": [credited.get(row["id"], 0.0) for row in claiming],
            "window": [(row["claim_window"] or "").replace("_", " ") for row in claiming],
        }
    )
    frame["ratio"] = (frame["claimed"] / frame["credited"]).where(frame["credited"] > 0)
    columns = {
        "channel": "Channel",
        "claimed": number("Claimed", format=COUNT_CELL),
        "credited": number(f"Credited ({MODELS[model].lower()})", format="%.1f"),
        "ratio": number("Over-claim", format="%.2f", help="Claimed by credited"),
        "window": st.column_config.TextColumn("Claim window"),
    }
    show_frame(frame, columns)


def show_uplift(answer: Answer) -> None:
    """Show what the data-driven model says of the whole history."""
    rows = [row for row in answer["uplift"] or [] if row["currency"] == answer["currency"]]
    if not rows:
        return
    st.subheader("Data-driven, over the whole history")
    st.caption(
        "Credit to touches that come thicker before orders than chance would have them, moved towards what "
        "the steps of a channel's spend explain. Direct holds what would have come anyway."
    )
    frame = in_units(pd.DataFrame(rows), ["value_minor", "spend_minor"], answer["currency"])
    frame["channel"] = frame["channel"].map(channel_title)
    frame["return"] = (frame["value"] / frame["spend"]).where(frame["spend"] > 0)
    columns = {
        "channel": "Channel",
        "share": number("Share of orders", format=SHARE_CELL),
        "path_share": number("By paths alone", format=SHARE_CELL, help="Before its spend was asked"),
        "conversions": number("Orders", format="%.0f"),
        "value": number("Revenue", format=MONEY_CELL),
        "spend": number("Spend", format=MONEY_CELL),
        "return": number("Incremental ROAS", format="%.2f", help="This revenue by spend"),
    }
    show_frame(frame, columns)


def show_journeys(answer: Answer) -> None:
    """Show the ways people came as flows, and the paths that led to most orders."""
    journeys = answer["journeys"]
    if not journeys or not journeys["flows"]:
        return
    st.subheader("Path explorer")
    st.caption(
        "The last touches before an order, from left to right; a repeat of the same channel is one touch."
    )
    furthest = max(flow["step"] for flow in journeys["flows"])
    steps = st.slider("Touches shown", 1, furthest, min(3, furthest)) if furthest > 1 else 1
    shown = [flow for flow in journeys["flows"] if flow["step"] <= steps]
    st.plotly_chart(path_flows(shown), config={"displayModeBar": False})
    frame = pd.DataFrame(journeys["paths"])
    frame["path"] = frame["channels"].map(lambda names: "  ›  ".join(map(channel_title, names)))  # noqa: RUF001
    frame["rate"] = frame["conversions"] / (frame["conversions"] + frame["nulls"])
    columns = {
        "path": st.column_config.TextColumn("Path", width="large"),
        "conversions": number("Orders", format=COUNT_CELL),
        "nulls": number("Without order", format=COUNT_CELL),
        "rate": number("Rate", format=SHARE_CELL, help="Orders by all paths of this kind"),
    }
    show_frame(frame, columns)


def show() -> None:
    """Draw the page."""
    st.title("Attribution")
    period = choose_period()
    if period is None:
        return
    answer = call(
        "analytics.getConversions",
        first_on=period[0],
        last_on=period[1],
        by="channel",
        with_models=True,
        with_paths=True,
    )
    show_period(answer["period"])
    show_kpis(answer)
    if answer["models"] is None:
        st.info("Attribution was never computed here; run `spreaders build`.")
        return
    show_models(answer)
    show_claims(answer)
    show_uplift(answer)
    show_journeys(answer)


show()
