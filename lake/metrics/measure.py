"""Measures any metrics by any of their dimensions: sums of parts from the marts, then the ratios."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import psycopg

from core.errors import BadInput
from core.time import Days
from lake.metrics.facts import LEVELS
from lake.metrics.levels import find_uncredited, is_known
from lake.metrics.metric import Metric, Number
from lake.metrics.models import DEFAULT_MODEL, Model, check_model
from lake.metrics.parts import PARTS
from lake.metrics.reading import Key, Question, Sums, is_credited, sum_parts
from lake.metrics.sums import add_sums, amounts_of

MOST_GROUPS = 50_000
CURRENCY = "SELECT reporting_currency FROM marts.dim_workspace"
# Of a figure of the whole workspace, the one to ask for by channel.
BY_CHANNEL = {"mer": "roas", "blended_roi": "roi", "blended_gain": "gain", "blended_cac": "cac"}
Group = tuple[Key, str]


@dataclass(frozen=True, slots=True)
class Measured:
    """One group: its dimensions, its currency, its parts (money in minor units) and its metrics.

    Below a channel (a campaign, an ad) `by` names the channel too.
    """

    by: Mapping[str, date | str | None]
    currency: str
    parts: Mapping[str, Number | None]
    values: Mapping[str, float | None]


def measure(
    link: psycopg.Connection,
    metrics: Sequence[Metric],
    *,
    days: Days,
    by: Sequence[str] = (),
    filters: Mapping[str, Sequence[str]] | None = None,
    model: Model = DEFAULT_MODEL,
) -> list[Measured]:
    """Return the metrics for every group of the dimensions and periods in `by`, sorted by them.

    Parts are summed in the database, exactly, and divided once at the end. A metric of paid channels
    sums over the channels with spend in the group. Money of a currency that no rate turns into the
    reporting one has groups of its own, in which only metrics of a single fact have a value: the other
    side is told elsewhere. What no order tells (its ad, its campaign) is null, not 0.

    Args:
        link: A connection that sees one workspace.
        metrics: What to measure; `find_metric` and `custom_metric` give them.
        days: Which days.
        by: Periods (`day`, `week`, `month`) and dimensions, such as `("week", "channel")`.
        filters: For a dimension, the values that count.
        model: The attribution model that gives the credit.

    Raises:
        BadInput: a metric is not known by one of the dimensions or by the model, or there are too many
            groups.
    """
    filters = filters or {}
    check_model(model)
    check_grains(metrics, (*by, *filters))
    keys = (*by, "channel") if "channel" not in by and set(by) & set(LEVELS) else tuple(by)
    is_shared = "channel" in keys or bool(filters)
    # Sums over all channels are those of the orders, whatever the model.
    is_other = model != DEFAULT_MODEL
    shared = [metric for metric in metrics if is_other and _is_credit(metric, is_shared=is_shared)]
    blended = [metric for metric in metrics if metric not in shared]
    question = Question(days, keys, filters, model)
    groups = _measure(link, blended, replace(question, model=DEFAULT_MODEL))
    credited = _measure(link, shared, question)
    for key in groups.keys() | credited.keys():
        groups[key] = _join(groups.get(key) or _nothing(blended, credited[key]), credited.get(key), shared)
    if len(groups) > MOST_GROUPS:
        raise BadInput(f"That is more than {MOST_GROUPS:,} groups; ask for fewer days or dimensions.")
    order = sorted(groups, key=lambda key: [(cell is None, cell) for cell in (*key[0], key[1])])
    return [groups[key] for key in order]


def check_grains(metrics: Sequence[Metric], grains: Sequence[str]) -> None:
    """Raise BadInput when a metric is not known by each of these dimensions."""
    for metric in metrics:
        for grain in grains:
            if grain in metric.grains:
                continue
            if metric.scope == "whole":
                other = f"; by {grain} ask for {BY_CHANNEL[metric.name]}" if metric.name in BY_CHANNEL else ""
                raise BadInput(f"{metric.title} is of the whole workspace, of no single {grain}{other}.")
            raise BadInput(f"{metric.title} is not known by {grain!r}; ask by {', '.join(metric.grains)}.")


def _is_credit(metric: Metric, *, is_shared: bool) -> bool:
    """Whether the metric depends on who gets the credit."""
    return (is_shared or metric.scope == "paid") and any(map(is_credited, metric.parts))


def _measure(
    link: psycopg.Connection, metrics: Sequence[Metric], question: Question
) -> dict[Group, Measured]:
    if not metrics:
        return {}
    reporting = link.execute(CURRENCY).fetchone()
    own = str(reporting[0]) if reporting else "EUR"
    keys = question.by
    by_channel = replace(question, by=keys if "channel" in keys else (*keys, "channel"))
    groups: dict[Group, list[Sums]] = {}
    for (key, currency), sums in sum_parts(link, metrics, by_channel).items():
        groups.setdefault((key[: len(keys)], currency), []).append(sums)
    uncredited = {level: find_uncredited(link, question.days, level) for level in keys if level in LEVELS}
    measured = {}
    for (key, currency), channels in groups.items():
        place = dict(zip(keys, key, strict=True))
        is_told = is_known(place, uncredited)
        if is_told or _has_own(channels):
            values = _values(metrics, channels, currency, own, is_told=is_told)
            parts = _parts(metrics, channels, currency, is_told=is_told)
            measured[key, currency] = Measured(place, currency, parts, values)
    return measured


def _has_own(channels: Iterable[Sums]) -> bool:
    """Whether anything but credit is known, such as spend that the vendor allots to no ad."""
    return any(sums[part].amount is not None for sums in channels for part in sums if not is_credited(part))


def _values(
    metrics: Sequence[Metric], channels: Sequence[Sums], currency: str, own: str, *, is_told: bool
) -> dict[str, float | None]:
    values = {}
    for metric in metrics:
        amounts = amounts_in(metric, channels, currency)
        if not is_told:
            amounts = _without_credit(amounts)
        is_whole = currency == own or _facts(metric) == 1
        values[metric.name] = metric.of(amounts) if is_whole and amounts else None
    return values


def _parts(
    metrics: Sequence[Metric], channels: Sequence[Sums], currency: str, *, is_told: bool
) -> dict[str, Number | None]:
    names = {part for metric in metrics for part in metric.parts}
    amounts = amounts_of({part: add_sums(sums[part] for sums in channels) for part in names}, currency)
    return amounts if is_told else _without_credit(amounts)


def _without_credit(amounts: Mapping[str, Number | None]) -> dict[str, Number | None]:
    return {part: None if is_credited(part) else amount for part, amount in amounts.items()}


def amounts_in(metric: Metric, channels: Iterable[Sums], currency: str) -> dict[str, Number | None]:
    """Return the amounts of a metric's parts over these channels, money rounded once.

    Of a metric of paid channels, over those with spend; nothing where none has any.
    """
    kept = [sums for sums in channels if metric.scope != "paid" or sums["spend_minor"].amount]
    if metric.scope == "paid" and not kept:
        return {}
    return amounts_of({part: add_sums(sums[part] for sums in kept) for part in metric.parts}, currency)


def _nothing(metrics: Sequence[Metric], beside: Measured) -> Measured:
    """Return the metrics in a group where none of their parts has a row."""
    parts = _parts(metrics, [], beside.currency, is_told=True)
    return Measured(
        beside.by,
        beside.currency,
        parts,
        {m.name: None if m.scope == "paid" else m.of(parts) for m in metrics},
    )


def _join(group: Measured, other: Measured | None, metrics: Sequence[Metric]) -> Measured:
    """Return the group with the metrics that another model credits."""
    told = other or _nothing(metrics, group)
    parts, values = {**group.parts, **told.parts}, {**group.values, **told.values}
    return Measured(group.by, group.currency, parts, values)


def _facts(metric: Metric) -> int:
    return len({fact for part in metric.parts for fact in PARTS[part].columns})
