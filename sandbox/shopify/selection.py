"""Turns GraphQL text into a checked selection: what to pick from which object, and what it costs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    build_schema,
    get_named_type,
    is_leaf_type,
    is_non_null_type,
    parse,
    value_from_ast,
)
from graphql.type import GraphQLField

SCHEMA = build_schema(Path(__file__).with_name("schema.graphql").read_text(encoding="utf-8"))
MOST_FIRST = 250
# Types that cost a point; money, visits and page information come with their owner.
COSTS_A_POINT = {
    "Order", "Customer", "Product", "ProductVariant", "InventoryItem", "LineItem", "Refund", "Shop",
    "CustomerJourneySummary", "BulkOperation", "WebhookSubscription",
}  # fmt: skip


class GraphError(Exception):
    """Errors of a query in Shopify's words."""

    def __init__(self, *errors: dict[str, Any]) -> None:
        super().__init__(errors[0]["message"])
        self.errors = list(errors)


@dataclass
class Picked:
    """One field to answer: its key, its name, arguments, type, and what is picked from its value."""

    key: str
    name: str
    type_name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    inner: list[Picked] = field(default_factory=list)

    is_connection: bool = field(init=False)  # whether the value is a list in pages

    def __post_init__(self) -> None:
        self.is_connection = self.type_name.endswith("Connection")


@dataclass
class Selection:
    """A checked operation: `query` or `mutation`, and the fields of its root."""

    kind: str
    fields: list[Picked]


@lru_cache(maxsize=256)
def parse_text(text: str) -> DocumentNode:
    """The document of a text; raises GraphQLError."""
    return parse(text)


def read_selection(
    text: str, variables: dict[str, Any], name: str | None, *, is_bulk: bool = False
) -> Selection:
    """The selection of a text; raises GraphError. In bulk, connections need no `first`."""
    try:
        document = parse_text(text)
    except GraphQLError as error:
        places = [{"line": place.line, "column": place.column} for place in error.locations or []]
        raise GraphError({"message": error.message, "locations": places}) from None
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    chosen = [node for node in operations if name is None or (node.name and node.name.value == name)]
    if not chosen:
        raise GraphError({"message": f'No operation named "{name}"'})
    operation = chosen[0]
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    kind = operation.operation.value
    root = SCHEMA.mutation_type if kind == "mutation" else SCHEMA.query_type
    label = f"{kind} {operation.name.value}" if operation.name else kind
    reader = Reader(fragments, read_variables(operation, variables), is_bulk=is_bulk)
    assert root is not None  # noqa: S101  # the schema has both roots
    return Selection(kind, reader.read(operation.selection_set, root, [label]))


def read_variables(operation: OperationDefinitionNode, given: dict[str, Any]) -> dict[str, Any]:
    """The variables with their defaults; refuses a required one that is not given."""
    values: dict[str, Any] = {}
    for definition in operation.variable_definitions or []:
        name = definition.variable.name.value
        if name in given:
            values[name] = given[name]
        elif definition.default_value is not None:
            values[name] = getattr(definition.default_value, "value", None)
        if values.get(name) is None and definition.type.kind == "non_null_type":
            kind = getattr(getattr(definition.type, "type", None), "name", None)
            message = f"Variable ${name} of type {kind.value if kind else ''}! was provided invalid value"
            raise GraphError({"message": message, "extensions": {"code": "INVALID_VARIABLE", "value": None}})
    return values


class Reader:
    """Walks a document and checks every field against the schema."""

    def __init__(
        self, fragments: dict[str, FragmentDefinitionNode], variables: dict[str, Any], *, is_bulk: bool
    ) -> None:
        self.fragments = fragments
        self.variables = variables
        self.is_bulk = is_bulk

    def read(self, selection: SelectionSetNode, parent: Any, path: list[str]) -> list[Picked]:
        """The fields picked from an object type."""
        picked: list[Picked] = []
        for node in selection.selections:
            if isinstance(node, FieldNode):
                picked.append(self.read_field(node, parent, path))
            elif isinstance(node, InlineFragmentNode):
                picked += self.read(node.selection_set, parent, path)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments.get(node.name.value)
                if fragment is None:
                    raise GraphError({"message": f"Fragment {node.name.value} was used, but not defined"})
                picked += self.read(fragment.selection_set, parent, path)
        return picked

    def read_field(self, node: FieldNode, parent: Any, path: list[str]) -> Picked:
        """One field, its arguments, and what is picked from its value."""
        name = node.name.value
        key = node.alias.value if node.alias else name
        where = [*path, key]
        if name == "__typename":
            return Picked(key, name, parent.name)
        known: GraphQLField | None = parent.fields.get(name)
        if known is None:
            text = f"Field '{name}' doesn't exist on type '{parent.name}'"
            told = {"code": "undefinedField", "typeName": parent.name, "fieldName": name}
            raise refuse_field(node, where, text, told)
        arguments = self.read_arguments(node, known, where)
        kind = get_named_type(known.type)
        picked = Picked(key, name, kind.name, arguments)
        if is_leaf_type(kind):
            if node.selection_set:
                text = f"Selections can't be made on scalars (field '{name}' returns {kind.name})"
                raise refuse_field(
                    node, where, text, {"code": "selectionMismatch", "nodeName": f"field '{name}'"}
                )
            return picked
        if not node.selection_set:
            text = f"Field must have selections (field '{name}' returns {kind.name} but has no selections."
            text += f" Did you mean '{name} {{ ... }}'?)"
            raise refuse_field(
                node, where, text, {"code": "selectionMismatch", "nodeName": f"field '{name}'"}
            )
        if picked.is_connection:
            self.check_size(node, arguments, where)
        assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)  # noqa: S101
        picked.inner = self.read(node.selection_set, kind, where)
        return picked

    def read_arguments(self, node: FieldNode, known: GraphQLField, where: list[str]) -> dict[str, Any]:
        """The arguments with the variables put in."""
        values: dict[str, Any] = {}
        for argument in node.arguments:
            name = argument.name.value
            if name not in known.args:
                text = f"Field '{node.name.value}' doesn't accept argument '{name}'"
                raise refuse_field(node, where, text, {"code": "argumentNotAccepted", "argumentName": name})
            if isinstance(argument.value, VariableNode):
                values[name] = self.variables.get(argument.value.name.value)
            else:
                values[name] = value_from_ast(argument.value, known.args[name].type, self.variables)
        missing = [
            name
            for name, spec in known.args.items()
            if is_non_null_type(spec.type) and values.get(name) is None
        ]
        if missing:
            text = f"Field '{node.name.value}' is missing required arguments: {', '.join(missing)}"
            raise refuse_field(node, where, text, {"code": "missingRequiredArguments"})
        return values

    def check_size(self, node: FieldNode, arguments: dict[str, Any], where: list[str]) -> None:
        """A connection needs `first` or `last`, at most 250."""
        sizes = [arguments[name] for name in ("first", "last") if arguments.get(name) is not None]
        if self.is_bulk:
            return
        if not sizes:
            text = f"you must provide one of first or last for {node.name.value}"
            raise refuse_field(node, where, text, {"code": "BAD_REQUEST"})
        if not 0 <= sizes[0] <= MOST_FIRST:
            text = f"first cannot exceed {MOST_FIRST}"
            raise refuse_field(node, where, text, {"code": "BAD_REQUEST"})


def refuse_field(node: FieldNode, path: list[str], message: str, extensions: dict[str, Any]) -> GraphError:
    """The error of one field."""
    token = node.loc.start_token if node.loc else None
    places = [{"line": token.line, "column": token.column}] if token else []
    return GraphError({"message": message, "locations": places, "path": path, "extensions": extensions})


def price(fields: list[Picked], *, is_mutation: bool = False) -> float:
    """The points a selection may cost: an object 1, a scalar 0, a connection by the root of its size."""
    return sum(price_field(one) for one in fields) + (10 if is_mutation else 0)


def price_field(one: Picked) -> float:
    """The points of a field."""
    inner = sum(price_field(each) for each in one.inner)
    if one.is_connection:
        size = one.arguments.get("first") or one.arguments.get("last") or 1
        return math.sqrt(size) * inner
    return inner + (1 if one.type_name in COSTS_A_POINT else 0)


def price_used(fields: list[Picked], source: Any) -> float:
    """The points of what was really answered; `source` is the answer of the fields."""
    return sum(price_value(one, source.get(one.key)) for one in fields) if source else 0.0


def price_value(one: Picked, value: Any) -> float:
    """The points of one value of the answer."""
    if value is None:
        return 0.0
    if isinstance(value, list):
        # Rows of a page look alike: the mean of a few stands for all.
        sample = value[:5]
        mean = sum(price_value(one, item) for item in sample) / len(sample) if sample else 0.0
        return math.sqrt(len(value)) * mean
    own = 1 if one.type_name in COSTS_A_POINT else 0
    return own + price_used(one.inner, value if isinstance(value, dict) else None)
