"""The coverage page says what the code says today, and every operation is verified by a test."""

import re

import pytest

from orchestration.docs import COVERAGE, describe_coverage

WRITTEN = COVERAGE.read_text(encoding="utf-8").splitlines()


def rows(section):
    lines = "\n".join(WRITTEN).split(f"## {section}")[1].split("\n## ")[0].splitlines()
    return [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")][2:]


def test_the_committed_page_is_fresh():
    assert describe_coverage().splitlines() == WRITTEN, "run `make docs`"


@pytest.mark.parametrize("row", rows("Operations"), ids=lambda row: row[0].strip("`"))
def test_every_operation_is_named_by_a_test_and_played_by_a_twin_of_who_offers_it(row):
    _, _, offered, refused, twins, tests = row
    assert tests != "-"
    assert offered != "-" or refused != "-"
    assert offered in {"the platform", twins}


def test_every_refusal_names_its_source():
    assert all(re.match(r"https://\S+$", row[3]) and row[2] for row in rows("Refusals"))
