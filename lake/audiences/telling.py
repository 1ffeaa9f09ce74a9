"""Rules read back from a condition, where it says no more than rules can."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from core.errors import BadInput
from lake.audiences.fields import BOUGHT, FIELDS
from lake.audiences.rules import COMPARISONS, read_rules


def tell_rules(condition: exp.Expr) -> dict[str, Any] | None:
    """Return the rule tree that says the same as a condition, or None where it says more than rules can."""
    node = condition.unnest()
    if isinstance(node, exp.And | exp.Or):
        parts = [tell_rules(part) for part in node.flatten()]
        word = "all" if isinstance(node, exp.And) else "any"
        return None if None in parts else {word: parts}
    if isinstance(node, exp.Not):
        return _tell_not(node.this.unnest())
    return _tell_test(node)


def _tell_not(inner: exp.Expr) -> dict[str, Any] | None:
    """Return the rule of a negation: `IS NOT NULL`, or what rules write as IS NOT TRUE."""
    if isinstance(inner, exp.Is):
        if isinstance(inner.expression, exp.Null):
            column = inner.this.unnest()
            return _rule(column, "is_not_empty", None) if isinstance(column, exp.Column) else None
        if isinstance(inner.expression, exp.Boolean) and inner.expression.this:
            negated = tell_rules(inner.this)
            if negated and negated.get("op") == "in" and negated["field"] != BOUGHT:
                return {**negated, "op": "not_in"}
            return negated and {"not": negated}
    if isinstance(inner, exp.In) and inner.args.get("query") is not None:
        bought = _tell_bought(inner)
        return bought and {**bought, "op": "not_in"}
    return None


def _tell_test(node: exp.Expr) -> dict[str, Any] | None:
    if isinstance(node, exp.In) and node.args.get("query") is not None:
        return _tell_bought(node)
    if isinstance(node, exp.Column) and FIELDS[node.name].kind == "flag":
        return _rule(node, "=", value=True)
    column = node.this.unnest() if isinstance(node.this, exp.Expr) else None
    if not isinstance(column, exp.Column):
        return None
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        return _rule(column, "is_empty", None)
    if isinstance(node, exp.In):
        return _rule(column, "in", [_value(item) for item in node.expressions])
    if isinstance(node, exp.Between):
        return _rule(column, "between", [_value(node.args["low"]), _value(node.args["high"])])
    if isinstance(node, exp.ILike):
        return _tell_contains(column, _value(node.expression))
    op = next((name for name, kind in COMPARISONS.items() if type(node) is kind), None)
    return _rule(column, op, _value(node.expression)) if op else None


def _tell_bought(node: exp.In) -> dict[str, Any] | None:
    where = node.args["query"].this.args.get("where")
    asked = where.this.unnest() if where else None
    if (
        not isinstance(asked, exp.In)
        or asked.args.get("query") is not None
        or asked.this.name != "product_id"
    ):
        return None
    return _rule(exp.column(BOUGHT), "in", [_value(item) for item in asked.expressions])


def _tell_contains(column: exp.Column, pattern: Any) -> dict[str, Any] | None:
    if not isinstance(pattern, str) or len(pattern) < 3:
        return None
    text, plain = pattern[1:-1], ""
    while text:
        step = 2 if text[0] == "\\" and len(text) > 1 else 1
        if step == 1 and text[0] in "%_\\":
            return None
        plain, text = plain + text[step - 1], text[step:]
    whole = pattern[0] == pattern[-1] == "%"
    return _rule(column, "contains", plain) if whole else None


def _rule(column: exp.Column, op: str, value: Any) -> dict[str, Any] | None:
    """Return the test, or None where it is none that `read_rules` would take."""
    rule = {"field": column.name, "op": op, "value": value}
    if value is None:
        del rule["value"]
    try:
        read_rules(rule)
    except BadInput:
        return None
    return rule


def _value(node: exp.Expr) -> Any:
    """Return a literal as a plain value; an expression is no value and comes back as it is."""
    node = node.unnest()
    if isinstance(node, exp.Cast):
        node = node.this
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal) and not node.this.is_string:
        return -_value(node.this)
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if isinstance(node, exp.Literal):
        if node.is_string:
            return node.this
        return int(node.this) if node.this.isdigit() else float(node.this)
    return node
