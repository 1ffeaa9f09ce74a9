"""Rules: the tree a person clicks together, turned into the same condition that SQL gives, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlglot import exp

from core.errors import BadInput
from lake.audiences.fields import BOUGHT, FIELDS, PRODUCTS, Kind

Op = Literal[
    "=", "!=", ">", ">=", "<", "<=", "in", "not_in", "between", "contains", "is_empty", "is_not_empty"
]  # fmt: skip
Scalar = bool | int | float | str
MOST_RULES = 200
DEEPEST = 8
COMPARISONS: Mapping[str, type[exp.Binary]] = MappingProxyType(
    {"=": exp.EQ, "!=": exp.NullSafeNEQ, ">": exp.GT, ">=": exp.GTE, "<": exp.LT, "<=": exp.LTE}
)
ORDERINGS = frozenset({">", ">=", "<", "<=", "between"})
# What a field of a kind can be asked.
TEXT_OPS = ("=", "!=", "in", "not_in", "contains", "is_empty", "is_not_empty")
NUMBER_OPS = ("=", "!=", ">", ">=", "<", "<=", "between", "in", "not_in", "is_empty", "is_not_empty")
OPS: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        "text": TEXT_OPS,
        "flag": ("=", "!="),
        "day": NUMBER_OPS,
        "count": NUMBER_OPS,
        "score": NUMBER_OPS,
        "share": tuple(op for op in NUMBER_OPS if op not in {"in", "not_in"}),
        "money": tuple(op for op in NUMBER_OPS if op not in {"in", "not_in"}),
    }
)


class _Node(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Test(_Node):
    """One question about one field; `bought` asks for products with `in` and `not_in`."""

    field: str = Field(description="A column of the profile, or bought.")
    op: Op = Field(description="The comparison.")
    value: Scalar | list[Scalar] | None = Field(
        None, description="One value; a list for in, not_in and between; none for is_empty."
    )


class AllOf(_Node):
    """Every part holds."""

    all: list[Rules] = Field(min_length=1, description="The parts.")


class AnyOf(_Node):
    """At least one part holds."""

    any: list[Rules] = Field(min_length=1, description="The parts.")


class NotOf(_Node):
    """The part does not hold, or what it asks is unknown."""

    not_: Rules = Field(alias="not", description="The part.")


Rules = AllOf | AnyOf | NotOf | Test
for _model in (AllOf, AnyOf, NotOf):
    _model.model_rebuild()


class _Whole(BaseModel):
    rules: Rules


def read_rules(tree: Any) -> exp.Expr:
    """Return the condition of a rule tree `{"all": [{"field", "op", "value"}, {"any": […]}, {"not": …}]}`.

    `!=`, `not_in` and `not` also hold where the field is unknown, as people mean them.

    Raises:
        BadInput: the tree has another form, an unknown field, or a value of the wrong kind.
    """
    try:
        rules = _Whole.model_validate({"rules": tree}).rules
    except (ValidationError, RecursionError):
        raise BadInput(
            'Rules are {"all": […]}, {"any": […]}, {"not": …} or {"field": "orders", "op": "=", "value": 2}; '
            f"the operators are {', '.join(Op.__args__)}."  # type: ignore[attr-defined]
        ) from None
    if (size := _size(rules)) > MOST_RULES:
        raise BadInput(f"The definition has {size} rules; {MOST_RULES} are the most.")
    return _write(rules, DEEPEST)


def _size(rules: Rules) -> int:
    if isinstance(rules, NotOf):
        return _size(rules.not_)
    parts = rules.all if isinstance(rules, AllOf) else rules.any if isinstance(rules, AnyOf) else []
    return sum(map(_size, parts)) or 1


def _write(rules: Rules, room: int) -> exp.Expr:
    if room == 0:
        raise BadInput(f"The rules are nested more than {DEEPEST} deep; write them flatter.")
    if isinstance(rules, AllOf):
        return exp.and_(*(_write(part, room - 1) for part in rules.all))
    if isinstance(rules, AnyOf):
        return exp.or_(*(_write(part, room - 1) for part in rules.any))
    if isinstance(rules, NotOf):
        return _is_not_true(_write(rules.not_, room - 1))
    return _write_test(rules)


def _is_not_true(condition: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.Is(this=exp.paren(condition), expression=exp.true()))


def _write_test(test: Test) -> exp.Expr:
    if test.field == BOUGHT:
        return _write_bought(test)
    if test.field not in FIELDS:
        raise BadInput(f"There is no field {test.field!r}; the fields are {', '.join([*FIELDS, BOUGHT])}.")
    field = FIELDS[test.field]
    if test.op not in OPS[field.kind]:
        raise BadInput(f"{field.name} cannot be asked {test.op}; ask {', '.join(OPS[field.kind])}.")
    column = exp.column(field.name)
    if test.op in {"is_empty", "is_not_empty"}:
        empty = exp.Is(this=column, expression=exp.null())
        return empty if test.op == "is_empty" else exp.Not(this=empty)
    values = [_literal(test, field.kind, value) for value in _values(test)]
    if test.op in {"in", "not_in"}:
        found = exp.In(this=column, expressions=values)
        return found if test.op == "in" else _is_not_true(found)
    if test.op == "between":
        return exp.Between(this=column, low=values[0], high=values[1])
    if test.op == "contains":
        text = "".join(f"\\{c}" if c in "%_\\" else c for c in str(test.value))
        return exp.ILike(this=column, expression=exp.Literal.string(f"%{text}%"))
    return COMPARISONS[test.op](this=column, expression=values[0])


def _write_bought(test: Test) -> exp.Expr:
    if test.op not in {"in", "not_in"}:
        raise BadInput(f"{BOUGHT} is asked with in or not_in and a list of product ids.")
    products = [_literal(test, "text", value) for value in _values(test)]
    inner = exp.select("person_id").from_(PRODUCTS)
    inner = inner.where(exp.In(this=exp.column("product_id"), expressions=products))
    found = exp.In(this=exp.column("person_id"), query=inner.subquery())
    return found if test.op == "in" else exp.Not(this=found)


def _values(test: Test) -> list[Scalar]:
    is_list = isinstance(test.value, list)
    wanted = {"in": True, "not_in": True, "between": True}.get(test.op, False)
    given = test.value if isinstance(test.value, list) else [] if test.value is None else [test.value]
    if is_list is not wanted or not given or (test.op == "between" and len(given) != 2):
        need = "two values" if test.op == "between" else "a list of values" if wanted else "one value"
        raise BadInput(f"{test.field} {test.op} takes {need}.")
    return given


def _literal(test: Test, kind: Kind, value: Scalar) -> exp.Expr:
    make = LITERALS[kind](value)
    if make is None:
        raise BadInput(f"{test.field} is a {kind}; {value!r} is none.")
    return make


def _text(value: Scalar) -> exp.Expr | None:
    return exp.Literal.string(value) if isinstance(value, str) else None


def _flag(value: Scalar) -> exp.Expr | None:
    return exp.Boolean(this=value) if isinstance(value, bool) else None


def _whole_number(value: Scalar) -> exp.Expr | None:
    return _signed(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _fraction(value: Scalar) -> exp.Expr | None:
    return _signed(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _signed(value: float) -> exp.Expr:
    number = exp.Literal.number(repr(abs(value)))
    return exp.Neg(this=number) if value < 0 else number


def _day(value: Scalar) -> exp.Expr | None:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return exp.cast(exp.Literal.string(day.isoformat()), "date") if day else None


LITERALS: Mapping[Kind, Callable[[Scalar], exp.Expr | None]] = MappingProxyType(
    {
        "text": _text,
        "flag": _flag,
        "day": _day,
        "count": _whole_number,
        "score": _whole_number,
        "money": _whole_number,
        "share": _fraction,
    }
)
