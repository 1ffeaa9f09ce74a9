"""One rule about a table: what holds, how bad it is when it does not, and in which words that is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

# critical: the row, or without one the table, is not used. warning: it is, and a person is told.
Severity = Literal["critical", "warning"]
Kind = Literal["filled", "at_least", "between", "one_of", "matches", "at_most_column", "unique", "not_future"]
# A rule of these kinds is about a table as a whole or the instant of the load; rows alone cannot tell.
NOT_BY_ROW = frozenset(("unique", "not_future"))
# What has happened when a row is loaded lies before this column; a day's zone may be a day ahead of ours.
# Today's clock is not asked: one that is wrong for an hour would set good rows aside for good.
KNOWN_BY = "known_by"
KNOWN_BY_SQL = f"loaded_at + interval '1 day' AS {KNOWN_BY}"


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that holds for every row, or (`unique`) between the rows, of a table.

    An empty value breaks `filled` only. `columns` are one, for `at_most_column` two (the first is
    at most the second), for `unique` the key. `low` and `high` bound numbers or, as ISO text, days.
    """

    kind: Kind
    columns: tuple[str, ...]
    severity: Severity
    low: float | str | None = None
    high: float | str | None = None
    values: tuple[str, ...] = ()
    pattern: str | None = None

    @property
    def name(self) -> str:
        """The rule as a short name, unique within a table: `clicks_at_most_impressions`."""
        first = self.columns[0]
        return {
            "at_most_column": "_at_most_".join(self.columns),
            "unique": f"{'_and_'.join(self.columns)}_unique" if len(self.columns) < 3 else "key_unique",
            "at_least": f"{first}_not_negative" if self.low == 0 else f"{first}_at_least_{self.low}",
        }.get(self.kind, f"{first}_{self.kind}")

    @property
    def is_by_row(self) -> bool:
        """Whether a single row as a connector makes it tells that it breaks the rule."""
        return self.kind not in NOT_BY_ROW

    def expected(self) -> str:
        """Return what should hold, in words."""
        first = self.columns[0]
        allowed = ", ".join(self.values[:4]) + (f" and {len(self.values) - 4} more" * (len(self.values) > 4))
        return {
            "filled": f"{first} is filled",
            "at_least": f"{first} is at least {self.low}",
            "between": f"{first} is {self.low}"
            if self.low == self.high
            else f"{first} is between {self.low} and {self.high}",
            "one_of": f"{first} is one of {allowed}",
            "matches": f"{first} looks like {self.pattern}",
            "at_most_column": f"{first} is at most {self.columns[-1]}",
            "unique": f"{', '.join(self.columns)} occur once",
            "not_future": f"{first} was not in the future when it was loaded",
        }[self.kind]

    def reason(self, table: str) -> str:
        """Return why a row is set aside, as the quarantine says it."""
        what = f"{table}.{self.columns[0]}"
        if self.kind == "filled":
            return f"{what} is empty or unreadable"
        if self.kind == "at_least" and self.low == 0:
            return f"{what} is negative"
        if self.kind == "unique":
            return f"{table} has a row of the same key from another record"
        return f"{what} is not as expected: {self.expected()}"

    def broken(self) -> pl.Expr:
        """Return whether a row breaks the rule; never null.

        Raises:
            ValueError: the rule is not one that a row alone can break.
        """
        value = pl.col(self.columns[0])
        if self.kind == "filled":
            return value.is_null()
        if self.kind == "at_least":
            bad = value < self.low
        elif self.kind == "between":
            bad = ~value.is_between(_bound(self.low), _bound(self.high))
        elif self.kind == "one_of":
            bad = ~value.is_in(list(self.values))
        elif self.kind == "matches":
            bad = ~value.str.contains(str(self.pattern))
        elif self.kind == "at_most_column":
            bad = value > pl.col(self.columns[1])
        else:
            raise ValueError(f"{self.name} cannot be told by a row")
        return bad.fill_null(value=False)

    def as_dict(self) -> dict[str, Any]:
        """Return the rule as plain JSON values."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_dict(cls, given: dict[str, Any]) -> Rule:
        """Return the rule that `as_dict` wrote, also after a way through JSON."""
        tuples = {name: tuple(given[name]) for name in ("columns", "values")}
        return cls(**given | tuples)


def _bound(value: float | str | None) -> pl.Expr:
    return pl.lit(value).str.to_date() if isinstance(value, str) else pl.lit(value)


def filled(names: str | Sequence[str], severity: Severity = "critical") -> list[Rule]:
    """Return: these columns are filled."""
    return [Rule("filled", (name,), severity) for name in _words(names)]


def not_negative(names: str | Sequence[str], severity: Severity) -> list[Rule]:
    """Return: these columns hold no negative number."""
    return [Rule("at_least", (name,), severity, low=0) for name in _words(names)]


def between(name: str, low: float | str, high: float | str, severity: Severity) -> list[Rule]:
    """Return: the column lies within these bounds, both in; days are ISO text."""
    return [Rule("between", (name,), severity, low=low, high=high)]


def one_of(name: str, values: str | Sequence[str], severity: Severity) -> list[Rule]:
    """Return: the column holds one of these values."""
    return [Rule("one_of", (name,), severity, values=tuple(_words(values)))]


def matches(name: str, pattern: str, severity: Severity) -> list[Rule]:
    """Return: the column's text has this form, a regular expression that Rust and Postgres both read."""
    return [Rule("matches", (name,), severity, pattern=pattern)]


def at_most(smaller: str, larger: str, severity: Severity = "warning") -> list[Rule]:
    """Return: of two columns the first is at most the second."""
    return [Rule("at_most_column", (smaller, larger), severity)]


def unique(names: str | Sequence[str]) -> list[Rule]:
    """Return: no two rows have the same values in all these columns; breaking it is critical."""
    return [Rule("unique", tuple(_words(names)), "critical")]


def not_future(name: str) -> list[Rule]:
    """Return: the day or instant had come when it was loaded; breaking it is critical."""
    return [Rule("not_future", (name,), "critical")]


def _words(names: str | Sequence[str]) -> Sequence[str]:
    return names.split() if isinstance(names, str) else names
