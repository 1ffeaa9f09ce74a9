"""Builds the marts: runs dbt in a process of its own and tells what came of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from core.files import read_json_object
from transforms import run_dbt
from transforms.build_state import Standing, read_standing, read_state, remember_project
from transforms.dbt_process import BuildFailed, DbtProcess
from transforms.stale import find_stale, hash_project

PROJECT = Path(__file__).parent / "dbt"
# What the profile asks for; parsing needs the names only.
PROFILE = (
    "SPREADERS_DBT_HOST",
    "SPREADERS_DBT_PORT",
    "SPREADERS_DBT_USER",
    "SPREADERS_DBT_DATABASE",
    "DBT_ENV_SECRET_PASSWORD",
)
# A check that fails or only warns says something about the numbers; an error means a model was not built.
MODELS = {"model", "seed"}
BAD = {"error", "fail", "runtime error", "partial success"}


class Database(Protocol):
    """What a build needs of the warehouse."""

    def dbt_env(self) -> dict[str, str]:
        """Return the environment variables of the dbt profile."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One model or check that went wrong, in a sentence."""

    name: str
    kind: str
    status: str
    message: str


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What a build did.

    `failures` are errors and failed checks, `warnings` checks that only warn, `skipped` the models
    left as they were because something they read failed.
    """

    seconds: float
    models: int
    tests: int
    failures: tuple[Failure, ...]
    warnings: tuple[Failure, ...]

    skipped: tuple[str, ...]

    @property
    def is_built(self) -> bool:
        """Every model stands, whatever the checks say."""
        return not self.skipped and not any(f.kind != "check" for f in self.failures)

    @property
    def ok(self) -> bool:
        """Every model stands and every check holds."""
        return not self.failures


def build_models(
    warehouse: Database,
    *,
    home: Path,
    select: str | None = None,
    full_refresh: bool = False,
    reporting_currency: str = "EUR",
    unit_tests: bool = False,
    without: Sequence[str] = (),
    process: DbtProcess | None = None,
) -> BuildResult:
    """Build seeds, models and checks in dependency order and return what came of it.

    `select` is dbt's node selection (`fct_orders+`). `unit_tests` also runs the models on the made-up
    rows of their unit tests, which say nothing about the data and so are left to development.
    Without a choice of yours dbt is given only what reads something that changed since the last build,
    and is not started when nothing did; checks of the rest stand as they were, and are told with the others.
    `without` names published tables: what is made from them is left as it was, and the next build looks at
    everything again. `process` is a dbt of `open_dbt`, perhaps started. Artefacts go to `home/dbt`, logs
    to `home/logs/dbt`; the project folder is only read.

    Raises:
        BuildFailed: dbt could not start: a model does not parse, or the database is out of reach.
    """
    env = _variables(warehouse, home, reporting_currency)
    project = hash_project(PROJECT, reporting_currency)
    is_whole = select is None and not without
    is_free = is_whole and not full_refresh and not unit_tests
    found = _find_stale(env, home, project)
    stale = found if is_free else None
    if stale == []:
        return _add_standing(BuildResult(0.0, 0, 0, (), (), ()), env, home)
    # The manifest of this very project is there.
    options = ["--no-write-json"] if stale else []
    chosen = select.split() if select else stale
    options += ["--select", *chosen] if chosen else []
    options += [] if unit_tests else ["--exclude-resource-type", "unit_test"]
    options += ["--full-refresh"] if full_refresh else []
    options += ["--exclude", *(f"source:lake.{table}+" for table in without)] if without else []
    with process or DbtProcess(env) as own:
        result = _build(options, own, home)
    # A choice of models that all stood leaves all standing; of others, readers would not be seen to be stale.
    if result.is_built and (is_whole or (select is not None and found == [])):
        remember_project(env, project)
    return _add_standing(result, env, home) if is_whole else result


def open_dbt(warehouse: Database, *, home: Path, reporting_currency: str = "EUR") -> DbtProcess:
    """Return a dbt for one `build_models`, not started yet."""
    return DbtProcess(_variables(warehouse, home, reporting_currency))


def _variables(warehouse: Database, home: Path, reporting_currency: str) -> dict[str, str]:
    return _keep_bytecode(home) | warehouse.dbt_env() | {"SPREADERS_REPORTING_CURRENCY": reporting_currency}


def _find_stale(env: Mapping[str, str], home: Path, project: str) -> list[str] | None:
    state, nodes = read_state(env), _read_nodes(home)
    if state is None or state.project != project or not nodes:
        return None
    return find_stale(nodes, state, project)


def _read_nodes(home: Path) -> dict[str, dict[str, Any]]:
    """Return the models, seeds and checks of the last build's manifest; none where it is missing or torn."""
    nodes: dict[str, dict[str, Any]] = read_json_object(home / "dbt" / "manifest.json").get("nodes", {})
    return nodes


def _build(options: list[str], process: DbtProcess, home: Path) -> BuildResult:
    target, logs = home / "dbt", home / "logs" / "dbt"
    command = ["build", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    command += ["--target-path", str(target), "--log-path", str(logs), "--quiet", "--log-level-file", "info"]
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    started = time.perf_counter()
    done = process.run([*command, *options], results)
    seconds = round(time.perf_counter() - started, 3)
    told = read_json_object(results)
    if not told or done.returncode not in {0, run_dbt.FAILED}:
        raise BuildFailed(_reason(done.stdout + done.stderr), log=str(logs / "dbt.log"))
    about = {key: str(node.get("description", "")) for key, node in _read_nodes(home).items()}
    return _read_results(told, about, seconds)


def _add_standing(result: BuildResult, env: Mapping[str, str], home: Path) -> BuildResult:
    """Return the result with the checks that were not run now and did not hold when they were."""
    told = {failure.name for failure in (*result.failures, *result.warnings)}
    checks = {node["name"] for node in _read_nodes(home).values() if node["resource_type"] == "test"}
    standing = read_standing(env, checks - told)
    return replace(
        result,
        failures=(*result.failures, *(_stood(s) for s in standing if s.status in BAD)),
        warnings=(*result.warnings, *(_stood(s) for s in standing if s.status == "warn")),
    )


def _stood(check: Standing) -> Failure:
    said = f"check {check.name} does not hold: {check.message[:600]}"
    return Failure(check.name, "check", check.status, said)


def manifest_of(home: Path) -> Path:
    """Return dbt's manifest of the project as it is now, parsing again when a file is newer than it.

    Raises:
        BuildFailed: a model or its description does not parse.
    """
    manifest = home / "dbt" / "parsed" / "manifest.json"
    newest = max(file.stat().st_mtime for file in PROJECT.rglob("*") if file.is_file())
    if not read_json_object(manifest) or manifest.stat().st_mtime < newest:
        _read_project(["parse"], manifest.parent, home / "logs" / "dbt")
    return manifest


def read_parents(home: Path) -> Mapping[str, frozenset[str]]:
    """Return, for every model, the published tables it is made from, near or far; none before a build."""
    manifest = read_json_object(home / "dbt" / "manifest.json")
    parents: dict[str, list[str]] = manifest.get("parent_map", {})

    def tables(node: str, seen: set[str]) -> Iterator[str]:
        if node not in seen:
            seen.add(node)
            if node.startswith("source."):
                yield node.rsplit(".", 1)[-1]
            for parent in parents.get(node, ()):
                yield from tables(parent, seen)

    return {
        node.rsplit(".", 1)[-1]: frozenset(tables(node, set()))
        for node in parents
        if node.startswith("model.")
    }


def write_docs(site: Path) -> Path:
    """Write dbt's documentation of the models into `site` and return its one page; needs no database.

    Raises:
        BuildFailed: a model or its description does not parse.
    """
    with TemporaryDirectory(prefix="spreaders-") as folder:
        target = Path(folder)
        _read_project(["parse"], target, target)
        # Column types come from the contracts, so nothing has to be asked of a database.
        _read_project(["docs", "generate", "--static", "--no-compile", "--empty-catalog"], target, target)
        site.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copyfile(target / "static_index.html", site / "index.html"))


def _read_project(verb: list[str], target: Path, logs: Path) -> None:
    """Run a dbt verb that only reads the project."""
    command = [*verb, "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--quiet"]
    command += ["--target-path", str(target), "--log-path", str(logs)]
    done = _run_dbt(command, dict.fromkeys(PROFILE, "0"))
    if done.returncode:
        raise BuildFailed(_reason(done.stdout + done.stderr))


def _keep_bytecode(home: Path) -> dict[str, str]:
    """Where Python is to leave no bytecode beside its sources, keep dbt's at home: it halves dbt's start."""
    if not sys.dont_write_bytecode:
        return {}
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(home / "dbt" / "bytecode")}


def _run_dbt(command: list[str], variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    with DbtProcess(variables) as process:
        return process.run(command)


def _reason(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    kept = [line for line in lines if "warn" not in line.lower()][:6]
    return "The models were not built: " + (" ".join(kept)[:800] or "dbt said nothing.")


def _read_results(results: dict[str, Any], about: dict[str, str], seconds: float) -> BuildResult:
    nodes = results["results"]
    tests = [n for n in nodes if _kind(n) == "check"]
    models = [n for n in nodes if _kind(n) in MODELS and n["status"] == "success"]
    return BuildResult(
        seconds,
        len(models),
        len(tests),
        tuple(_failure(n, about) for n in nodes if n["status"] in BAD),
        tuple(_failure(n, about) for n in nodes if n["status"] == "warn"),
        tuple(_name(n) for n in nodes if n["status"] == "skipped" and _kind(n) in MODELS),
    )


def _kind(node: dict[str, Any]) -> str:
    kind = str(node["unique_id"]).split(".", 1)[0]
    return "check" if kind in {"test", "unit_test"} else kind


def _name(node: dict[str, Any]) -> str:
    parts = str(node["unique_id"]).split(".")
    return ".".join(parts[2:]) if parts[0] == "unit_test" else parts[2]


def _failure(node: dict[str, Any], about: dict[str, str]) -> Failure:
    kind, name = _kind(node), _name(node)
    verb, why = (
        ("does not hold", about.get(node["unique_id"], "")) if kind == "check" else ("was not built", "")
    )
    said = " ".join(f"{why} {node.get('message') or 'dbt gave no reason.'}".split())
    return Failure(name, kind, str(node["status"]), f"{kind} {name} {verb}: {said[:600]}")
