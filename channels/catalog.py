"""Finds every channel: a module of this folder with a `channel`."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from channels.contract import Channel


@cache
def discover() -> dict[str, Channel]:
    """Return all channels by name, in order of name; a new file is found without being listed anywhere."""
    names = sorted(module.name for module in iter_modules([str(Path(__file__).parent)]))
    found = (getattr(import_module(f"channels.{name}"), "channel", None) for name in names)
    return {channel.name: channel for channel in found if isinstance(channel, Channel)}
