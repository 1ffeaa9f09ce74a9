"""Dashboards: saved tiles of metrics, and their data when asked."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import psycopg
from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.context import Context
from core.errors import BadInput
from core.operation import operation
from core.time import Days
from lake.analytics.marts import open_marts
from lake.analytics.period import Period, choose_days, reporting_currency
from lake.analytics.series import find_measure, read_by_channel, read_points, read_value
from lake.metrics.metric import Metric, Unit
from lake.state import store
from lake.state.declared import Declared, Row, Text

Chart = Literal["number", "line", "bar", "table"]
TileBy = Literal["total", "channel", "day", "week", "month"]
MOST_TILES = 24


class Tile(BaseModel):
    """One picture: metrics, by what, over which days, drawn how."""

    model_config = ConfigDict(extra="forbid")

    title: Text = Field(description="What stands above it.")
    metrics: list[str] = Field(description="Metrics or parts of them.", min_length=1, max_length=8)
    by: TileBy = Field("total", description="total, channel, day, week or month.")
    chart: Chart = Field("table", description="number, line, bar or table.")
    channel: str | None = Field(None, description="One channel; null for all together.", max_length=64)
    days: int = Field(28, description="Days up to the latest with numbers.", ge=1, le=1100)
    first_on: date | None = Field(None, description="First day, instead of a number of days.")
    last_on: date | None = Field(None, description="Last day, instead of the latest with numbers.")
    width: int = Field(6, description="Columns of twelve it takes.", ge=1, le=12)

    @model_validator(mode="after")
    def _fits(self) -> Tile:
        if self.chart == "number" and self.by != "total":
            raise ValueError("a number is of the total; take another chart, or by total")
        if self.chart == "line" and self.by not in {"day", "week", "month"}:
            raise ValueError("a line runs over days, weeks or months; take a bar, or by day")
        if self.by == "channel" and self.channel is not None:
            raise ValueError("by channel and one channel exclude each other")
        if self.first_on and self.last_on and self.last_on < self.first_on:
            raise ValueError("last_on is before first_on")
        return self


class Dashboard(BaseModel):
    """A page of tiles."""

    model_config = ConfigDict(extra="forbid")

    name: Text = Field(description="What to call it.")
    tiles: list[Tile] = Field(description="The tiles, in order.", min_length=1, max_length=MOST_TILES)


def _check(link: psycopg.Connection, dashboard: Dashboard) -> None:
    for number, tile in enumerate(dashboard.tiles, start=1):
        try:
            units = {find_measure(link, name).unit for name in tile.metrics}
        except BadInput as error:
            raise BadInput(f"Tile {number}: {error.message}") from None
        if tile.chart in {"line", "bar"} and len(units) > 1:
            raise BadInput(
                f"Tile {number} draws {', '.join(sorted(units))} on one axis; split it, or a table."
            )


DASHBOARD = Declared("dashboard", Dashboard, "analytics.createDashboard", _check)


class TileColumn(BaseModel):
    """A metric's column of a tile."""

    metric: str = Field(description="Its name.")
    title: str = Field(description="What people call it.")
    unit: Unit = Field(description="Its unit.")


class TileRow(BaseModel):
    """A row of a tile."""

    key: str = Field(description="all, a channel, or the first day of the day, week or month.")
    values: list[float | None] = Field(description="One value a column; money in minor units.")


class TileData(BaseModel):
    """What a tile shows now."""

    title: str = Field(description="Its title.")
    period: Period = Field(description="Its days.")
    columns: list[TileColumn] = Field(description="Its metrics, in order.")
    rows: list[TileRow] = Field(description="Channels by name, periods oldest first.")


class DashboardAnswer(BaseModel):
    """The answer of `analytics.createDashboard`."""

    dashboard: Row = Field(description="The dashboard as it is kept.")
    currency: str = Field(description="ISO 4217 reporting currency.")
    data: list[TileData] | None = Field(description="What each tile shows; null unless asked for.")


Name = Annotated[Text | None, Field(description="What to call it; null keeps the name.")]
Tiles = Annotated[
    list[Tile] | None, Field(description="The tiles; null only reads an existing dashboard.", max_length=24)
]
DashboardId = Annotated[
    str | None, Field(description="The one to read or change; null makes a new one.", max_length=64)
]
Version = Annotated[int | None, Field(description="The version that was read, when changing one.", ge=1)]
WithData = Annotated[bool, Field(description="Whether to compute what the tiles show.")]


@operation("analytics.createDashboard", effect="write", reach="workspace", undo="db.delete")
def create_dashboard(
    ctx: Context,
    *,
    name: Name = None,
    tiles: Tiles = None,
    dashboard_id: DashboardId = None,
    version: Version = None,
    with_data: WithData = False,
) -> DashboardAnswer:
    """Return a dashboard as it is kept, new, changed or as it was, and what its tiles show when asked.

    Tiles are checked before they are kept: metrics exist, a chart fits what it is by, one axis has one unit.
    A change makes a new version; earlier ones stay in state.revision. Money is minor units.

    Raises:
        BadInput: a tile does not fit; the message says which and why.
        Conflict: somebody changed the dashboard since that version.
        NotFound: there is no such dashboard, or the models were never built.
    """
    row = _store(ctx, name, tiles, dashboard_id, version)
    dashboard = Dashboard.model_validate(row.fields)
    with open_marts(ctx) as link:
        data = [_show(link, tile) for tile in dashboard.tiles] if with_data else None
        return DashboardAnswer(dashboard=row, currency=reporting_currency(link), data=data)


def _store(
    ctx: Context, name: str | None, tiles: list[Tile] | None, dashboard_id: str | None, version: int | None
) -> Row:
    values: dict[str, Any] = (
        {} if tiles is None else {"tiles": [tile.model_dump(mode="json") for tile in tiles]}
    )
    values |= {} if name is None else {"name": name}
    if dashboard_id is None:
        return store.insert(ctx, DASHBOARD, values)
    if not values:
        with open_marts(ctx) as link:
            return store.fetch(link, DASHBOARD, dashboard_id)
    if version is None:
        raise BadInput("Say which version of the dashboard you read; createDashboard tells it.")
    return store.update(ctx, DASHBOARD, dashboard_id, version, values)


def _show(link: psycopg.Connection, tile: Tile) -> TileData:
    days = choose_days(link, tile.first_on, tile.last_on, default=tile.days)
    measures = [find_measure(link, name) for name in tile.metrics]
    columns = [_column(link, tile, measure, days) for measure in measures]
    keys = sorted({key for column in columns for key in column})
    return TileData(
        title=tile.title,
        period=Period.of(days),
        columns=[TileColumn(metric=m.name, title=m.title, unit=m.unit) for m in measures],
        rows=[TileRow(key=key, values=[column.get(key) for column in columns]) for key in keys],
    )


def _column(link: psycopg.Connection, tile: Tile, measure: Metric, days: Days) -> dict[str, float | None]:
    if tile.by == "total":
        return {"all": read_value(link, measure, days, tile.channel)}
    if tile.by == "channel":
        return read_by_channel(link, measure, days)
    points = read_points(link, measure, days, tile.by, tile.channel)
    return {point.start_on.isoformat(): point.value for point in points}
