"""The API answers about quality without ever loading the library that checks it: that costs ten seconds."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT

HEAVY = ("great_expectations", "dagster", "transforms.quality.suites")
LOOK = """
import sys
import api.main, api.mcp
from actions.services import declare_operations
declare_operations()
print(" ".join(name for name in {names!r} if name in sys.modules))
"""


def test_the_api_process_never_imports_great_expectations():
    done = subprocess.run(
        [sys.executable, "-c", LOOK.format(names=HEAVY)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=150,
        check=True,
    )
    assert done.stdout.split() == []


def test_only_the_checking_process_names_the_library():
    named = {
        str(path.relative_to(ROOT))
        for room in (
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
        for path in (ROOT / room).rglob("*.py")
        if "import great_expectations" in path.read_text(encoding="utf-8")
    }
    assert named == {"transforms/quality/suites.py", "transforms/quality/worker.py"}
