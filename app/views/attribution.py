"""Attribution: the models side by side, what platforms claim, and the ways people came."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app.attribution_charts import by_amount, model_chart, path_flows
from app.client import call
from app.look import (
    COUNT_CELL,
    MONEY_CELL,
    NOTHING,
    SHARE_CELL,
    channel_title,
    figure,
    in_units,
    window_title,
)
from app.models import DEFAULT, MEANING, MODELS, model_title
from app.period import Choice, choose_period
from app.settings import THEMES
from app.show import INK, Card, draw, show_cards, show_csv, show_frame
from app.words import name_channels

ORDERS, REVENUE = "Orders", "Revenue"
RANGE = ("share", "share_low", "share_high")
SHARES = (
    "Shares of all orders, with the 90% interval in parentheses: how far a share would move had other people "
    "come from the same market. An interval does not say whether the model is right."
)
number = st.column_config.NumberColumn
text = st.column_config.TextColumn
Answer = dict[str, Any]


def show_facts(answer: Answer) -> None:
    """Show how many bought, how often visits end so, and how long the ways are."""
    journeys = answer["journeys"] or {}
    cards = (
        ("Orders", answer["orders"], "count", "Real orders in these days."),
        ("Browsers seen", answer["visitors"], "count", "Browsers on the site; a person may use several."),
        ("Browsers that bought", answer["buyers"], "count", "Several orders from one browser count once."),
        ("Conversion rate", answer["conversion_rate"], "share", "Browsers that bought / browsers seen."),
        ("Touches before an order", journeys.get("mean_touches"), "factor", "Within 30 days, on average."),
    )  # fmt: skip
    currency = answer["currency"]
    show_cards(
        [Card(title, figure(value, unit, currency), about=about) for title, value, unit, about in cards],
        "attribution",
    )


@st.fragment
def show_models(answer: Answer, choice: Choice) -> None:
    """Show every model's credit by channel, in orders or in revenue, beside the platforms' claims."""
    st.subheader("Models side by side")
    st.caption("Each sign is one model's answer to the same orders. Where signs lie apart, the rule decides.")
    measure = st.segmented_control(
        "Measure", [ORDERS, REVENUE], default=ORDERS, required=True, label_visibility="collapsed"
    )
    is_money = measure == REVENUE
    currency = answer["currency"]
    credited = pd.DataFrame([row for row in answer["models"] if row["currency"] == currency])
    if credited.empty:
        st.info("No order in these days has a path; choose a longer period.")
        return
    credited = in_units(credited, ["value_minor"], currency)
    credited["amount"] = credited["value"] if is_money else credited["conversions"]
    claims = {
        row["id"]: _claim(row, currency, is_money=is_money)
        for row in answer["rows"]
        if row["claimed_conversions"] and row["currency"] == currency
    }
    draw(model_chart(credited, claims, f"Revenue, {currency}" if is_money else "Orders"), with_table=False)
    table = credited.pivot_table("amount", "channel", "model", aggfunc="sum", fill_value=0.0)
    names = [name for name in MODELS if name in table.columns]
    table = table.reindex(columns=names).reindex(by_amount(credited)).reset_index()
    table["claimed"] = table["channel"].map(claims)
    table["channel"] = table["channel"].map(channel_title)
    table[[*names, "claimed"]] = table[[*names, "claimed"]].astype(float).round(2 if is_money else 1)
    cell = MONEY_CELL if is_money else COUNT_CELL
    shown = {name: number(model_title(name), format=cell, help=MEANING.get(name)) for name in names}
    claim = {"claimed": number("Claimed", format=cell, help="What the platform itself says")}
    show_frame(table, {"channel": text("Channel", pinned=True), **shown, **claim})
    show_csv(table, f"models {choice.days.code()}", "models-csv")
    show_shares(credited)


def show_shares(credited: pd.DataFrame) -> None:
    """Show every model's share of all orders with its interval."""
    st.caption(SHARES)
    frame = credited.assign(
        shown=[share_range(*row) for row in credited[list(RANGE)].itertuples(index=False)]
    )
    table = frame.pivot(index="channel", columns="model", values="shown")
    names = [name for name in MODELS if name in table.columns]
    order = by_amount(credited.assign(amount=credited["conversions"]))
    table = table.reindex(columns=names).reindex(order).fillna(NOTHING).reset_index()
    table["channel"] = table["channel"].map(channel_title)
    shown = {name: text(model_title(name), help=MEANING.get(name)) for name in names}
    show_frame(table, {"channel": text("Channel", pinned=True), **shown})


def share_range(share: float | None, low: float | None, high: float | None) -> str:
    """Return a share with its interval, `12.0% (10.5 to 13.6)`; without an interval the share alone."""
    if share is None or pd.isna(share):
        return NOTHING
    if low is None or high is None or pd.isna(low) or pd.isna(high):
        return f"{share:.1%}"
    return f"{share:.1%} ({100 * low:.1f} to {100 * high:.1f})"


def _claim(row: Answer, currency: str, *, is_money: bool) -> float:
    if not is_money:
        return float(row["claimed_conversions"])
    frame = in_units(pd.DataFrame([row]), ["claimed_value_minor"], currency)
    return float(frame["claimed_value"].iloc[0])


@st.fragment
def show_claims(answer: Answer) -> None:
    """Show, platform by platform, the claim beside what a chosen model credits."""
    claiming = [row for row in answer["rows"] if row["claimed_conversions"]]
    if not claiming:
        return
    st.subheader("What platforms claim")
    st.caption(
        "A platform counts every order it touched; several count the same one. Above 1, it claims more "
        "orders than it is credited with."
    )
    names = [name for name in MODELS if any(row["model"] == name for row in answer["models"])]
    default = names.index(DEFAULT) if DEFAULT in names else 0
    model = st.selectbox("Compare with", names, index=default, format_func=model_title, width=280)
    credited = {row["channel"]: row["conversions"] for row in answer["models"] if row["model"] == model}
    frame = pd.DataFrame(
        {
            "channel": [channel_title(row["id"]) for row in claiming],
            "claimed": [round(row["claimed_conversions"], 1) for row in claiming],
            "credited": [round(credited.get(row["id"], 0.0), 1) for row in claiming],
            "window": [window_title(row["claim_window"]) or NOTHING for row in claiming],
        }
    )
    frame["ratio"] = (frame["claimed"] / frame["credited"]).where(frame["credited"] > 0)
    columns = {
        "channel": text("Channel", pinned=True),
        "ratio": number("Claimed / credited", format="%.2f"),
        "claimed": number("Claimed", format=COUNT_CELL),
        "credited": number("Credited", format=COUNT_CELL, help=model_title(model)),
        "window": text("The platform counts orders within"),
    }
    show_frame(frame, columns)


def show_learned(answer: Answer) -> None:
    """Show what the data-driven model says of the whole history; it is no measure of what spend adds."""
    rows = [row for row in answer["uplift"] or [] if row["currency"] == answer["currency"]]
    if not rows:
        return
    st.subheader("Learned from the whole history")
    st.caption(
        "Credit to touches that are more frequent before orders than chance explains, corrected by what "
        "steps of a channel's spend show. It shares out orders; only a test shows what extra spend adds."
    )
    for doubt in answer["uplift_doubts"]:
        st.warning(name_channels(doubt, {row["channel"] for row in rows}))
    frame = in_units(pd.DataFrame(rows), ["value_minor"], answer["currency"])
    frame["share"] = [share_range(*row) for row in frame[list(RANGE)].itertuples(index=False)]
    frame["channel"] = frame["channel"].map(channel_title)
    columns = {
        "channel": text("Channel", pinned=True),
        "share": text("Share of orders", help=SHARES),
        "conversions": number("Orders", format=COUNT_CELL),
        "value": number("Revenue", format=MONEY_CELL),
    }
    show_frame(frame.assign(conversions=frame["conversions"].round(0)), columns)


@st.fragment
def show_journeys(answer: Answer) -> None:
    """Show the ways people came as flows, and the paths that led to most orders."""
    journeys = answer["journeys"]
    if not journeys or not journeys["flows"]:
        return
    st.subheader("Path explorer")
    st.caption(
        "The last touches before an order, from left to right; a repeat of the same channel is one touch."
    )
    frame = pd.DataFrame(journeys["paths"])
    frame["path"] = frame["channels"].map(lambda names: "  ›  ".join(map(channel_title, names)))  # noqa: RUF001
    frame["rate"] = frame["conversions"] / (frame["conversions"] + frame["nulls"])
    columns = {
        "conversions": number("Orders", format=COUNT_CELL, pinned=True),
        "path": text("Path", width="large"),
        "nulls": number("Without order", format=COUNT_CELL, help="Paths of this kind that led to no order"),
        "rate": number("Rate", format=SHARE_CELL, help="Orders / all paths of this kind"),
    }
    furthest = max(flow["step"] for flow in journeys["flows"])
    steps = st.slider("Touches shown", 1, furthest, min(3, furthest)) if furthest > 1 else 1
    flows = [flow for flow in journeys["flows"] if flow["step"] <= steps]
    scheme = st.context.theme.type or "light"
    ground = THEMES[scheme]["backgroundColor"]
    st.plotly_chart(path_flows(flows, INK[scheme], ground), config={"displayModeBar": False}, theme=None)
    show_frame(frame, columns)


def show() -> None:
    """Draw the page."""
    st.title("Attribution")
    choice = choose_period(with_compare=False)
    if choice is None:
        return
    answer = call(
        "analytics.getConversions", **choice.arguments(), by="channel", with_models=True, with_paths=True
    )
    show_facts(answer)
    if answer["models"] is None:
        st.info("Attribution was never computed here; run `spreaders build`.")
        return
    show_models(answer, choice)
    show_claims(answer)
    show_learned(answer)
    show_journeys(answer)


show()
