"""Answers a checked selection with things of the shop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import orjson
import polars as pl

from sandbox.shopify.access import VERSIONS
from sandbox.shopify.listing import Page, filter_table, read_page
from sandbox.shopify.selection import GraphError, Picked
from sandbox.shopify.shop import Shop, Thing, read_number

TABLES: dict[str, tuple[str, str]] = {
    "orders": ("orders", "write_order"),
    "customers": ("customers", "write_customer"),
    "products": ("products", "write_product"),
    "productVariants": ("variants", "write_variant"),
}
SINGLES = {"order": "orders", "customer": "customers", "product": "products"}


class Answerer:
    """Picks fields from things; `extra` answers root fields that are not the shop's own."""

    def __init__(self, shop: Shop, plan: str, extra: dict[str, Callable[[dict[str, Any]], Any]]) -> None:
        self.shop = shop
        self.plan = plan
        self.extra = extra
        self.warnings: list[dict[str, Any]] = []

    def answer(self, fields: list[Picked]) -> Thing:
        """The data of the root fields."""
        return {one.key: self.answer_root(one) for one in fields}

    def answer_root(self, one: Picked) -> Any:
        """The value of a root field."""
        if one.name in TABLES:
            return self.answer_table(one)
        if one.name in SINGLES:
            table = SINGLES[one.name]
            row = self.shop.find(table, read_number(one.arguments["id"]))
            return None if row is None else self.pick(one.inner, self.writer(table)(row))
        if one.name == "shop":
            is_plus = self.plan == "Shopify Plus"
            plan = {"displayName": self.plan, "partnerDevelopment": False, "shopifyPlus": is_plus}
            return self.pick(one.inner, self.shop.describe() | {"plan": plan})
        if one.name == "publicApiVersions":
            known = [{"handle": name, "displayName": name, "supported": True} for name in VERSIONS]
            return [self.pick(one.inner, version) for version in known]
        if one.name == "__typename":
            return "QueryRoot"
        value = self.extra[one.name](one.arguments)
        return self.answer_value(one, value)

    def writer(self, name: str) -> Callable[[dict[str, Any]], Thing]:
        """The function that turns rows of a list into things."""
        write: Callable[[dict[str, Any]], Thing] = getattr(self.shop, TABLES[name][1])
        return write

    def answer_table(self, one: Picked) -> Thing:
        """A page of one of the shop's lists."""
        name = TABLES[one.name][0]
        table: pl.DataFrame = getattr(self.shop, name)()
        page = read_page(self.shop.world, name, table, one.arguments)
        if page.warnings:
            self.warnings.append(
                {"path": [one.key], "query": one.arguments.get("query"), "warnings": page.warnings}
            )
        write = self.writer(one.name)
        return self.answer_page(one, page, [write(row) for row in page.rows])

    def answer_list(self, one: Picked, things: list[Any]) -> Thing:
        """A page of a list inside a thing; its cursors count."""
        after = one.arguments.get("after")
        start = int(after) + 1 if after and after.isdigit() else 0
        size = one.arguments.get("first") or one.arguments.get("last") or len(things)
        shown = things[start : start + size]
        cursors = [str(start + i) for i in range(len(shown))]
        return self.answer_page(one, Page([], cursors, start + size < len(things), start > 0), shown)

    def answer_page(self, one: Picked, page: Page, things: list[Any]) -> Thing:
        """The connection object of a page."""
        body: Thing = {}
        for part in one.inner:
            if part.name == "nodes":
                body[part.key] = [self.pick(part.inner, thing) for thing in things]
            elif part.name == "edges":
                body[part.key] = [
                    self.answer_edge(part, *pair) for pair in zip(page.cursors, things, strict=True)
                ]
            elif part.name == "pageInfo":
                info = {
                    "hasNextPage": page.has_next,
                    "hasPreviousPage": page.has_previous,
                    "startCursor": page.cursors[0] if page.cursors else None,
                    "endCursor": page.cursors[-1] if page.cursors else None,
                }
                body[part.key] = {field.key: info[field.name] for field in part.inner}
        return body

    def answer_edge(self, part: Picked, cursor: str, thing: Any) -> Thing:
        """An edge object."""
        return {
            field.key: cursor if field.name == "cursor" else self.pick(field.inner, thing)
            for field in part.inner
        }

    def pick(self, fields: list[Picked], thing: Any) -> Thing | None:
        """The picked fields of a thing; things that are not made yet are made now."""
        if callable(thing):
            thing = thing()
        if thing is None:
            return None
        body: Thing = {}
        for one in fields:
            if not one.inner:
                body[one.key] = one.type_name if one.name == "__typename" else thing.get(one.name)
            else:
                body[one.key] = self.answer_value(one, thing.get(one.name))
        return body

    def answer_value(self, one: Picked, value: Any) -> Any:
        """A value with the fields picked from it."""
        if callable(value):
            value = value()
        if value is None or not one.inner:
            return value
        if one.is_connection:
            return self.answer_list(one, value)
        if isinstance(value, list):
            return [self.pick(one.inner, item) for item in value]
        return self.pick(one.inner, value)

    # --- bulk

    def write_lines(self, root: Picked) -> Iterator[bytes]:
        """A bulk result: one object a line, members of inner lists after their owner with `__parentId`."""
        if root.name not in TABLES:
            raise GraphError({"message": "Bulk queries must contain at least one connection."})
        table, _ = filter_table(getattr(self.shop, TABLES[root.name][0])(), root.arguments.get("query"))
        write = self.writer(root.name)
        fields = node_fields(root)
        for row in table.iter_rows(named=True):
            yield from self.write_thing(fields, write(row), None)

    def write_thing(self, fields: list[Picked], thing: Any, parent: str | None) -> Iterator[bytes]:
        """The line of a thing and the lines of its inner lists."""
        if callable(thing):
            thing = thing()
        own = [one for one in fields if not one.is_connection]
        body = self.pick(own, thing) or {}
        if parent is not None:
            body["__parentId"] = parent
        yield orjson.dumps(body)
        for one in fields:
            if one.is_connection:
                for inner in thing[one.name]:
                    yield from self.write_thing(node_fields(one), inner, thing["id"])


def node_fields(connection: Picked) -> list[Picked]:
    """The fields picked from the nodes of a connection, through `nodes` or `edges`."""
    for part in connection.inner:
        if part.name == "nodes":
            return part.inner
        if part.name == "edges":
            return next((field.inner for field in part.inner if field.name == "node"), [])
    return []
