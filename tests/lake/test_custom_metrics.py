"""A workspace's own metrics: checked, saved, kept apart from other workspaces."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from core.errors import BadInput, NotFound
from lake.metrics import custom
from lake.metrics.custom import (
    CustomMetric,
    choose_metrics,
    custom_metric,
    delete_metric,
    list_metrics,
    save_metric,
)

PROFIT = CustomMetric(
    name="profit_per_order",
    title="Profit per order",
    formula="(margin_minor - spend_minor) / orders",
    unit="minor",
)


def test_a_saved_metric_is_listed_and_chosen_by_name(warehouse, workspace):
    with warehouse.connect(workspace, read_only=False) as link:
        save_metric(link, PROFIT)
        save_metric(link, PROFIT.model_copy(update={"title": "Profit an order"}))
    with warehouse.connect(workspace) as link:
        (saved,) = list_metrics(link)
        own, roas, orders = choose_metrics(link, ["profit_per_order", "roas", "orders", "roas"])
    assert (saved.title, saved.formula, saved.unit) == ("Profit an order", PROFIT.formula, "minor")
    assert own == saved
    assert own.of({"margin_minor": 900, "spend_minor": 100, "orders": 4}) == 200.0
    assert (roas.name, orders.formula) == ("roas", "orders")


def test_another_workspace_sees_and_deletes_nothing_of_it(warehouse, workspace):
    other = f"{workspace}-other"
    with warehouse.connect(workspace, read_only=False) as link:
        save_metric(link, PROFIT)
    with warehouse.connect(other, read_only=False) as link:
        assert list_metrics(link) == []
        with pytest.raises(NotFound, match="profit_per_order"):
            delete_metric(link, "profit_per_order")
        with pytest.raises(BadInput, match="no metric"):
            choose_metrics(link, ["profit_per_order"])
    with warehouse.connect(workspace, read_only=False) as link:
        delete_metric(link, "profit_per_order")
        assert list_metrics(link) == []


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


def test_a_workspace_has_room_for_so_many(warehouse, workspace, monkeypatch):
    monkeypatch.setattr(custom, "MOST_METRICS", 1)
    with warehouse.connect(workspace, read_only=False) as link:
        save_metric(link, PROFIT)
        save_metric(link, PROFIT)
        with pytest.raises(BadInput, match="at most 1 metrics"):
            save_metric(link, PROFIT.model_copy(update={"name": "another"}))
