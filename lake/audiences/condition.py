"""One condition on a person, read from SQL that is checked word by word, written for either engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from core.errors import BadInput
from lake.audiences.fields import FIELDS, PRODUCTS, PROFILE, TABLES, Field

LONGEST = 4000
DEEPEST = 40
# A definition is made of these and of nothing else; whatever is not named here is refused.
WORDS: tuple[type[exp.Expr], ...] = (
    exp.And, exp.Or, exp.Not, exp.Paren,
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ,
    exp.Is, exp.In, exp.Between, exp.Like, exp.ILike,
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Abs, exp.Coalesce, exp.Lower,
    exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Cast, exp.DataType,
)  # fmt: skip
ORDERINGS = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between)
# A text that begins with one of these is a statement, any other a WHERE clause.
STATEMENTS = frozenset(
    "select with insert update delete merge drop alter create truncate copy grant revoke set call do "
    "begin commit explain vacuum".split()
)
SELECT_PARTS = {"expressions", "from_", "where", "kind", "operation_modifiers"}
HOW = f"write a condition on the columns of {PROFILE}, such as orders >= 2 AND days_since_order > 60"


def read_condition(text: str) -> exp.Expr:
    """Return the condition of a WHERE clause, or of `SELECT person_id FROM person_profile WHERE …`.

    The result has only known columns, comparisons and arithmetic; the text itself never reaches a
    database. Division gives a fraction, null where the divisor is 0, as both engines then agree.

    Raises:
        BadInput: more than one statement, anything but reading, another table, an unknown column or
            function; the message names it.
    """
    if not text.strip(" \t\r\n;"):
        raise BadInput(f"The definition is empty; {HOW}.")
    if len(text) > LONGEST:
        raise BadInput(f"The definition has {len(text):,} characters; {LONGEST:,} are the most.")
    select = _read_select(text)
    where = select.args.get("where")
    if where is None:
        raise BadInput(f"The definition has no WHERE and would be everyone; {HOW}.")
    return _check(where.this, PROFILE)


def render(condition: exp.Expr, dialect: str = "postgres") -> str:
    """Return the condition as SQL text of a dialect (`postgres` or `spark`), values written in."""
    return condition.sql(dialect=dialect)


def bind(condition: exp.Expr) -> tuple[str, dict[str, Any]]:
    """Return Postgres SQL with `%(v0)s` for every value, and the values."""
    values: dict[str, Any] = {}

    def lift(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Literal):
            return node
        name = f"v{len(values)}"
        values[name] = node.this if node.is_string else _number(node.this)
        return exp.Placeholder(this=name)

    return condition.copy().transform(lift).sql(dialect="postgres"), values


def _number(text: str) -> int | float:
    return int(text) if text.isdigit() else float(text)


def _read_select(text: str) -> exp.Select:
    """Return the one SELECT the text is, or is the WHERE clause of."""
    bare = text.strip().rstrip(";").strip()
    words = bare.split(None, 1)
    if words and words[0].lower() == "where":
        bare = bare[len(words[0]) :]
    is_whole = bool(words) and words[0].lower() in STATEMENTS
    try:
        whole = bare if is_whole else f"SELECT person_id FROM {PROFILE} WHERE {bare}"
        found = sqlglot.parse(whole, read="postgres")
    except (SqlglotError, RecursionError) as error:
        said = str(error).split("\n", 1)[0].split(". Line", 1)[0]
        raise BadInput(f"This is no SQL condition ({said}); {HOW}.") from None
    if len(found) != 1 or found[0] is None:
        raise BadInput(f"A definition is one statement, this text has {len(found)}; {HOW}.")
    statement = found[0]
    if not isinstance(statement, exp.Select):
        raise BadInput(f"A definition only reads, {_name(statement)} is not allowed; {HOW}.")
    if _depth(statement) > DEEPEST:
        raise BadInput(f"The definition is nested more than {DEEPEST} deep; write it flatter.")
    _check_shape(statement, PROFILE)
    return statement


def _check_shape(select: exp.Select, table: str) -> None:
    """Refuse a SELECT that is more than `SELECT person_id FROM table WHERE …`."""
    extra = sorted(part for part, value in select.args.items() if value and part not in SELECT_PARTS)
    if extra:
        word = extra[0].rstrip("_").upper()
        raise BadInput(f"A definition says who, without {word}; {HOW}.")
    source = select.args.get("from_")
    named = source.this if source else None
    if not isinstance(named, exp.Table) or named.name != table or named.args.get("db"):
        seen = named.sql("postgres") if named is not None else "no table"
        raise BadInput(f"A definition may read {table} here, not {seen}; {HOW}.")
    if named.args.get("joins") or named.args.get("sample"):
        raise BadInput(f"A definition reads {table} alone, without joins; {HOW}.")
    columns = [column.sql("postgres") for column in select.expressions]
    if columns not in (["person_id"], [f"{table}.person_id"], [f"{named.alias_or_name}.person_id"]):
        raise BadInput(f"A definition selects person_id and nothing else, not {', '.join(columns)}.")


def _check(node: exp.Expr, table: str) -> exp.Expr:
    """Return the condition checked and tidied: columns without their table, division made exact."""
    if isinstance(node, exp.In) and node.args.get("query") is not None:
        return _check_bought(node)
    if not isinstance(node, WORDS):
        raise BadInput(f"A definition may not use {_name(node)}; {HOW}.")
    if isinstance(node, exp.Column):
        return _check_column(node, table)
    if isinstance(node, exp.Cast) and node.to.this is not exp.DataType.Type.DATE:
        raise BadInput("A definition casts to DATE only, such as DATE '2026-01-31'.")
    tidy = node.copy()
    tidy.comments = None
    for key, value in node.args.items():
        if isinstance(value, exp.Expr):
            tidy.set(key, _check(value, table))
        elif isinstance(value, list):
            tidy.set(key, [_check(item, table) for item in value])
    _check_types(tidy, table)
    if tidy.args.get("symmetric"):
        raise BadInput("BETWEEN takes the smaller value first, without SYMMETRIC.")
    if tidy.args.get("negate"):  # IS NOT, NOT LIKE: one spelling for every negation
        tidy.set("negate", None)
        return exp.Not(this=tidy)
    return _divide(tidy) if isinstance(tidy, exp.Div) else tidy


def _check_column(column: exp.Column, table: str) -> exp.Column:
    known = TABLES[table]
    if column.args.get("db") or column.name not in known:
        raise BadInput(f"{table} has no column {column.sql('postgres')}; its columns are {', '.join(known)}.")
    return exp.column(column.name)


def _check_bought(node: exp.In) -> exp.Expr:
    """Return `person_id IN (SELECT person_id FROM person_product WHERE …)`, the one subquery there is."""
    query = node.args["query"]
    select = query.this if isinstance(query, exp.Subquery) else query
    if not isinstance(select, exp.Select) or node.this.name != "person_id":
        raise BadInput(f"Ask for products as person_id IN (SELECT person_id FROM {PRODUCTS} WHERE …).")
    _check_shape(select, PRODUCTS)
    inner = exp.select("person_id").from_(PRODUCTS)
    if where := select.args.get("where"):
        inner = inner.where(_check(where.this, PRODUCTS))
    return exp.In(this=exp.column("person_id"), query=inner.subquery())


def _check_types(node: exp.Expr, table: str) -> None:
    """Refuse what the two engines would read differently: order of texts, days less days."""
    known = TABLES[table]
    kinds = [
        known[c.name].kind for c in node.iter_expressions() if isinstance(c, exp.Column) and c.name in known
    ]
    if isinstance(node, ORDERINGS) and "text" in kinds:
        raise BadInput("A text column has no order here; compare it with =, <>, IN or LIKE.")
    if isinstance(node, (exp.Add, exp.Sub, exp.Mul, exp.Div)) and kinds.count("day") > 1:
        raise BadInput("Ask for distances in days with days_since_order or days_since_engaged.")


def _divide(node: exp.Div) -> exp.Expr:
    double = exp.DataType.build("double precision", dialect="postgres")
    below = exp.Nullif(this=exp.Cast(this=node.expression, to=double), expression=exp.Literal.number(0))
    return exp.Div(this=exp.Cast(this=node.this, to=double.copy()), expression=below, typed=True, safe=False)


def _depth(node: exp.Expr) -> int:
    """Return how deep the tree is, found without recursion."""
    deepest, level = 0, [node]
    while level:
        deepest += 1
        level = [child for parent in level for child in parent.iter_expressions()]
    return deepest


def _name(node: exp.Expr) -> str:
    if isinstance(node, exp.Func):
        name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
        return f"the function {name.lower()}"
    return type(node).__name__.upper()


def columns_of(condition: exp.Expr) -> Mapping[str, Field]:
    """Return the profile's columns the condition asks about."""
    return {c.name: FIELDS[c.name] for c in condition.find_all(exp.Column) if c.name in FIELDS}
