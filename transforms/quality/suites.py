"""Rules as Great Expectations suites; imported by the checking process alone, the library takes seconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import great_expectations as gx
import great_expectations.expectations

from lake.quality.rule import KNOWN_BY, Rule

# The library hands its expectations on without saying so to a type checker.
gxe: Any = great_expectations.expectations

# Two empty values, or one, say nothing about which is larger.
IF_EMPTY = "either_value_is_missing"
SAMPLE_ROWS = 20


def make_suite(name: str, rules: Sequence[Rule]) -> gx.ExpectationSuite:
    """Return the suite of a table; each expectation carries its rule's name and severity."""
    suite = gx.ExpectationSuite(name=name)
    for rule in rules:
        suite.add_expectation(_expectation(rule))
    return suite


def _expectation(rule: Rule) -> Any:
    first = rule.columns[0]
    about = {"severity": rule.severity, "meta": {"rule": rule.name}}
    made: dict[str, Callable[[], Any]] = {
        "filled": lambda: gxe.ExpectColumnValuesToNotBeNull(column=first, **about),
        "at_least": lambda: gxe.ExpectColumnValuesToBeBetween(column=first, min_value=rule.low, **about),
        "between": lambda: gxe.ExpectColumnValuesToBeBetween(
            column=first, min_value=_day(rule.low), max_value=_day(rule.high), **about
        ),
        "one_of": lambda: gxe.ExpectColumnValuesToBeInSet(column=first, value_set=list(rule.values), **about),
        "matches": lambda: gxe.ExpectColumnValuesToMatchRegex(column=first, regex=str(rule.pattern), **about),
        "at_most_column": lambda: gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A=rule.columns[1], column_B=first, or_equal=True, ignore_row_if=IF_EMPTY, **about
        ),
        "unique": lambda: gxe.ExpectCompoundColumnsToBeUnique(column_list=list(rule.columns), **about),
        "not_future": lambda: gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A=KNOWN_BY, column_B=first, or_equal=True, ignore_row_if=IF_EMPTY, **about
        ),
    }
    return made[rule.kind]()


def _day(bound: Any) -> Any:
    return datetime.fromisoformat(bound).date() if isinstance(bound, str) else bound
