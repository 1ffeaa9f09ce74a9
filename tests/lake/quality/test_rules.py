"""Every table has rules; a rule says the same by row, in words and after a way through JSON."""

from __future__ import annotations

import json
from datetime import date

import polars as pl
import pytest

from lake.gold import GOLD
from lake.quality.gold import GOLD_SUITES
from lake.quality.marts import MARTS
from lake.quality.rule import (
    Rule,
    at_most,
    between,
    filled,
    matches,
    not_future,
    not_negative,
    one_of,
    unique,
)
from lake.quality.silver import BY_HAND, CURRENCIES, RULES, row_rules
from lake.schemas import SILVER


def test_every_silver_table_has_a_suite_with_rules_a_person_wrote():
    assert set(RULES) == set(SILVER)
    assert set(BY_HAND) == set(SILVER), "say in lake/quality/silver.py what is true of the new table"
    assert all(BY_HAND.values())


@pytest.mark.parametrize("table", SILVER.values(), ids=lambda table: table.name)
def test_keys_required_values_money_and_days_are_ruled_from_the_declaration(table):
    rules = {rule.name: rule for rule in RULES[table.name]}
    assert len(rules) == len(RULES[table.name])
    assert [rule.columns for rule in rules.values() if rule.kind == "unique"] == [table.full_key]
    named = {
        rule.columns[0] for rule in rules.values() if rule.kind == "filled" and rule.severity == "critical"
    }
    assert {*table.required, *table.full_key, "record_key"} <= named
    for column in table.columns:
        ruled = {rule.kind for rule in rules.values() if column in rule.columns}
        assert column != "currency" or "one_of" in ruled
        assert column != "spend_micros" or "at_least" in ruled
        assert not column.endswith("_on") or {"between", "not_future"} <= ruled
    assert {column for rule in rules.values() for column in rule.columns} <= set(table.schema)


@pytest.mark.parametrize("rules", [*RULES.values(), *MARTS.values()])
def test_a_rule_survives_the_way_to_the_checking_process(rules):
    for rule in rules:
        assert Rule.from_dict(json.loads(json.dumps(rule.as_dict()))) == rule


@pytest.mark.parametrize(
    ("made", "good", "bad", "reason"),
    [
        (filled("spend"), 1, None, "t.spend is empty or unreadable"),
        (not_negative("spend", "critical"), 0, -1, "t.spend is negative"),
        (
            one_of("code", "EUR USD", "critical"),
            "EUR",
            "eur",
            "t.code is not as expected: code is one of EUR, USD",
        ),
        (between("n", 1, 3, "critical"), 3, 4, "t.n is not as expected: n is between 1 and 3"),
        (
            matches("url", "^https?://", "warning"),
            "https://a",
            "a",
            "t.url is not as expected: url looks like ^https?://",
        ),
    ],
)
def test_a_row_that_breaks_a_rule_is_found_and_the_reason_names_table_and_column(made, good, bad, reason):
    [rule] = made
    frame = pl.DataFrame({rule.columns[0]: [good, bad]})
    assert frame.select(rule.broken()).to_series().to_list() == [False, True]
    assert rule.reason("t") == reason


def test_an_empty_value_breaks_no_rule_but_that_it_is_filled():
    frame = pl.DataFrame({"a": [None, 1, 5], "b": [1, None, 4]}, schema={"a": pl.Int64, "b": pl.Int64})
    [rule] = at_most("a", "b")
    assert frame.select(rule.broken()).to_series().to_list() == [False, False, True]
    [rule] = not_negative("a", "critical")
    assert frame.select(rule.broken()).to_series().to_list() == [False, False, False]


def test_days_outside_the_calendar_are_found():
    [rule] = between("day_on", "2000-01-01", "2099-12-31", "critical")
    days = [date(1999, 12, 31), date(2000, 1, 1), date(2100, 1, 1)]
    assert pl.DataFrame({"day_on": days}).select(rule.broken()).to_series().to_list() == [True, False, True]


def test_what_a_row_alone_cannot_break_is_not_asked_of_a_load():
    asked = {rule.kind for table in SILVER.values() for rule in row_rules(table)}
    assert asked == {"filled", "at_least", "one_of", "between"}
    for rule in (*unique("a b"), *not_future("day_on")):
        with pytest.raises(ValueError, match="cannot be told by a row"):
            rule.broken()


def test_the_currencies_are_codes_and_there_once():
    codes = CURRENCIES.split()
    assert len(codes) == len(set(codes)) > 150
    assert all(len(code) == 3 and code.isupper() for code in codes)


@pytest.mark.parametrize("name", sorted(GOLD))
def test_every_gold_table_has_a_suite_and_nothing_in_it_breaks_none(name):
    suite = GOLD_SUITES[name]
    measured = suite.measure(pl.DataFrame(schema=dict(GOLD[name].schema)).lazy()).collect()
    assert {rule.columns[0] for rule in suite.rules} <= set(measured.columns)
    for rule in suite.rules:
        assert not measured.select(rule.broken()).to_series().any()


def test_spoilt_gold_rows_are_measured():
    sums = pl.LazyFrame(
        {
            "window_days": [30, 30, 7],
            "path_id": ["p", "p", "q"],
            "linear": [0.5, 0.6, 1.0],
            "shapley": [0.5, 0.5, None],
        }
    )
    measured = GOLD_SUITES["attribution_credit"].measure(sums).collect().sort("window_days")
    assert measured["worst_gap_to_1"].to_list() == pytest.approx([1.0, 0.1])
    assert measured["shares_empty_or_negative"].to_list() == [1, 0]


def test_a_credit_is_warned_of_and_never_set_aside():
    for name in ("ad_daily", "spend_daily"):
        critical = [rule for rule in row_rules(SILVER[name]) if "spend_micros" in rule.columns]
        assert all("not_negative" not in rule.name for rule in critical)
        warned = [rule for rule in RULES[name] if rule.name == "spend_micros_not_negative"]
        assert [rule.severity for rule in warned] == ["warning"]
