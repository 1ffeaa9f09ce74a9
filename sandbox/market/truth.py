"""What really happened in the market: causes of orders, response curves and journeys."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl

from sandbox.market.frames_ads import frame_sources
from sandbox.market.frames_shop import frame_orders, order_ids
from sandbox.market.paid import expect_orders
from sandbox.market.records import CHANNELS, DAY, TOUCH_KINDS
from sandbox.market.response import MEMORY_DAYS
from sandbox.market.shop import NEVER
from sandbox.market.state import State

SPEND_STEPS = 20  # rows of a curve's table, up to three times today's budget


class Truth:
    """Reads the truth of a market; for scoring only."""

    def __init__(self, state: State) -> None:
        self.state = state

    def orders(self) -> pl.DataFrame:
        """Every order that is no test, with its cause.

        Columns: order_id, cause, cause_campaign_id, cause_touch_day.
        """
        state = self.state
        rows = state.orders.read(0, state.day)
        rows = rows[~rows["is_test"]]
        campaigns = {campaign.index: campaign.campaign_id for campaign in state.catalogue.campaigns}
        sources = {s.index: s.campaign_id for s in state.catalogue.sources if s.channel != "baseline"}
        ids = [
            campaigns[campaign] if campaign >= 0 else sources.get(source)
            for campaign, source in zip(rows["campaign"].tolist(), rows["cause_source"].tolist(), strict=True)
        ]
        return pl.DataFrame(
            [
                order_ids("order_id", rows["order"]),
                pl.Series("cause", CHANNELS).gather(rows["channel"]),
                pl.Series("cause_campaign_id", ids, dtype=pl.String),
                state.calendar.dates("cause_touch_day", rows["touch_at"] // DAY),
            ]
        )

    def contribution(self) -> pl.DataFrame:
        """day, cause, orders, revenue_minor, margin_minor, spend_minor, without test and cancelled orders.

        Revenue is what customers paid (tax and shipping in, refunds not taken off); margin is the subtotal
        less its tax less the cost of the goods. Spend is final. All of it is in the market's currency.
        """
        state = self.state
        rows = state.orders.read(0, state.day)
        cancelled = (rows["cancel_at"] != NEVER) & (rows["cancel_at"] < (state.day + 1) * DAY)
        rows = rows[~rows["is_test"] & ~cancelled]
        names = pl.Series("cause", CHANNELS)
        orders = pl.DataFrame(
            [
                pl.Series("number", (rows["at"] // DAY).astype(np.int32)),
                names.gather(rows["channel"]),
                pl.Series("revenue_minor", rows["total"]),
                pl.Series("margin_minor", rows["subtotal"] - rows["tax"] - rows["cost"]),
            ]
        )
        orders = orders.group_by("number", "cause").agg(
            pl.len().cast(pl.Int64).alias("orders"), pl.col("revenue_minor", "margin_minor").sum()
        )
        spent = state.deliveries.read(0, state.day)
        worth = np.array([state.scenario.worth_of(channel) for channel in CHANNELS])
        codes = np.array([CHANNELS.index(campaign.channel) for campaign in state.catalogue.campaigns] or [0])
        spend = pl.DataFrame(
            [
                pl.Series("number", spent["day"]),
                names.gather(codes[spent["campaign"]]),
                pl.Series("spend_minor", spent["spend"] * worth[codes[spent["campaign"]]]),
            ]
        )
        spend = spend.group_by("number", "cause").agg(pl.col("spend_minor").sum().round().cast(pl.Int64))
        numbers = ["orders", "revenue_minor", "margin_minor", "spend_minor"]
        joined = orders.join(spend, on=["number", "cause"], how="full", coalesce=True)
        joined = joined.with_columns(pl.col(*numbers).fill_null(0)).sort("number", "cause")
        day = state.calendar.dates("day", joined["number"].to_numpy())
        return joined.with_columns(day).select("day", "cause", *numbers)

    def curves(self) -> dict[str, dict[str, Any]]:
        """For each paid channel: form, parameters, adstock_decay, lag, its campaigns, and a table.

        The table gives expected incremental orders and revenue a day at a steady daily spend, split like
        today's budgets, at usual demand and prices. Spend, budgets and parameters are in the account's
        currency, which `currency` names; revenue is in the market's.
        """
        return {channel: self.curve(channel) for channel in self.state.scenario.paid}

    def curve(self, channel: str) -> dict[str, Any]:
        """The curve of one channel; form and parameters of the largest campaign stand for the channel."""
        scale = self.state.scenario.scale
        campaigns = [entry for entry in self.state.catalogue.campaigns if entry.channel == channel]
        described = [
            {
                "campaign_id": entry.campaign_id,
                "name": entry.name,
                "form": entry.spec.saturation.form,
                "parameters": {
                    "max_orders": entry.spec.max_orders * scale,
                    "half_minor": entry.spec.saturation.half_minor * scale,
                    "slope": entry.spec.saturation.slope,
                    "creative_quality": entry.quality,
                },
                "adstock_decay": entry.spec.adstock_decay,
                "lag": entry.spec.lag.model_dump(),
                "daily_budget_minor": entry.daily_budget_minor,
            }
            for entry in campaigns
        ]
        budgets = np.array(
            [entry.daily_budget_minor * (entry.status == "ACTIVE") for entry in campaigns], dtype=float
        )
        total = float(budgets.sum())
        shares = budgets / total if total else np.full(len(campaigns), 1 / len(campaigns))
        top = (total or 100_000 * scale) * 3
        value = self.mean_order_minor()
        table = []
        for spend in np.linspace(0, top, SPEND_STEPS + 1):
            orders = sum(expect_orders(c, spend * s, scale) for c, s in zip(campaigns, shares, strict=True))
            table.append(
                {
                    "spend_minor": round(float(spend)),
                    "orders": round(orders, 4),
                    "revenue_minor": round(orders * value),
                }
            )
        largest = described[int(np.argmax(shares))]
        shape = {key: largest[key] for key in ("form", "parameters", "adstock_decay", "lag")}
        currency = self.state.scenario.currency_of(channel)
        return {**shape, "currency": currency, "campaigns": described, "table": table}

    def mean_order_minor(self) -> float:
        """Mean total of the orders so far."""
        total = frame_orders(self.state).filter(~pl.col("is_test"))["total_minor"].mean()
        return float(total) if isinstance(total, int | float) else 0.0

    def journeys(self, first: date, last: date) -> pl.DataFrame:
        """All touches from first to last day, bought or not, oldest first.

        Columns: person_id, at, channel, campaign_id, ad_id, kind, is_cause, order_id (null until bought).
        """
        state = self.state
        begin, end = max(state.calendar.day_of(first), 0), min(state.calendar.day_of(last), state.day)
        rows = state.touches.read(begin, min(end + MEMORY_DAYS, state.day))
        day = rows["at"] // DAY
        rows = rows[(day >= begin) & (day <= end)]
        rows = rows[np.lexsort((rows["person"], rows["at"]))]
        orders = state.orders.read(0, state.day)
        orders = orders[orders["buyer"] >= 0]
        bought = pl.DataFrame([pl.Series("buyer", orders["buyer"]), order_ids("order_id", orders["order"])])
        sources = frame_sources(state).select("source", "channel", "campaign_id", "ad_id", "network")
        frame = pl.DataFrame(
            [
                state.people.person_id.gather(rows["person"]),
                state.calendar.instants("at", rows["at"]),
                pl.Series("source", rows["source"]),
                pl.Series("kind", TOUCH_KINDS).gather(rows["kind"]),
                pl.Series("is_cause", rows["is_cause"]),
                pl.Series("buyer", rows["buyer"]),
            ]
        )
        frame = frame.join(sources, on="source", how="left", maintain_order="left")
        frame = frame.join(bought, on="buyer", how="left", maintain_order="left")
        # Unpaid visits are named by their entrance: direct, organic_search or referral.
        channel = pl.when(pl.col("channel") == "baseline").then("network").otherwise("channel")
        return frame.select(
            "person_id",
            "at",
            channel.alias("channel"),
            "campaign_id",
            "ad_id",
            "kind",
            "is_cause",
            "order_id",
        )
