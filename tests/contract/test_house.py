"""The house keeps its own rules: floors, file sizes, one HTTP module, no hosts of registries."""

import ast
import configparser
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ASIDE = {"tests", "benchmarks", "deploy", "docs"}
LONGEST_FILE = 500
LONGEST_MODEL = 150
HOSTS = re.compile(
    r"(?i)pypi\.org|pythonhosted|crates\.io|proxy\.golang|registry\.npmjs|repo1?\.maven|deb\.debian"
)


def tracked(*patterns):
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


def test_every_room_has_its_floor():
    contract = configparser.ConfigParser()
    contract.read(ROOT / ".importlinter")
    floors = set(re.findall(r"\w+", contract["importlinter:contract:floors"]["layers"])) | {"sandbox"}
    rooms = {path.relative_to(ROOT).parts[0] for path in tracked("*.py") if path.parent != ROOT} - ASIDE
    assert rooms <= floors
    assert set(contract["importlinter"]["root_packages"].split()) == floors


@pytest.mark.parametrize("path", tracked("*.py"), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_is_longer_than_a_reader_bears(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


def test_no_model_is_longer_than_a_reader_bears():
    long = [p.name for p in tracked("transforms/*.sql") if len(p.read_text().splitlines()) > LONGEST_MODEL]
    assert not long


def test_only_one_module_imports_the_http_library():
    importers = []
    for path in tracked("*.py"):
        room = path.relative_to(ROOT).parts[0]
        if room in ASIDE | {"sandbox"}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == "httpx" for name in names):
                importers.append(str(path.relative_to(ROOT)))
    assert importers == ["core/http.py"]


def test_the_core_stays_small():
    assert sum(len(p.read_text().splitlines()) for p in tracked("core/*.py")) < 1000


def test_no_file_names_a_package_registry():
    named = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.suffix not in {".png", ".ico"}
        and path != Path(__file__)
        and HOSTS.search(path.read_text("utf-8", errors="replace"))
    ]
    assert not named


def test_no_module_has_a_name_that_says_nothing():
    vague = {"utils", "helpers", "manager", "data", "misc", "common"}
    assert not [p for p in tracked("*.py") if p.stem in vague or p.parent.name in vague]
