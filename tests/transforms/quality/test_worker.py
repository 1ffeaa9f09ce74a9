"""The checking process loads what it seldom needs only when something asks it."""

from __future__ import annotations

import sys
from importlib import import_module

import pytest

from transforms.quality.worker import load_later

PLOTS = """
import pathlib
pathlib.Path({mark!r}).write_text("loaded")
def draw():
    return "drawn"
"""


@pytest.fixture
def mark(tmp_path, monkeypatch):
    """A file that is there once the module `seldom_plots` was loaded."""
    file = tmp_path / "mark"
    (tmp_path / "seldom_plots.py").write_text(PLOTS.format(mark=str(file)))
    monkeypatch.syspath_prepend(tmp_path)
    yield file
    sys.modules.pop("seldom_plots", None)


def test_importing_a_seldom_used_module_twice_loads_nothing_and_asking_it_does(mark):
    load_later("seldom_plots")
    module = import_module("seldom_plots")
    exec("import seldom_plots", {})
    assert not mark.exists()
    assert module.draw() == "drawn"
    assert mark.exists()
    assert import_module("seldom_plots").draw() == "drawn"


def test_a_module_that_is_not_there_is_no_error_until_it_is_imported():
    load_later("no_such_plots")
    with pytest.raises(ModuleNotFoundError):
        import_module("no_such_plots")
