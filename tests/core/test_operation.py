"""An operation is a typed function with a name; a sloppy declaration fails at import."""

import pytest
from pydantic import ValidationError

from core.context import Context
from core.operation import Registry, operation


@pytest.fixture
def registry():
    return Registry()


def test_the_declaration_yields_name_effect_schema_and_summary(registry):
    @operation("demo.add", effect="read", registry=registry)
    def add(ctx: Context, *, a: int, b: int = 2) -> int:
        """Return the sum.

        Both are counts.
        """
        return a + b

    declared = registry.get("demo.add")
    assert (declared.namespace, declared.verb, declared.summary) == ("demo", "add", "Return the sum.")
    assert declared.arguments(a=1).model_dump() == {"a": 1, "b": 2}
    with pytest.raises(ValidationError):
        declared.arguments(a=1, c=3)
    assert add(None, a=1) == 3


def test_a_name_is_declared_once(registry):
    def fn(ctx: Context) -> int:
        """Return one."""
        return 1

    operation("demo.one", effect="read", registry=registry)(fn)
    with pytest.raises(ValueError, match="declared twice"):
        operation("demo.one", effect="read", registry=registry)(fn)


def test_a_name_of_another_shape_is_refused():
    with pytest.raises(TypeError, match="namespace.verbNoun"):
        operation("Demo.Add", effect="read")


def _positional(ctx: Context, a: int) -> int:
    """Return it."""
    return a


def _undocumented(ctx: Context, *, a: int) -> int:
    return a


def _untyped(ctx: Context, *, a) -> int:
    """Return it."""
    return a


def _no_context(a: int) -> int:
    """Return it."""
    return a


@pytest.mark.parametrize("fn", [_positional, _undocumented, _untyped, _no_context])
def test_a_sloppy_function_is_refused(registry, fn):
    with pytest.raises(TypeError):
        operation("demo.sloppy", effect="read", registry=registry)(fn)
