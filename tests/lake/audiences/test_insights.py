"""The answer about audiences agrees with six people counted by hand."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from core.errors import BadInput, NotFound
from lake.analytics.audience_parts import Preview
from lake.analytics.audiences import get_audience_insights
from lake.db.rows import insert
from lake.publish import publish
from tests.lake.audiences.people import AS_OF, context, member, put, settle


@pytest.fixture
def ctx(lake, warehouse, workspace):
    """Two audiences: repeaters (ada, bob, and cid until two days ago), and mail people (dot, eve)."""
    ctx = settle(lake, warehouse, workspace)
    values = {"name": "Repeaters", "rules": {"field": "orders", "op": ">=", "value": 2}}
    one = insert(ctx, table="audience_definition", values=values).id
    values = {"name": "Buyers", "sql": "orders > 0"}
    other = insert(ctx, table="audience_definition", values=values).id
    rows = [
        member(one, "ada", 10, 4), member(one, "ada", 4, version=2),  # stays through a new version
        member(one, "bob", 5, 4), member(one, "bob", 4, version=2),
        member(one, "cid", 10, 2), member(one, "dot", 3, 3),  # in and out on one day: never a member
        member(other, "ada", 1), member(other, "dot", 1),
    ]  # fmt: skip
    put(lake, "audience_member", workspace, rows)
    publish(lake, warehouse, workspace)
    return ctx


def test_sizes_come_from_the_history_and_a_new_version_is_no_move(ctx):
    told = get_audience_insights(ctx)
    assert (told.as_of_on, told.persons, told.period.days) == (AS_OF, 6, 28)
    buyers, repeaters = told.audiences
    assert (repeaters.name, repeaters.size, repeaters.share) == ("Repeaters", 2, pytest.approx(2 / 6))
    assert (repeaters.entered, repeaters.left, repeaters.is_counted) == (1, 1, True)
    days = [(day.day_on, day.size, day.entered, day.left) for day in repeaters.trend]
    assert days == [
        (AS_OF - timedelta(days=10), 2, 0, 0),
        (AS_OF - timedelta(days=5), 3, 1, 0),
        (AS_OF - timedelta(days=2), 2, 0, 1),
        (AS_OF, 2, 0, 0),
    ]
    assert (buyers.name, buyers.size) == ("Buyers", 2)


def test_a_shorter_period_begins_with_the_size_of_before(ctx):
    told = get_audience_insights(ctx, first_on=AS_OF - timedelta(days=3), last_on=AS_OF)
    repeaters = told.audiences[1]
    assert [(day.size, day.entered, day.left) for day in repeaters.trend] == [(3, 0, 0), (2, 0, 1), (2, 0, 0)]


def test_overlap_counts_persons_in_both(ctx):
    told = get_audience_insights(ctx)
    buyers, repeaters = (a.audience_id for a in told.audiences)
    pairs = {(p.one, p.other): (p.both, p.share) for p in told.overlap}
    assert pairs == {
        (buyers, buyers): (2, 1.0),
        (repeaters, repeaters): (2, 1.0),
        (buyers, repeaters): (1, 0.5),
        (repeaters, buyers): (1, 0.5),
    }


def test_an_audience_is_told_from_the_inside_beside_everyone(ctx):
    detail = get_audience_insights(ctx, audience="Repeaters", with_members=True).audience
    assert detail.members == ["ada", "bob"]
    assert (detail.size, detail.condition, detail.currency) == (2, "orders >= 2", "EUR")
    assert (detail.means.orders, detail.means.spent_minor) == (3.0, 15000)
    assert (detail.everyone.orders, detail.everyone.spent_minor) == (1.5, 7500)
    stages = {
        s.name: (s.members, s.share, s.everyone_share)
        for s in detail.composition
        if s.part == "lifecycle_stage"
    }
    assert stages["active"] == (2, 1.0, pytest.approx(2 / 6))
    assert stages["lead"] == (0, 0.0, pytest.approx(1 / 6))
    for part in {s.part for s in detail.composition}:
        shares = [s for s in detail.composition if s.part == part]
        assert sum(s.share for s in shares) == pytest.approx(1)
        assert sum(s.everyone_share for s in shares) == pytest.approx(1)
    assert detail.told[0] == "All are active customers; of everyone, 33%."
    assert "They have 3.0 orders each, everyone 1.5." in detail.told
    products = [(p.product_id, p.buyers, p.units, p.net_minor) for p in detail.top_products]
    assert products == [("mug", 2, 5, 10000), ("rug", 1, 1, 9000)]


def test_two_audiences_are_compared(ctx):
    told = get_audience_insights(ctx, audience="Repeaters", compare="Buyers").compare
    assert (told.both, told.detail.name, told.detail.size) == (1, "Buyers", 2)
    assert "All are active customers; of “Buyers”, 50%." in told.told


def test_a_definition_is_looked_at_before_it_is_kept(ctx):
    asked = Preview(sql="orders >= 1 AND acquired_channel = 'mailchimp'")
    told = get_audience_insights(ctx, preview=asked, compare="Buyers", with_members=True)
    detail = told.audience
    assert (detail.size, detail.members, detail.audience_id, detail.is_sql) == (1, ["dot"], None, True)
    assert detail.rules == {
        "all": [
            {"field": "orders", "op": ">=", "value": 1},
            {"field": "acquired_channel", "op": "=", "value": "mailchimp"},
        ]
    }
    assert told.compare.both == 1
    rules = {"all": [{"field": "bought", "op": "in", "value": ["mug"]}]}
    assert get_audience_insights(ctx, preview=Preview(rules=rules)).audience.size == 2


def test_an_empty_audience_says_so(ctx):
    detail = get_audience_insights(ctx, preview=Preview(sql="orders > 99")).audience
    assert (detail.size, detail.told, detail.top_products) == (0, ["Nobody is in it."], [])


@pytest.mark.parametrize(
    "sql", ["orders > 1; SELECT 1", "pg_sleep(5) IS NULL", "orders = 'x'", "workspace_id IS NOT NULL"]
)
def test_a_preview_that_cannot_be_asked_is_refused(ctx, sql):
    with pytest.raises(BadInput, match=r"\.$"):
        get_audience_insights(ctx, preview=Preview(sql=sql))


def test_what_is_not_there_is_said_with_what_is(ctx, warehouse):
    with pytest.raises(NotFound, match="there are Buyers, Repeaters"):
        get_audience_insights(ctx, audience="Millionaires")
    with pytest.raises(NotFound, match="spreaders build"):
        get_audience_insights(context(warehouse, str(uuid4())))
    with pytest.raises(BadInput, match="not for both"):
        get_audience_insights(ctx, audience="Buyers", preview=Preview(sql="true"))


def test_the_fields_of_a_definition_are_listed_with_their_values_and_operators(ctx):
    fields = {f.name: f for f in get_audience_insights(ctx, with_fields=True).fields}
    assert fields["acquired_channel"].values == ["direct", "mailchimp"]
    assert (fields["cluster"].values, fields["cluster"].labels) == (["1"], ["Those who buy often"])
    assert "champions" in fields["rfm_segment"].values
    assert fields["bought"].operators == ["in", "not_in"]
    assert get_audience_insights(ctx).fields == []
