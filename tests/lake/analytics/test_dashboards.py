"""Dashboards are checked before they are kept and tell the same numbers as the overview."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from core.errors import BadInput, Conflict, NotFound
from lake.analytics.dashboards import Tile, create_dashboard
from lake.analytics.overview import get_overview
from lake.db.query import query


def tile(*metrics, **more):
    return Tile.model_validate({"title": "x", "metrics": list(metrics), **more})


def test_numbers_lines_and_bars_are_the_overviews(ctx):
    overview = get_overview(ctx)
    kpis = {kpi.name: kpi.value for kpi in overview.kpis}
    tiles = [
        tile(*[*kpis][:8], chart="table"),
        tile("revenue_minor", "spend_minor", chart="line", by="day"),
        tile("revenue_minor", chart="bar", by="channel"),
    ]
    answer = create_dashboard(ctx, name="Home", tiles=tiles, with_data=True)
    numbers, line, bar = answer.data
    assert numbers.period == overview.period
    assert [*kpis.values()][:8] == list(numbers.rows[0].values)
    assert [row.values for row in line.rows] == [[d.revenue_minor, d.spend_minor] for d in overview.trend]
    told = {row.key: row.values[0] for row in bar.rows}
    assert told == {c.channel: c.revenue_minor for c in overview.channels if c.revenue_minor}


def test_a_dashboard_is_read_again_and_changed_by_version(ctx):
    made = create_dashboard(ctx, name="Home", tiles=[tile("orders")]).dashboard
    read = create_dashboard(ctx, dashboard_id=made.id, with_data=True)
    assert (read.dashboard, len(read.data)) == (made, 1)
    changed = create_dashboard(ctx, dashboard_id=made.id, version=1, name="New").dashboard
    assert (changed.version, changed.fields["name"], changed.fields["tiles"]) == (
        2,
        "New",
        made.fields["tiles"],
    )
    with pytest.raises(Conflict):
        create_dashboard(ctx, dashboard_id=made.id, version=1, name="Late")
    earlier = query(ctx, statement=f"SELECT fields->>'name' FROM state.revision WHERE id = '{made.id}'")
    assert earlier.rows == [["Home"]]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"chart": "number", "by": "day"}, "of the total"),
        ({"chart": "line", "by": "channel"}, "runs over days"),
        ({"by": "channel", "channel": "meta_ads"}, "exclude"),
        ({"metrics": []}, "metrics"),
        ({"chart": "cake"}, "chart"),
        ({"last_on": "2026-01-01", "first_on": "2026-02-01"}, "last_on"),
    ],
)
def test_a_tile_that_cannot_be_drawn_is_refused(more, told):
    with pytest.raises(ValidationError, match=told):
        tile(**{"metrics": ["orders"], **more})


def test_unknown_metrics_and_mixed_axes_name_the_tile(ctx):
    with pytest.raises(BadInput, match="Tile 2: There is no metric"):
        create_dashboard(ctx, name="x", tiles=[tile("orders"), tile("happiness")])
    with pytest.raises(BadInput, match="Tile 1 draws count, minor on one axis"):
        create_dashboard(ctx, name="x", tiles=[tile("orders", "spend_minor", by="day", chart="line")])
    with pytest.raises(BadInput, match="tiles"):
        create_dashboard(ctx, name="x")


def test_another_workspace_cannot_read_a_dashboard(ctx, theirs):
    made = create_dashboard(ctx, name="Home", tiles=[tile("orders")]).dashboard
    with pytest.raises(NotFound):
        create_dashboard(theirs, dashboard_id=made.id)
