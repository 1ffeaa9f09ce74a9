"""No process of ours runs what lies in the current folder."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from core.process import python_command

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "core",
    "channels",
    "lake",
    "ingestion",
    "transforms",
    "ml",
    "actions",
    "api",
    "orchestration",
    "app",
)


@pytest.mark.case("files/30")
@pytest.mark.case("hardening/H4")
def test_a_module_of_the_current_folder_is_not_imported(tmp_path):
    for name in ("structlog", "attr", "json"):
        (tmp_path / f"{name}.py").write_text("open('was_run', 'w'); raise SystemExit('hijacked')")
    code = subprocess.run(
        python_command("actions.dispatch"), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert code.returncode == 0, code.stderr
    assert not (tmp_path / "was_run").exists()


def test_every_start_of_a_python_program_goes_through_the_one_command():
    own = re.compile(r"sys\.executable,")
    places = {
        str(file.relative_to(ROOT))
        for package in PACKAGES
        for file in (ROOT / package).rglob("*.py")
        if own.search(file.read_text(encoding="utf-8"))
    }
    # The one beside it runs the small program that binds a child to its parent, with -P as well.
    assert places == {"core/process.py", "orchestration/processes.py"}
    bound = (ROOT / "orchestration" / "processes.py").read_text(encoding="utf-8")
    assert len(own.findall(bound)) == bound.count('sys.executable, "-P"') == 1
