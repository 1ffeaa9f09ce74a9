"""Every example of docs/analytics.md is answered, and the page names what there is."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from actions.services import declare_operations
from core.operation import REGISTRY

PAGE = (Path(__file__).parents[2] / "docs" / "analytics.md").read_text(encoding="utf-8")
EXAMPLES = [
    line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines() if line
]


def read(example):
    program, verb, name, *arguments = shlex.split(example)
    assert (program, verb) == ("spreaders", "call")
    return name, json.loads(arguments[0]) if arguments else {}


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_answered(api, example):
    name, arguments = read(example)
    answer = api.call(name, arguments)
    assert answer.status_code == 200, answer.text
    assert answer.json()


def test_the_page_shows_every_operation_it_is_about():
    declare_operations()
    told = {
        "getOverview",
        "getPlatformMetrics",
        "getROI",
        "compareChannels",
        "getHealth",
        "getAudienceInsights",
    }
    expected = {op.name for op in REGISTRY if op.namespace in {"analytics", "db"} and op.verb not in told}
    assert expected <= set(re.findall(r"(?:analytics|db)\.[a-zA-Z]+", PAGE))
