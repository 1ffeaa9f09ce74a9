"""Every call passes one door: authorised, validated, guarded, recorded."""

from uuid import UUID

import pytest
from structlog.testing import capture_logs

from actions.dispatch import dispatch
from core.context import Context
from core.errors import BadInput, GuardrailDenied, MissingScope, NotFound, SpreadersError
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

    for effect in ("read", "write", "spend", "destroy"):
        for reach in ("workspace", "vendor"):
            _declare(registry, effect, reach)
    return registry


def _declare(registry, effect, reach):
    @operation(f"{reach}.{effect}", effect=effect, reach=reach, registry=registry)
    def act(ctx: Context, *, dry_run: bool = False) -> bool:
        """Return whether it was a trial."""
        return dry_run


def caller(*scopes: str, may_destroy: bool = False) -> Context:
    return Context(WORKSPACE, "tester", frozenset(scopes), may_destroy=may_destroy)


OFF, ALLOWED = {"may_destroy": False}, {"may_destroy": True}
CELLS = [
    # effect, where it ends, what the owner allowed, whether it goes through, whether a dry run does
    ("read", "workspace", OFF, True, True),
    ("read", "vendor", OFF, True, True),
    ("write", "workspace", OFF, True, True),
    ("write", "vendor", OFF, False, False),
    ("write", "vendor", ALLOWED, False, False),
    ("spend", "workspace", OFF, False, False),
    ("spend", "workspace", ALLOWED, False, False),
    ("spend", "vendor", ALLOWED, False, False),
    ("destroy", "workspace", OFF, False, True),
    ("destroy", "workspace", ALLOWED, True, True),
    ("destroy", "vendor", OFF, False, False),
    ("destroy", "vendor", ALLOWED, False, False),
]


@pytest.mark.parametrize("cell", CELLS)
def test_an_effect_goes_through_only_where_it_may(registry, cell):
    effect, reach, owner, goes, goes_dry = cell
    for dry_run, expected in ((False, goes), (True, goes_dry)):
        ctx = caller("*", **owner)
        if expected:
            assert dispatch(f"{reach}.{effect}", {"dry_run": dry_run}, ctx, registry=registry) is dry_run
        else:
            with pytest.raises(GuardrailDenied, match="writes are off|ALLOW_DESTROY"):
                dispatch(f"{reach}.{effect}", {"dry_run": dry_run}, ctx, registry=registry)


@pytest.mark.parametrize("scope", ["*:read", "workspace.*:read"])
def test_a_reading_scope_reads_and_does_nothing_else(registry, scope):
    ctx = caller(scope, may_destroy=True)
    assert dispatch("workspace.read", {}, ctx, registry=registry) is False
    for effect in ("write", "spend", "destroy"):
        with pytest.raises(MissingScope):
            dispatch(f"workspace.{effect}", {"dry_run": True}, ctx, registry=registry)
    with pytest.raises(MissingScope):
        dispatch("workspace.read", {}, caller("other.*:read"), registry=registry)


def test_whoever_does_not_say_where_an_effect_ends_means_the_vendor(registry):
    assert registry.get("demo.spend").reach == "vendor"


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


@pytest.mark.case("hardening/H3")
@pytest.mark.parametrize("text", ["a\0b", "half \ud83d"])
@pytest.mark.parametrize("place", ["day", "deep", "name"])
def test_text_that_cannot_be_stored_is_bad_input_wherever_it_stands(registry, text, place):
    arguments = {"day": {"day": text, "deep": [{"inner": text}], "name": {text: 1}}[place]}
    with capture_logs() as lines, pytest.raises(BadInput, match="cannot be stored"):
        dispatch("demo.read", arguments, caller("*"), registry=registry)
    assert [line["outcome"] for line in lines] == ["BadInput"]


@pytest.mark.case("hardening/H3")
def test_an_unforeseen_error_is_recorded_and_answered_without_its_words(registry, caplog):
    @operation("demo.breaks", effect="read", registry=registry)
    def breaks(ctx: Context) -> int:
        """Break in a way nobody foresaw."""
        raise RuntimeError("jane@example.com at 10.0.0.1")

    with capture_logs() as lines, pytest.raises(SpreadersError, match="Something broke here") as answer:
        dispatch("demo.breaks", {}, caller("*"), registry=registry)
    assert [line["outcome"] for line in lines] == ["unforeseen RuntimeError"]
    assert answer.value.evidence["incident"] in caplog.text
    assert "test_dispatch.py" in caplog.text
    assert "jane" not in f"{answer.value.as_dict()} {caplog.text} {lines}"
