"""Field selection: `id,name,creative{id},comments.summary(true).limit(0)` read and applied to nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.meta.errors import fail, unknown_field


@dataclass(slots=True)
class Wanted:
    """One field, its modifiers (`limit` -> `0`) and the fields wanted inside it."""

    name: str
    options: dict[str, str] = field(default_factory=dict)
    inside: list[Wanted] = field(default_factory=list)


def parse_fields(text: str) -> list[Wanted]:
    """The wanted fields; error 2500 for text that cannot be read."""
    cleaned = text.strip().removeprefix("[").removesuffix("]").replace('"', "")
    wanted, end = _parse_list(cleaned, 0)
    if end != len(cleaned):
        raise fail(
            2500,
            f'Syntax error "Expected end of string instead of "{cleaned[end]}"." at character {end}: {text}',
        )
    return wanted


def _parse_list(text: str, at: int) -> tuple[list[Wanted], int]:
    wanted: list[Wanted] = []
    while at < len(text) and text[at] != "}":
        if text[at] in ", \n":
            at += 1
            continue
        one, at = _parse_one(text, at)
        wanted.append(one)
    return wanted, at


def _parse_one(text: str, at: int) -> tuple[Wanted, int]:
    one, at = _parse_name(text, at)
    found = Wanted(one)
    while at < len(text) and text[at] in ".({":
        if text[at] == "{":
            found.inside, at = _parse_list(text, at + 1)
            at += 1
        elif text[at] == "(":
            found.options[""], at = _parse_argument(text, at)
        else:
            option, at = _parse_name(text, at + 1)
            found.options[option], at = _parse_argument(text, at)
    return found, at


def _parse_name(text: str, at: int) -> tuple[str, int]:
    end = at
    while end < len(text) and (text[end].isalnum() or text[end] in "_:"):
        end += 1
    if end == at:
        raise fail(2500, f'Syntax error "Field name expected" at character {at}: {text}')
    return text[at:end], end


def _parse_argument(text: str, at: int) -> tuple[str, int]:
    end = text.find(")", at)
    if at >= len(text) or text[at] != "(" or end < 0:
        raise fail(2500, f'Syntax error "Expected (" at character {at}: {text}')
    return text[at + 1 : end], end + 1


def select(
    node: Mapping[str, Any], wanted: Iterable[Wanted], kind: str, known: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The wanted fields of a node, always with its id; those without a value are left out.

    A callable value is called with its `Wanted` (edges with options). A name that is neither in the node
    nor in `known` is error 100.
    """
    chosen: dict[str, Any] = {}
    for one in wanted:
        if one.name not in node and one.name not in known:
            raise unknown_field(one.name, kind)
        value = node.get(one.name)
        if callable(value):
            value = value(one)
        elif one.inside and isinstance(value, dict):
            inner = value
            value = {w.name: inner[w.name] for w in one.inside if w.name in inner} | {"id": inner.get("id")}
        if value is not None:
            chosen[one.name] = value
    if "id" in node:
        chosen["id"] = node["id"]
    return chosen
