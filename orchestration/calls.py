"""Finds which operations a test file calls: calls in its syntax tree, not words in its text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from core.operation import NAME, Operation

# Functions and methods that take the name of an operation and call it: Python, REST, MCP.
CALLERS = {"call", "call_tool", "dispatch"}
HTTP_VERBS = {"post", "request"}
PATH = re.compile(r"/v1/([a-z]+)/([a-zA-Z]+)")
# Return the elements or keys of what they are given, in some order.
ITERATORS = {"list", "set", "sorted", "tuple"}
# Where a value comes from: an expression that is iterated or assigned, and the position in its elements.
Origin = tuple[ast.expr, int | None]


@dataclass
class Calls:
    """What a file calls: operations by public name, and functions by their full path.

    `refused` are those of both kinds inside `pytest.raises`, which verify a refusal only.
    """

    made: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    def verify(self, operation: Operation) -> bool:
        """Return whether the operation is called; one that no vendor offers is verified by its refusal."""
        names = {operation.name, f"{operation.fn.__module__}.{operation.fn.__name__}"}
        return bool(names & (self.made if operation.is_offered else self.made | self.refused))


def read_calls(text: str) -> Calls:
    """Return what the Python source of a test file calls.

    Names of operations are followed through constants of the file, `pytest.mark.parametrize`, loops and
    functions of the file that pass their argument on to a call.
    """
    tree = ast.parse(text)
    reader = _Reader(tree)
    reader.visit(tree)
    return reader.calls


class _Reader(ast.NodeVisitor):
    def __init__(self, tree: ast.Module) -> None:
        self.calls = Calls()
        self._is_refused = False
        self._imported = dict(_read_imports(tree))
        self._origins: dict[str, list[Origin]] = {}
        for node in tree.body:
            is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            for part in [] if is_function else ast.walk(node):
                self._bind(part)
        self._callers = CALLERS | {
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _passes_a_name(node)
        }

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        outside = {name: list(origins) for name, origins in self._origins.items()}
        for part in ast.walk(node):
            self._bind(part)
        self.generic_visit(node)
        self._origins = outside

    def visit_With(self, node: ast.With) -> None:
        before = self._is_refused
        self._is_refused |= any(
            isinstance(item.context_expr, ast.Call) and _last(item.context_expr.func) == "raises"
            for item in node.items
        )
        self.generic_visit(node)
        self._is_refused = before

    def visit_Call(self, node: ast.Call) -> None:
        names = {*self._by_name(node), *self._by_command(node)}
        if path := self._path(node.func):
            names.add(path)
        (self.calls.refused if self._is_refused else self.calls.made).update(names)
        self.generic_visit(node)

    def _by_name(self, node: ast.Call) -> Iterator[str]:
        function = self._assigned(node.func)
        if isinstance(function, ast.Attribute) and function.attr == "fn":
            function = self._assigned(function.value)  # REGISTRY.get(name).fn(ctx)
        if isinstance(function, ast.Call) and _last(function.func) in {"get", "handler"}:
            yield from self._operations(function.args)
        if _last(node.func) in self._callers:
            yield from self._operations(node.args)
            for argument in node.args:  # an agent calls "operations.call" with the name
                if isinstance(argument, ast.Dict):
                    pairs = zip(argument.keys, argument.values, strict=True)
                    yield from self._operations(
                        value for key, value in pairs if isinstance(key, ast.Constant) and key.value == "name"
                    )
        if _last(node.func) in HTTP_VERBS:
            for text in _texts(node.args):
                yield from (f"{space}.{verb}" for space, verb in PATH.findall(text))

    def _by_command(self, node: ast.Call) -> Iterator[str]:
        """Yield the names after the word `call` in a command line."""
        lists = [part.elts for part in ast.walk(node) if isinstance(part, ast.List | ast.Tuple)]
        for words in (node.args, *lists):
            for word, name in pairwise(words):
                if isinstance(word, ast.Constant) and word.value == "call":
                    yield from self._operations([name])

    def _operations(self, arguments: Iterable[ast.expr]) -> Iterator[str]:
        texts = (text for argument in arguments for text in self._values(argument, set()))
        return (text for text in texts if NAME.fullmatch(text))

    def _assigned(self, node: ast.expr) -> ast.expr:
        origins = self._origins.get(node.id, []) if isinstance(node, ast.Name) else []
        return next((value for value, position in origins if position is None), node)

    def _path(self, function: ast.expr) -> str:
        if isinstance(function, ast.Attribute):
            parent = self._path(function.value)
            return f"{parent}.{function.attr}" if parent else ""
        return self._imported.get(function.id, "") if isinstance(function, ast.Name) else ""

    def _bind(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._origins.setdefault(name, []).append((value, None))
            case ast.For(target=target, iter=values) | ast.comprehension(target=target, iter=values):
                self._bind_each(target.elts if isinstance(target, ast.Tuple) else [target], values)
            case ast.Call(args=[names, values]) if _last(node.func) == "parametrize":
                several = names.elts if isinstance(names, ast.Tuple | ast.List) else [names]
                self._bind_each(several, values)

    def _bind_each(self, targets: list[ast.expr], values: ast.expr) -> None:
        for position, target in enumerate(targets):
            name = target.id if isinstance(target, ast.Name) else getattr(target, "value", None)
            if isinstance(name, str):
                self._origins.setdefault(name, []).append((values, position))

    def _values(self, node: ast.expr, seen: set[str]) -> Iterator[str]:
        """Yield the texts an expression can be, as far as the file tells."""
        match node:
            case ast.Constant(value=str(text)):
                yield text
            case ast.Name(id=name) if name not in seen:
                for value, position in self._origins.get(name, ()):
                    options = [value] if position is None else self._elements(value, position, seen)
                    for option in options:
                        yield from self._values(option, {*seen, name})

    def _elements(self, node: ast.expr, position: int, seen: set[str]) -> Iterator[ast.expr]:
        """Yield the elements (keys of a dictionary) of an expression; of a tuple, the one at a position."""
        match node:
            case ast.Name(id=name) if name not in seen:
                for value, _ in self._origins.get(name, ()):
                    yield from self._elements(value, position, {*seen, name})
            case ast.Call(func=ast.Attribute(value=value, attr="items" | "keys")) if position == 0:
                yield from self._elements(value, position, seen)
            case ast.Call(func=ast.Name(id=name), args=[value]) if name in ITERATORS:
                yield from self._elements(value, position, seen)
            case ast.Dict(keys=keys, values=values):
                merged = [value for key, value in zip(keys, values, strict=True) if key is None]
                parts = [*filter(None, keys), *(ast.Starred(value) for value in merged)]
                yield from self._parts(parts, position, seen)
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                yield from self._parts(parts, position, seen)

    def _parts(self, parts: Iterable[ast.expr], position: int, seen: set[str]) -> Iterator[ast.expr]:
        for part in parts:
            match part:
                case ast.Starred(value=value):
                    yield from self._elements(value, position, seen)
                case ast.Tuple(elts=several):
                    yield from several[position : position + 1]
                case _ if position == 0:
                    yield part


def _read_imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from ((part.asname or part.name, f"{node.module}.{part.name}") for part in node.names)
        elif isinstance(node, ast.Import):
            yield from ((part.asname or part.name, part.name) for part in node.names)


def _passes_a_name(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    parameters = {part.arg for part in function.args.args}
    calls = (part for part in ast.walk(function) if isinstance(part, ast.Call))
    return any(
        isinstance(argument, ast.Name) and argument.id in parameters
        for call in calls
        if _last(call.func) in CALLERS
        for argument in call.args
    )


def _last(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _texts(arguments: Iterable[ast.expr]) -> Iterator[str]:
    parts = (part for argument in arguments for part in ast.walk(argument))
    return (part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))
