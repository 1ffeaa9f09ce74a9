"""Every claim of the README that can be checked without starting everything is."""

import json
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest
import typer

from actions.services import declare_operations
from api.mcp import mcp_servers
from app.places import all_places
from channels.catalog import discover
from core.operation import REGISTRY
from core.settings import DEFAULT_HOME, Settings
from orchestration.cli import app

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHELL = [
    line.split("#")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
]
COMMANDS = [line for line in SHELL if line.startswith("spreaders ")]
LINKS = re.findall(r"\]\(([^)#]+)\)", README)
CLI = typer.main.get_command(app)
FLOORS = {
    "5": {"app"},
    "4": {"api", "orchestration"},
    "3": {"actions", "ingestion", "transforms", "ml"},
    "2": {"channels", "lake"},
    "1": {"core"},
    "aside": {"sandbox"},
}


@pytest.fixture(scope="module", autouse=True)
def _declared():
    declare_operations()


def read(command):
    """Return the command's name and its values as the command line reads them, without running it."""
    name, *arguments = shlex.split(command)[1:]
    known = CLI.commands[name]
    if name == "identity":
        name, known = f"{name} {arguments[0]}", known.commands[arguments.pop(0)]
    return name, known.make_context(name, arguments).params


def commands():
    """Return every command by its name as it is typed."""
    found = {}
    for name, command in CLI.commands.items():
        below = getattr(command, "commands", None)
        found |= {f"{name} {verb}": c for verb, c in below.items()} if below else {name: command}
    return found


def options(name):
    return {option for parameter in commands()[name].params for option in parameter.opts}


def test_there_is_something_to_check():
    assert (len(COMMANDS), len(LINKS)) >= (6, 7)


def test_every_make_verb_is_one_that_help_lists():
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    verbs = {line.split()[1] for line in listed.splitlines()}
    named = {line.split()[1] for line in SHELL if line.startswith("make ")}
    named |= set(re.findall(r"`make ([\w-]+)`", README))
    assert {"up", "test", "help"} <= named
    assert named <= verbs | {"help"}
    assert {"help", "up", "test", "lint", "bench", "docs"} <= verbs


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shown_is_one_the_command_line_takes(command):
    name, values = read(command)
    channel = values.get("channel")
    assert channel is None or channel in discover()
    if name == "call":
        operation = REGISTRY.get(values["name"])
        operation.arguments.model_validate(json.loads(values["arguments"]))


def test_every_command_is_shown():
    shown = {read(command)[0] for command in COMMANDS}
    assert shown == set(commands())
    assert any(read(command)[1].get("select") for command in COMMANDS)


def test_every_command_takes_a_home_and_three_a_market():
    assert all("--home" in options(name) for name in set(commands()) - {"attribute"})
    assert all({"--scenario", "--days"} <= options(name) for name in ("up", "load", "sandbox"))


@pytest.mark.parametrize("link", LINKS)
def test_every_linked_file_is_there(link):
    assert (ROOT / link).exists()


def test_every_operation_and_setting_named_exists():
    namespaces = {op.namespace for op in REGISTRY}
    named = {n for n in re.findall(r"\b([a-z]+\.[a-z][A-Za-z]+)\b", README) if n.split(".")[0] in namespaces}
    named = {name for name in named if not name.endswith(".md")}
    assert named
    assert named <= {op.name for op in REGISTRY}
    settings = {name.removeprefix("SPREADERS_").lower() for name in re.findall(r"SPREADERS_\w+", README)}
    assert settings
    assert settings <= set(Settings.model_fields)
    assert "`~/.spreaders`" in README
    assert Path.home() / ".spreaders" == DEFAULT_HOME


def test_agents_find_the_small_face_one_for_each_service_and_everything():
    paths = {"/mcp", "/mcp/all", *(f"/mcp/{op.namespace}" for op in REGISTRY)}
    assert set(mcp_servers(REGISTRY, None)) == paths
    assert all(path in README for path in ("`/mcp/`", "`/mcp/<service>`", "`/mcp/all`"))


def test_the_sandbox_plays_as_many_vendors_as_are_told():
    twins = {path.name for path in (ROOT / "sandbox").iterdir() if path.name in discover()}
    assert "seven vendors" in README
    assert len(discover()) == len(twins) == 7


def test_the_pages_named_are_the_pages_of_the_app():
    places = all_places()
    assert {place.file for place in places} == {path.name for path in (ROOT / "app" / "views").glob("*.py")}
    pages = (ROOT / "docs" / "app.md").read_text("utf-8")
    assert all(f"| {place.title} |" in pages for place in places)
    assert all(place.title in README for place in places)
    assert "open the app: Overview, Channels down to the single ad or post, Attribution with" in README


def test_the_floors_drawn_are_the_floors_there_are():
    drawn = dict(re.findall(r"^\| (\d|aside) \| (.+) \|$", README, re.MULTILINE))
    rooms = {floor: set(re.findall(r"`(\w+)`", text)) for floor, text in drawn.items()}
    assert rooms == FLOORS
    assert all((ROOT / room).is_dir() for group in FLOORS.values() for room in group)


def test_the_python_and_the_licence_told_are_the_projects():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "Python 3.11 or newer" in README
    assert project["requires-python"].startswith(">=3.11")
    assert "Apache-2.0" in README
    assert project["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
