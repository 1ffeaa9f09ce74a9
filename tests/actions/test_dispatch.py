"""Every call passes one door: authorised, validated, guarded, recorded."""

from uuid import UUID

import pytest
from structlog.testing import capture_logs

from actions.dispatch import dispatch
from core.context import Context
from core.errors import BadInput, GuardrailDenied, MissingScope, NotFound
from core.operation import Registry, operation

WORKSPACE = UUID(int=7)


@pytest.fixture
def registry():
    registry = Registry()

    @operation("demo.read", effect="read", registry=registry)
    def read(ctx: Context, *, day: str, count: int = 1) -> dict[str, str | int]:
        """Return the arguments and the workspace."""
        return {"day": day, "count": count, "workspace": str(ctx.workspace)}

    @operation("demo.spend", effect="spend", registry=registry)
    def spend(ctx: Context, *, minor: int) -> int:
        """Spend it."""
        raise AssertionError("an effect went through")

    return registry


def caller(*scopes: str) -> Context:
    return Context(WORKSPACE, "tester", frozenset(scopes))


@pytest.mark.parametrize("scope", ["demo.read", "demo.*", "*"])
def test_a_granted_scope_opens_the_door(registry, scope):
    answer = dispatch("demo.read", {"day": "x"}, caller(scope), registry=registry)
    assert answer == {"day": "x", "count": 1, "workspace": str(WORKSPACE)}


@pytest.mark.parametrize("scopes", [(), ("demo.spend",), ("other.*",)])
def test_without_the_scope_nothing_is_called(registry, scopes):
    with pytest.raises(MissingScope, match="demo.read"):
        dispatch("demo.read", {"day": "x"}, caller(*scopes), registry=registry)


def test_bad_arguments_are_named_and_their_values_kept_out_of_the_text(registry):
    with pytest.raises(BadInput, match="count: .*integer") as refusal:
        dispatch("demo.read", {"day": "x", "count": "secret-value"}, caller("*"), registry=registry)
    assert "secret-value" not in refusal.value.message


def test_an_argument_the_operation_does_not_know_is_refused(registry):
    with pytest.raises(BadInput, match="colour"):
        dispatch("demo.read", {"day": "x", "colour": "red"}, caller("*"), registry=registry)


def test_an_effect_is_refused_while_writes_are_off(registry):
    with pytest.raises(GuardrailDenied, match="writes are off"):
        dispatch("demo.spend", {"minor": 1}, caller("*"), registry=registry)


def test_an_unknown_name_says_where_the_names_are(registry):
    with pytest.raises(NotFound, match="demo.nothing"):
        dispatch("demo.nothing", {}, caller("*"), registry=registry)


def test_success_and_refusal_are_both_recorded_without_values(registry):
    with capture_logs() as lines:
        dispatch("demo.read", {"day": "private-day"}, caller("*"), registry=registry)
        with pytest.raises(GuardrailDenied):
            dispatch("demo.spend", {"minor": 1}, caller("*"), registry=registry)
    assert [(line["operation"], line["outcome"]) for line in lines] == [
        ("demo.read", "ok"),
        ("demo.spend", "GuardrailDenied"),
    ]
    assert {line["workspace"] for line in lines} == {str(WORKSPACE)}
    assert "private-day" not in str(lines)
