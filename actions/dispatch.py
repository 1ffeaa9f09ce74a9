"""The one door: every call of every operation, whoever makes it, passes through here."""

from __future__ import annotations

import logging
import re
import secrets
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog
from pydantic import BaseModel, ValidationError

from core.context import Context
from core.errors import BadInput, GuardrailDenied, NotFound, SpreadersError
from core.operation import REGISTRY, Operation, Registry

SURROGATE = re.compile("[\ud800-\udfff]")
# Calls named in the log of an unforeseen error, innermost first.
FRAMES = 8

log = logging.getLogger("spreaders.dispatch")
audit = structlog.get_logger("spreaders.audit")


def dispatch(
    name: str,
    arguments: Mapping[str, Any],
    ctx: Context,
    *,
    registry: Registry = REGISTRY,
) -> Any:
    """Call an operation for a caller and return its result as JSON-ready Python.

    The order never changes: authorise, validate, guard, call, record.

    Raises:
        NotFound: no operation of that name.
        MissingScope: the caller may not call it.
        BadInput: the arguments do not fit; the message names each one.
        GuardrailDenied: the operation has an effect that nothing allows.
        SpreadersError: something unforeseen; the message holds no internals, the log has the place.
    """
    operation = registry.get(name)
    if operation is None:
        raise NotFound(f"There is no operation {name!r}; `spreaders call --list` names them all.")
    started = time.perf_counter()
    try:
        ctx.allow(operation.name, is_read=operation.effect == "read")
        refuse_unstorable(arguments)
        checked = validate(operation, arguments)
        guard(operation, checked, ctx)
        result = operation.fn(ctx, **{field: getattr(checked, field) for field in type(checked).model_fields})
        body = operation.result.dump_python(result, mode="json")
    except SpreadersError as error:
        record(operation, ctx, type(error).__name__, started)
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is recorded and answered
        record(operation, ctx, f"unforeseen {type(error).__name__}", started)
        raise unforeseen(error) from None
    record(operation, ctx, "ok", started)
    return body


def refuse_unstorable(value: Any, place: str = "arguments") -> None:
    """Raise `BadInput` for text that UTF-8 or the database cannot hold: NUL, half of a surrogate pair."""
    if isinstance(value, str):
        if "\0" in value or SURROGATE.search(value):
            raise BadInput(
                f"{place} holds a character that cannot be stored (NUL or half a character); remove it."
            )
    elif isinstance(value, Mapping):
        for key, item in value.items():
            refuse_unstorable(key, f"a name in {place}")
            refuse_unstorable(item, str(key) if place == "arguments" else f"{place}.{key}")
    elif isinstance(value, Sequence):
        for item in value:
            refuse_unstorable(item, place)


def unforeseen(error: Exception) -> SpreadersError:
    """Return what a caller is answered about an error nobody foresaw; log its kind and place, not its words.

    Its words may hold what the caller or the database sent.
    """
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    places = " < ".join(
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames)
    )
    number = secrets.token_hex(4)
    log.error("unforeseen %s (%s) at %s", type(error).__name__, number, places)
    return SpreadersError(f"Something broke here; search the log for {number}.", incident=number)


def validate(operation: Operation, arguments: Mapping[str, Any]) -> BaseModel:
    """Return the arguments as the operation's model; the refusal never repeats the caller's values."""
    try:
        return operation.arguments.model_validate(arguments)
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, fault['loc'])) or 'arguments'}: {fault['msg']}"
            for fault in error.errors(include_input=False, include_url=False, include_context=False)
        ]
        raise BadInput(f"{operation.name} cannot take these arguments: {'; '.join(faults)}.") from None


def guard(operation: Operation, arguments: BaseModel, ctx: Context) -> None:
    """Refuse effects at vendors, and here what cannot be undone unless the owner allowed it.

    A dry run changes nothing. What the vendor does not offer has no effect and may say so itself.
    """
    if operation.effect == "read" or not operation.is_offered:
        return
    if operation.reach == "vendor" or operation.effect == "spend":
        raise GuardrailDenied(
            f"{operation.name} would {operation.effect} at the vendor; writes are off in this workspace."
        )
    if operation.effect == "destroy" and not (ctx.may_destroy or getattr(arguments, "dry_run", False)):
        raise GuardrailDenied(
            f"{operation.name} cannot be undone and is off; "
            "the owner allows it by SPREADERS_ALLOW_DESTROY=true."
        )


def record(operation: Operation, ctx: Context, outcome: str, started: float) -> None:
    """Write the audit line: who called what for whom, how it ended, and never the values."""
    audit.info(
        "call",
        operation=operation.name,
        effect=operation.effect,
        reach=operation.reach,
        actor=ctx.actor,
        workspace=str(ctx.workspace),
        outcome=outcome,
        milliseconds=round((time.perf_counter() - started) * 1000),
    )
