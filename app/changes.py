"""What changed against the days before and which channels did it, as one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.look import channel_title

Row = Mapping[str, Any]
# Smaller parts of the whole change are not worth naming.
LEAST_PART = 0.1
MOST_NAMED = 3
EVEN = 0.005


@dataclass(frozen=True, slots=True)
class Mover:
    """A channel whose orders changed: by how many, and relative to before."""

    channel: str
    orders: int
    share: float | None

    def text(self) -> str:
        """Return it in words: `Direct +133 orders (+53%)`."""
        relative = f" ({_percent(self.share)})" if self.share is not None else ""
        return f"{channel_title(self.channel)} {self.orders:+,} orders{relative}"


def relative(value: float | None, base: float | None) -> float | None:
    """Return how much more than the base, relative to its size; None where there is no base."""
    if value is None or not base:
        return None
    return (value - base) / abs(base)


def find_movers(now: Sequence[Row], base: Sequence[Row]) -> list[Mover]:
    """Return the channels that changed the number of orders most, the largest change first."""
    orders, before = _orders(now), _orders(base)
    movers = [
        Mover(
            name, orders.get(name, 0) - before.get(name, 0), relative(orders.get(name, 0), before.get(name))
        )
        for name in {*orders, *before}
    ]
    whole = sum(abs(mover.orders) for mover in movers)
    named = [mover for mover in movers if whole and abs(mover.orders) >= LEAST_PART * whole]
    return sorted(named, key=lambda mover: (-abs(mover.orders), mover.channel))[:MOST_NAMED]


def tell_change(
    figures: Mapping[str, float | None], base: Mapping[str, float | None], movers: Sequence[Mover]
) -> str:
    """Return what changed and why; `figures` needs orders, revenue_minor and spend_minor."""
    orders = relative(figures["orders"], base["orders"])
    if orders is None:
        return "There are no orders in the days compared with, so no change can be told."
    spend = relative(figures["spend_minor"], base["spend_minor"])
    revenue = relative(figures["revenue_minor"], base["revenue_minor"])
    sentence = f"**Orders {_moved(orders)}**"
    if spend is not None:
        sentence += f" on spend {_moved(spend)}"
    if revenue is not None:
        sentence += f", revenue {_moved(revenue)}"
    if not movers:
        return f"{sentence}; no channel stands out."
    return f"{sentence}. Most of the change: {'; '.join(mover.text() for mover in movers)}."


def _orders(rows: Sequence[Row]) -> dict[str, int]:
    orders: dict[str, int] = {}
    for row in rows:
        orders[row["channel"]] = orders.get(row["channel"], 0) + round(row["orders"] or 0)
    return orders


def _moved(share: float) -> str:
    return "unchanged" if abs(share) < EVEN else _percent(share)


def _percent(share: float) -> str:
    return f"{share * 100:+.0f}%" if abs(share) >= 0.1 else f"{share * 100:+.1f}%"
