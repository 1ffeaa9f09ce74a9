"""Reads one audience from the inside, and the days of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from core.money import Money
from core.time import Days
from lake.analytics import audience_queries as queries
from lake.analytics.audience_parts import (
    AudienceDay,
    AudienceDetail,
    AudienceVersion,
    Means,
    Slice,
    TopProduct,
)
from lake.analytics.audience_words import tell_apart
from lake.analytics.figures import to_minor
from lake.analytics.marts import read_rows
from lake.audiences.check import asking
from lake.audiences.condition import read_condition
from lake.audiences.definitions import Definition, read_versions, rules_of
from lake.audiences.fields import PROFILE
from lake.audiences.telling import tell_rules

MOST_MEMBERS = 100_000
MICROS = 1_000_000
# Where a question needs no table of the definition's.
NO_TABLES = "WITH nothing AS (SELECT 1)"
Steps = Mapping[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Group:
    """Whom a question is about: an audience's members, or whoever meets a condition now."""

    members: str
    tables: str
    values: Mapping[str, Any]

    def ask(self, link: psycopg.Connection, query: str, **more: Any) -> list[dict[str, Any]]:
        """Return the rows of one of the group's questions."""
        text = query.format(tables=self.tables, members=self.members, others=more.pop("others", ""))
        return read_rows(link, text, {**self.values, **more})


def read_preview(
    link: psycopg.Connection, condition: str, *, is_sql: bool, with_members: bool
) -> AudienceDetail:
    """Return a definition that is not kept yet, from the inside.

    Raises:
        BadInput: its types do not fit, or it takes too long.
    """
    tree = read_condition(condition)
    with asking(link, tree) as (tables, where, values):
        group = Group(f"SELECT person_id FROM {PROFILE} WHERE {where}", tables, values)
        nothing_yet: dict[str, Any] = {
            "audience_id": None,
            "name": None,
            "description": "",
            "versions": [],
            "history": [],
        }
        about = {**nothing_yet, "condition": condition, "rules": tell_rules(tree), "is_sql": is_sql}
        return read_inside(link, group, about, with_members=with_members)


def read_kept(
    link: psycopg.Connection, definition: Definition, history: list[AudienceDay], *, with_members: bool
) -> AudienceDetail:
    """Return a kept audience from the inside, as its members were last found."""
    versions = [
        AudienceVersion(
            version=v.version,
            name=v.name,
            condition=v.condition,
            is_archived=v.is_archived,
            saved_at=v.saved_at,
            saved_by=v.saved_by,
        )
        for v in read_versions(link, definition)
    ]
    about = {
        "audience_id": definition.audience_id,
        "name": definition.name,
        "description": definition.description,
        "versions": versions,
        "history": history,
        "condition": definition.condition,
        "rules": rules_of(definition),
        "is_sql": definition.sql is not None,
    }
    return read_inside(link, _kept(definition.audience_id), about, with_members=with_members)


def read_inside(
    link: psycopg.Connection, group: Group, about: Mapping[str, Any], *, with_members: bool
) -> AudienceDetail:
    """Return what a group is made of, beside everyone."""
    mine, everyone, currency = _read_means(link, group)
    slices = _read_slices(link, group)
    products = [
        TopProduct(**row, net_minor=to_minor(net, row["currency"]))
        for row in group.ask(link, queries.TOP_PRODUCTS)
        for net in [row.pop("net_micros")]
    ]
    listed = group.ask(link, queries.LIST, limit=MOST_MEMBERS) if with_members else None
    return AudienceDetail(
        **about,
        size=mine.persons,
        share=mine.persons / everyone.persons if everyone.persons else None,
        told=tell_apart(slices, mine, everyone, clusters=read_clusters(link)),
        means=mine,
        everyone=everyone,
        currency=currency,
        composition=slices,
        top_products=products,
        members=None if listed is None else [row["person_id"] for row in listed],
    )


def read_clusters(link: psycopg.Connection) -> dict[str, str]:
    """Return the names of the groups of persons by their number."""
    return {row["cluster"]: row["name"] for row in read_rows(link, queries.CLUSTERS)}


def read_everyone(link: psycopg.Connection) -> list[Slice]:
    """Return all persons by stage, segment, channel, engagement and cluster."""
    return _read_slices(link, Group("SELECT person_id FROM lake.person_profile", NO_TABLES, {}))


def count_both(link: psycopg.Connection, first: AudienceDetail, other: Definition) -> int:
    """Return how many persons are in a detail's group and in a kept audience."""
    others = queries.KEPT.replace("%(audience_id)s", "%(other_id)s")
    more = {"others": others, "other_id": other.audience_id}
    if first.audience_id is not None:
        return int(_kept(first.audience_id).ask(link, queries.BOTH, **more)[0]["both"])
    with asking(link, read_condition(first.condition)) as (tables, where, values):
        group = Group(f"SELECT person_id FROM {PROFILE} WHERE {where}", tables, values)
        return int(group.ask(link, queries.BOTH, **more)[0]["both"])


def read_steps(link: psycopg.Connection) -> Steps:
    """Return the days on which each audience changed: audience id -> day_on, entered, left."""
    steps: dict[str, list[dict[str, Any]]] = {}
    for row in read_rows(link, queries.STEPS):
        steps.setdefault(row["audience_id"], []).append(row)
    return steps


def state_days(steps: list[dict[str, Any]], days: Days) -> list[AudienceDay]:
    """Return the days of a range on which an audience changed, and the range's ends, with its size.

    On the day an audience was first counted all its members are found at once; nobody came.
    """
    size, found = 0, {}
    first = min((step["day_on"] for step in steps), default=None)
    for step in steps:
        if step["day_on"] < days.first:
            size += step["entered"] - step["left"]
    if first is not None and first <= days.first:
        found[days.first] = AudienceDay(day_on=days.first, size=size, entered=0, left=0)
    for step in steps:
        if step["day_on"] in days:
            size += step["entered"] - step["left"]
            found[step["day_on"]] = AudienceDay(
                day_on=step["day_on"],
                size=size,
                entered=step["entered"] if step["day_on"] != first else 0,
                left=step["left"],
            )
    if first is not None and first <= days.last and days.last not in found:
        found[days.last] = AudienceDay(day_on=days.last, size=size, entered=0, left=0)
    return list(found.values())


def _kept(audience_id: str) -> Group:
    """Return the members of a kept audience."""
    return Group(queries.KEPT, NO_TABLES, {"audience_id": audience_id})


def _read_means(link: psycopg.Connection, group: Group) -> tuple[Means, Means, str | None]:
    rows = group.ask(link, queries.MEANS)
    nobody = dict.fromkeys(Means.model_fields) | {"persons": 0}
    mine = next((row for row in rows if row["is_member"] and not row["is_everyone"]), nobody)
    everyone = next((row for row in rows if row["is_everyone"]), nobody)
    currency = everyone.get("currency")
    return _means(mine, currency), _means(everyone, currency), currency


def _means(row: Mapping[str, Any], currency: str | None) -> Means:
    micros = row.get("spent_micros")
    spent = None
    if micros is not None and currency:
        spent = micros / MICROS / float(Money(1, currency).amount)
    return Means.model_validate({**{n: row.get(n) for n in Means.model_fields}, "spent_minor": spent})


def _read_slices(link: psycopg.Connection, group: Group) -> list[Slice]:
    rows = group.ask(link, queries.SLICES)
    sums: dict[str, list[int]] = {}
    for row in rows:
        whole = sums.setdefault(row["part"], [0, 0])
        whole[0] += row["members"]
        whole[1] += row["everyone"]
    return [
        Slice(
            part=row["part"],
            name=row["name"],
            members=row["members"],
            share=row["members"] / sums[row["part"]][0] if sums[row["part"]][0] else 0.0,
            everyone_share=row["everyone"] / sums[row["part"]][1],
        )
        for row in rows
    ]
