"""How a command ends when something goes wrong: one sentence, JSON where that was asked for, a log."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from core.disk import full_disk_of
from core.errors import SpreadersError
from core.settings import DEFAULT_HOME
from orchestration.greeting import STOPPED
from orchestration.progress import console

REFUSED = 2
BROKEN = 1
INTERRUPTED = 130
LOG = "spreaders.log"


def run(command: Callable[..., Any], arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code; every error is told in one sentence.

    With `--json` (and for `call`, which always answers JSON) an error is one object on stdout:
    `{"ok": false, "error": ..., "message": ...}`. Exit code 2 is a refusal, 1 a failure, 130 a stop.
    """
    as_json = is_json(arguments)
    try:
        # Standing alone, typer writes usage errors itself, as text.
        code = command(list(arguments), standalone_mode=not as_json)
    except SystemExit as end:
        code = end.code
    except SpreadersError as error:
        return _refuse(error, as_json=as_json)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last place that can tell it
        return _tell(error, arguments, as_json=as_json)
    if code == INTERRUPTED:
        _answer("Stopped", STOPPED, as_json=as_json)
        console.print(STOPPED)
    return code if isinstance(code, int) else int(code is not None)


def is_json(arguments: Sequence[str]) -> bool:
    """Return whether these arguments ask for JSON."""
    words = list(arguments[: arguments.index("--")] if "--" in arguments else arguments)
    return "--json" in words or "--advance" in words or (words[:1] == ["call"] and "--list" not in words)


def _tell(error: Exception, arguments: Sequence[str], *, as_json: bool) -> int:
    full = full_disk_of(error, _home(arguments))
    if full is not None:
        return _refuse(full, as_json=as_json)
    usage = getattr(error, "format_message", None)
    if usage is not None:  # typer's own: an option or argument that does not fit
        text = str(usage()).strip()
        _answer("BadInput", text, as_json=as_json)
        console.print(f"[red]Error:[/] {text}", highlight=False, soft_wrap=True)
        return REFUSED
    log = _write_log(error, arguments)
    text = f"Something broke here ({type(error).__name__}); the whole story is in {log}."
    _answer("Unforeseen", text, as_json=as_json)
    console.print(f"[red]Error:[/] {text}", highlight=False, soft_wrap=True)
    return BROKEN


def _refuse(error: SpreadersError, *, as_json: bool) -> int:
    _answer(type(error).__name__, error.message, as_json=as_json, evidence=error.evidence)
    console.print("[red]Error:[/]", end=" ")
    console.print(error.message, highlight=False, soft_wrap=True, markup=False)
    return REFUSED


def _answer(name: str, message: str, *, as_json: bool, evidence: dict[str, object] | None = None) -> None:
    if as_json:
        answer = {"ok": False, "error": name, "message": message}
        more = {"evidence": evidence} if evidence else {}
        sys.stdout.write(json.dumps({**answer, **more}, default=str) + "\n")
        sys.stdout.flush()


def _write_log(error: Exception, arguments: Sequence[str]) -> Path:
    """Append the traceback to the home's log, or to one beside temporary files where there is no home."""
    folder = _home(arguments) / "logs"
    log = (folder if os.access(folder, os.W_OK) else Path(gettempdir())) / LOG
    story = "".join(traceback.format_exception(error))
    try:
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now(UTC).isoformat()} spreaders {' '.join(arguments[:1])}\n{story}\n")
    except OSError:
        sys.stderr.write(story)  # nowhere else to keep it
    return log


def _home(arguments: Sequence[str]) -> Path:
    """Return the home these arguments mean, without reading any settings: they may be what is wrong."""
    words = list(arguments)
    for at, word in enumerate(words):
        if word.startswith("--home="):
            return Path(word.removeprefix("--home=")).expanduser()
        if word == "--home" and at + 1 < len(words):
            return Path(words[at + 1]).expanduser()
    return Path(os.environ.get("SPREADERS_HOME") or DEFAULT_HOME).expanduser()
