"""The checking process: reads jobs as JSON lines, holds each table to its suite, answers in JSON lines."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any, TextIO

from lake.quality.rule import Rule

# Great Expectations loads every engine it can find, and plots and statistics for rules that we do not have.
# This process needs SQL and small frames only: engines are hidden, the rest is loaded when something asks it.
UNUSED = ("pyspark",)
SELDOM_USED = ("altair", "scipy.stats")
# More offending rows than these are not listed one by one: then not rows but the stream is bad.
MOST_KEYS = 20_000
EXAMPLES = 5


def serve(lines: TextIO, answers: TextIO) -> None:
    """Answer every line until the other side closes: a batch of jobs in, their results out.

    Where the database is comes from `SPREADERS_CHECKS_URL` and `PGPASSWORD`. A job is `{"rules"}`
    with `query` or `rows` to read, and `keys`, the columns that name a row.
    """
    for name in UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]
    for name in SELDOM_USED:
        load_later(name)
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    url = os.environ["SPREADERS_CHECKS_URL"]
    sources = {
        "query": context.data_sources.add_postgres(
            "warehouse", connection_string=url, create_temp_table=False
        ),
        "rows": context.data_sources.add_pandas("measured"),
    }
    for number, line in enumerate(lines):
        jobs = json.loads(line)
        found = [_check(sources, f"{number}_{place}", job) for place, job in enumerate(jobs)]
        answers.write(json.dumps(found, default=str) + "\n")
        answers.flush()


class Later(ModuleType):
    """A module that is loaded when one of its names is asked for.

    Not `importlib.util.LazyLoader`: that loads as soon as a second import statement names the module.
    """

    def __init__(self, spec: ModuleSpec) -> None:
        super().__init__(spec.name)
        self.__spec__, self.__path__ = spec, spec.submodule_search_locations or []

    def __getattr__(self, name: str) -> Any:
        del sys.modules[self.__name__]
        module = import_module(self.__name__)
        vars(self).update(vars(module))
        return getattr(module, name)


def load_later(name: str) -> None:
    """Let a module be imported at once and loaded when one of its names is asked for."""
    spec = None if name in sys.modules else find_spec(name)
    if spec is not None:
        sys.modules[name] = Later(spec)


def _check(sources: dict[str, Any], name: str, job: dict[str, Any]) -> list[dict[str, Any]]:
    """Return, for each rule of a job, rows read and failing, a few values, and the keys of bad rows."""
    from transforms.quality.suites import make_suite

    batch = _batch(sources, name, job)
    rules = [Rule.from_dict(rule) for rule in job["rules"]]
    # First only whether each holds: that is few queries. What does not hold, and one rule, are counted.
    found = batch.validate(make_suite(name, rules), result_format={"result_format": "BOOLEAN_ONLY"})
    broken = [rule for result, rule in _pairs(found.results, rules) if not _holds(result, rule)]
    counted = [rule for rule in rules if rule is rules[0] or rule in broken]
    counts = batch.validate(make_suite(f"{name}_counts", counted), result_format={"result_format": "BASIC"})
    seen = {rule.name: _tell(result, rule) for result, rule in _pairs(counts.results, counted)}
    rows = seen[rules[0].name]["rows"]
    told = {rule.name: seen.get(rule.name) or _nothing(rule, rows) for rule in rules}
    named = [rule for rule in broken if rule.severity == "critical" and rule.kind != "unique"]
    if named and job["keys"] and max(told[rule.name]["failing"] for rule in named) <= MOST_KEYS:
        for rule_name, keys in _list_keys(batch, f"{name}_keys", named, job["keys"]):
            told[rule_name]["keys"] = keys
    return list(told.values())


def _list_keys(
    batch: Any, name: str, rules: Sequence[Rule], columns: Sequence[str]
) -> Iterator[tuple[str, list[list[str]]]]:
    """Yield, for each rule, the keys of the rows that break it."""
    from transforms.quality.suites import make_suite

    listing = {
        "result_format": "COMPLETE",
        "unexpected_index_column_names": columns,
        "partial_unexpected_count": MOST_KEYS,  # in SQL this cuts the complete list too
    }
    found = batch.validate(make_suite(name, rules), result_format=listing)
    for result, rule in _pairs(found.results, rules):
        rows = result.result.get("unexpected_index_list") or []
        yield rule.name, [[row[column] for column in columns] for row in rows]


def _batch(sources: dict[str, Any], name: str, job: dict[str, Any]) -> Any:
    if "query" in job:
        asset = sources["query"].add_query_asset(name, query=job["query"])
        return asset.add_batch_definition_whole_table(name).get_batch()
    import pandas as pd

    asset = sources["rows"].add_dataframe_asset(name)
    frame = pd.DataFrame(job["rows"])
    return asset.add_batch_definition_whole_dataframe(name).get_batch({"dataframe": frame})


def _pairs(results: Sequence[Any], rules: Sequence[Rule]) -> list[tuple[Any, Rule]]:
    by_name = {rule.name: rule for rule in rules}
    return [(result, by_name[result.expectation_config.meta["rule"]]) for result in results]


def _holds(result: Any, rule: Rule) -> bool:
    """Return whether the rule holds.

    Raises:
        RuntimeError: it could not be held against the data at all.
    """
    if result.exception_info and "raised_exception" not in result.exception_info:
        raise RuntimeError(f"{rule.name}: {next(iter(result.exception_info.values()))['exception_message']}")
    if result.exception_info.get("raised_exception"):
        raise RuntimeError(f"{rule.name}: {result.exception_info['exception_message']}")
    return bool(result.success)


def _nothing(rule: Rule, rows: int) -> dict[str, Any]:
    return {"rule": rule.name, "rows": rows, "failing": 0, "examples": [], "keys": []}


def _tell(result: Any, rule: Rule) -> dict[str, Any]:
    """Return a result in plain values."""
    _holds(result, rule)
    seen = result.result
    values = [_text(value) for value in seen.get("partial_unexpected_list") or []]
    return {
        "rule": rule.name,
        "rows": int(seen.get("element_count") or 0),
        "failing": int(seen.get("unexpected_count") or 0),
        "examples": list(dict.fromkeys(values))[:EXAMPLES],
        "keys": [],
    }


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key}={part}" for key, part in value.items())[:200]
    parts = value if isinstance(value, (list, tuple)) else [value]
    return " and ".join("nothing" if part is None else str(part) or "''" for part in parts)[:200]


if __name__ == "__main__":
    # Whatever a library prints must not come between the answers.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(sys.stdin, out)
