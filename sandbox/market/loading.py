"""Reads a scenario file and turns every mistake in it into one clear sentence."""

from __future__ import annotations

import difflib
import tomllib
import types
import typing
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from sandbox.market.scenario import Scenario

SCENARIOS = Path(__file__).parent.parent / "scenarios"


class ScenarioError(ValueError):
    """A scenario cannot be used; the message is one sentence that says what to change."""


def load_scenario(
    path: str | Path | None = None,
    days: int | None = None,
    seed: int | None = None,
    people: int | None = None,
) -> Scenario:
    """The checked scenario of a TOML file; a bare name such as "small" means a shipped one, None the default.

    `days`, `seed` and `people` replace the file's; with `people`, budgets and demand are scaled along.
    Raises ScenarioError.
    """
    file = find_scenario(path)
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"Scenario {file} is not valid TOML: {error}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"Scenario {file} cannot be read: {error}.") from None
    if people is not None:
        table["amounts_for_people"] = table.get("amounts_for_people") or table.get("people", 50_000)
    given = {"days": days, "seed": seed, "people": people}
    table |= {key: value for key, value in given.items() if value is not None}
    try:
        return Scenario.model_validate(table)
    except ValidationError as error:
        raise ScenarioError(f"Scenario {file}: {describe_mistake(error)}") from None


def find_scenario(path: str | Path | None) -> Path:
    """The file meant by a path, a shipped name or None; raises ScenarioError."""
    if path is None:
        return SCENARIOS / "default.toml"
    shipped = SCENARIOS / f"{path}.toml"
    file = shipped if shipped.is_file() else Path(path)
    if not file.is_file():
        names = ", ".join(sorted(entry.stem for entry in SCENARIOS.glob("*.toml")))
        raise ScenarioError(f"Scenario {path} does not exist: give a TOML file or one of {names}.")
    return file


def describe_mistake(error: ValidationError) -> str:
    """The first mistake as a sentence: key path, what is wrong, what is allowed.

    A misspelt key comes before a missing one: it is usually why the other is missing.
    """
    first = min(error.errors(), key=lambda mistake: mistake["type"] != "extra_forbidden")
    where = format_path(first["loc"])
    if first["type"] == "extra_forbidden":
        allowed = list_keys(first["loc"][:-1])
        near = difflib.get_close_matches(str(first["loc"][-1]), allowed, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"allowed are {', '.join(allowed)}."
        return f"unknown key `{where}`; {hint}"
    if first["type"] == "missing":
        return f"key `{where}` is missing."
    message = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if not first["loc"]:
        return f"{message}."
    return f"`{where}` is {first['input']!r}, but {message}." if is_short(first) else f"`{where}`: {message}."


def is_short(error: Any) -> bool:
    """Whether the offending value may be repeated in the sentence."""
    return not isinstance(error["input"], dict | list)


def format_path(location: tuple[int | str, ...]) -> str:
    """A key path such as paid.google_ads.campaigns[1].ctr."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removesuffix(".[key]").removeprefix(".")


def list_keys(location: tuple[int | str, ...]) -> list[str]:
    """The keys allowed in the table at a key path."""
    kind: Any = Scenario
    for part in location:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = kind.model_fields[str(part)].annotation
        else:
            kind = typing.get_args(kind)[-1]
        kind = strip_wrappers(kind)
    return list(kind.model_fields) if hasattr(kind, "model_fields") else []


def strip_wrappers(kind: Any) -> Any:
    """The type inside Annotated and Optional."""
    while typing.get_origin(kind) in (typing.Annotated, types.UnionType, typing.Union):
        kind = typing.get_args(kind)[0]
    return kind
