"""docs/import.md holds: every layout is in it, and its examples give what they print."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from ingestion.csv.layouts import LAYOUTS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "import.md").read_text()
FILES = dict(re.findall(r"```csv name=(\S+)\n(.*?)```", PAGE, re.DOTALL))
EXAMPLES = re.findall(r"```console\n\$ spreaders (.*?)\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("files")
    for name, text in FILES.items():
        (place / name).write_text(text)
    return place


@pytest.mark.parametrize(("line", "printed"), EXAMPLES, ids=[line[:40] for line, _ in EXAMPLES])
def test_an_example_gives_what_it_prints(folder, line, printed):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SPREADERS_")}
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", *shlex.split(line), "--home", str(folder / "home")],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    files = json.loads(done.stdout)["files"]
    for told in printed.splitlines():
        name, value = told.split(" ", 1)
        assert value in {str(file[name]) for file in files}


def test_every_layout_is_listed_with_its_channel():
    rows = set(re.findall(r"^\| `(\w+)` \| (.+?) \|", PAGE, re.MULTILINE))
    assert rows == {(layout.channel, layout.name) for layout in LAYOUTS}
