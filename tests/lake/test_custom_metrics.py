"""A workspace's own metrics: checked, saved, kept apart from other workspaces."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from core.context import Context
from core.errors import BadInput
from lake.db import rows
from lake.metrics import custom
from lake.metrics.custom import (
    CustomMetric,
    choose_metrics,
    custom_metric,
    list_metrics,
    save_metric,
)

PROFIT = CustomMetric(
    name="profit_per_order",
    title="Profit per order",
    formula="(margin_minor - spend_minor) / orders",
    unit="minor",
)


@pytest.fixture
def ctx(warehouse):
    def make(workspace):
        return Context(UUID(workspace), "ann", frozenset({"*"}), services={"warehouse": warehouse})

    return make


def test_a_saved_metric_is_listed_and_chosen_by_name(ctx, warehouse, workspace):
    save_metric(ctx(workspace), PROFIT)
    save_metric(ctx(workspace), PROFIT.model_copy(update={"title": "Profit an order"}))
    with warehouse.connect(workspace) as link:
        (saved,) = list_metrics(link)
        own, roas, orders = choose_metrics(link, ["profit_per_order", "roas", "orders", "roas"])
    assert (saved.title, saved.formula, saved.unit) == ("Profit an order", PROFIT.formula, "minor")
    assert own == saved
    assert own.of({"margin_minor": 900, "spend_minor": 100, "orders": 4}) == 200.0
    assert (roas.name, orders.formula) == ("roas", "orders")


def test_a_metric_is_saved_and_taken_out_as_a_declared_table_and_seen_by_its_workspace_alone(
    ctx, warehouse, workspace
):
    row = rows.insert(ctx(workspace), table="metric_definition", values=PROFIT.model_dump())
    with warehouse.connect(str(uuid4())) as link:
        assert list_metrics(link) == []
        with pytest.raises(BadInput, match="no metric"):
            choose_metrics(link, ["profit_per_order"])
    rows.delete(ctx(workspace), table="metric_definition", id=row.id, version=1)
    with warehouse.connect(workspace) as link:
        assert list_metrics(link) == []
    wrong = {**PROFIT.model_dump(), "name": "roas"}
    with pytest.raises(BadInput, match="a metric of the product"):
        rows.insert(ctx(workspace), table="metric_definition", values=wrong)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": "roas"}, "'roas' is a metric of the product"),
        ({"name": "orders"}, "'orders' is a metric of the product"),
        ({"unit": "share"}, "read as minor, not as share"),
        ({"formula": "(margin_minor + orders) / clicks"}, "adds count and minor"),
        ({"formula": "orders / spend_minor", "unit": "factor"}, "divides count by minor"),
        ({"formula": "margin / orders"}, "no part 'margin'"),
    ],
)
def test_a_definition_that_says_nothing_is_refused_in_a_sentence(change, says):
    with pytest.raises(BadInput, match=re.escape(says)):
        custom_metric(PROFIT.model_copy(update=change))


@pytest.mark.parametrize("change", [{"name": "Profit"}, {"name": "x" * 80}, {"title": ""}, {"unit": "euros"}])
def test_a_definition_has_a_plain_name_a_title_and_a_known_unit(change):
    with pytest.raises(ValidationError):
        CustomMetric.model_validate({**PROFIT.model_dump(), **change})


def test_a_workspace_has_room_for_so_many(ctx, workspace, monkeypatch):
    monkeypatch.setattr(custom, "MOST_METRICS", 1)
    save_metric(ctx(workspace), PROFIT)
    save_metric(ctx(workspace), PROFIT)
    with pytest.raises(BadInput, match="at most 1 metrics"):
        save_metric(ctx(workspace), PROFIT.model_copy(update={"name": "another"}))
