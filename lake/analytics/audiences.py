"""Who the people are: audiences, what they are made of, where they overlap, who came and who left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import psycopg
from pydantic import Field

from core.context import Context
from core.errors import BadInput, NotFound
from core.operation import operation
from core.time import Days
from lake.analytics import audience_queries as queries
from lake.analytics import audience_reading as reading
from lake.analytics.audience_parts import (
    AudienceDetail,
    AudienceInsights,
    AudienceSummary,
    Cluster,
    Comparison,
    Overlap,
    Preview,
    ProfileField,
    ProfileModel,
)
from lake.analytics.audience_words import label, tell_apart
from lake.analytics.marts import open_marts, read_row, read_rows
from lake.analytics.period import DEFAULT_DAYS, MOST_DAYS, FirstOn, LastOn, Period
from lake.audiences.definitions import Definition, condition_of, find_audience, read_audiences
from lake.audiences.fields import BOUGHT, FIELDS
from lake.audiences.rules import OPS

Wanted = Annotated[str | None, Field(description="An audience by id or name; null for the list alone.")]
Other = Annotated[str | None, Field(description="A second audience to compare with, by id or name.")]
Draft = Annotated[Preview | None, Field(description="A definition to look at instead, before it is kept.")]
WithMembers = Annotated[bool, Field(description="Whether to name the members, by keyed id.")]
WithFields = Annotated[bool, Field(description="Whether to list what definitions may ask about.")]


@operation("analytics.getAudienceInsights", effect="read")
def get_audience_insights(
    ctx: Context,
    *,
    audience: Wanted = None,
    compare: Other = None,
    preview: Draft = None,
    first_on: FirstOn = None,
    last_on: LastOn = None,
    with_members: WithMembers = False,
    with_fields: WithFields = False,
) -> AudienceInsights:
    """Return every audience with size and trend, their overlaps, and one of them from the inside.

    One audience, or a definition not yet kept (`preview`), is shown by lifecycle stage, RFM segment,
    channel, engagement and group, each beside everyone's share, with top products and history.
    Persons are keyed ids; nothing personal is told.

    Raises:
        BadInput: the preview is not allowed, or the range ends before it begins.
        NotFound: there is no such audience, or the profiles were never made.
    """
    if preview is not None and audience is not None:
        raise BadInput("Ask for an audience or for a preview, not for both.")
    with open_marts(ctx) as link:
        state = read_row(link, queries.STATE)
        if state is None or state["as_of_on"] is None:
            raise NotFound("There are no profiles of persons yet; run `spreaders build`.")
        days = _choose_days(first_on, last_on, state["as_of_on"])
        steps = reading.read_steps(link)
        definitions, persons = read_audiences(link), state["persons"]
        detail = _read_detail(link, audience, preview, steps, days, with_members=with_members)
        return AudienceInsights(
            as_of_on=state["as_of_on"],
            persons=persons,
            period=Period.of(days),
            audiences=[_summarise(d, steps.get(d.audience_id, []), days, persons) for d in definitions],
            everyone=reading.read_everyone(link),
            overlap=_read_overlap(link, definitions),
            audience=detail,
            compare=_compare(link, detail, compare, steps, days) if detail and compare else None,
            clusters=[Cluster.model_validate(row) for row in read_rows(link, queries.CLUSTERS)],
            models=[ProfileModel.model_validate(row) for row in read_rows(link, queries.MODELS)],
            fields=_list_fields(link) if with_fields else [],
        )


def _choose_days(first_on: date | None, last_on: date | None, as_of_on: date) -> Days:
    last = last_on or as_of_on
    days = Days(first_on, last) if first_on else Days.ending(last, DEFAULT_DAYS)
    if len(days) > MOST_DAYS:
        raise BadInput(f"Ask for at most {MOST_DAYS} days, not {len(days)}.")
    return days


def _read_detail(
    link: psycopg.Connection,
    audience: str | None,
    preview: Preview | None,
    steps: reading.Steps,
    days: Days,
    *,
    with_members: bool,
) -> AudienceDetail | None:
    if preview is not None:
        condition = condition_of(preview.rules, preview.sql)
        is_sql = preview.sql is not None
        return reading.read_preview(link, condition, is_sql=is_sql, with_members=with_members)
    if audience is None:
        return None
    definition = find_audience(link, audience)
    history = reading.state_days(steps.get(definition.audience_id, []), days)
    return reading.read_kept(link, definition, history, with_members=with_members)


def _compare(
    link: psycopg.Connection,
    first: AudienceDetail,
    wanted: str,
    steps: reading.Steps,
    days: Days,
) -> Comparison:
    second = _read_detail(link, wanted, None, steps, days, with_members=False)
    if second is None or second.audience_id is None:
        raise NotFound(f"There is no audience {wanted!r}.")
    other = find_audience(link, second.audience_id)
    both = reading.count_both(link, first, other)
    shares = {(s.part, s.name): s.share for s in second.composition}
    beside = [s.model_copy(update={"everyone_share": shares[s.part, s.name]}) for s in first.composition]
    names = reading.read_clusters(link)
    told = tell_apart(beside, first.means, second.means, clusters=names, whom=f"“{second.name}”")
    return Comparison(detail=second, both=both, told=told)


def _summarise(d: Definition, steps: list[dict[str, Any]], days: Days, persons: int) -> AudienceSummary:
    trend = reading.state_days(steps, days)
    size = sum(step["entered"] - step["left"] for step in steps)
    return AudienceSummary(
        audience_id=d.audience_id,
        name=d.name,
        description=d.description,
        version=d.version,
        is_counted=bool(steps),
        size=size,
        share=size / persons if persons else None,
        entered=sum(day.entered for day in trend),
        left=sum(day.left for day in trend),
        trend=trend,
    )


def _read_overlap(link: psycopg.Connection, definitions: Sequence[Definition]) -> list[Overlap]:
    shown = {d.audience_id for d in definitions}
    rows = [r for r in read_rows(link, queries.OVERLAP) if {r["one"], r["other"]} <= shown]
    sizes = {row["one"]: row["both"] for row in rows if row["one"] == row["other"]}
    return [Overlap.model_validate({**row, "share": row["both"] / sizes[row["one"]]}) for row in rows]


def _list_fields(link: psycopg.Connection) -> list[ProfileField]:
    channels = [row["acquired_channel"] for row in read_rows(link, queries.CHANNELS)]
    products = {row["product_id"]: row["title"] for row in read_rows(link, queries.PRODUCTS)}
    clusters = reading.read_clusters(link)
    known = {
        "acquired_channel": {name: label(name) for name in channels},
        "top_product_id": products,
        "cluster": clusters,
    }
    listed = [
        ProfileField(
            name=field.name,
            kind=field.kind,
            title=field.title,
            meaning=field.meaning,
            values=list(known.get(field.name, field.values)),
            labels=list(known.get(field.name, {v: label(v) for v in field.values}).values()),
            operators=list(OPS[field.kind]),
        )
        for field in FIELDS.values()
    ]
    bought = ProfileField(
        name=BOUGHT,
        kind="text",
        title="Bought",
        meaning="Products the person ever bought.",
        values=list(products),
        labels=[title or product for product, title in products.items()],
        operators=["in", "not_in"],
    )
    return [*listed, bought]
