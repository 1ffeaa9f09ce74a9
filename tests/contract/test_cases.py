"""Every case of real-life input has a test that is marked with it: `make cases` runs them."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
CASES = (Path(__file__).parent / "cases.txt").read_text(encoding="utf-8").splitlines()


def read_marked(text):
    """Return the names that stand in `pytest.mark.case("...")` in a test file's code."""
    return {
        argument.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.case"
        for argument in node.args
        if isinstance(argument, ast.Constant)
    }


@pytest.fixture(scope="module")
def marked():
    files = [path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py")]
    return set().union(*map(read_marked, files))


def test_a_mark_is_code_and_not_a_word_in_a_comment():
    assert read_marked('# pytest.mark.case("a/1")\n@pytest.mark.case("a/2")\ndef test_b(): ...') == {"a/2"}


@pytest.mark.parametrize("name", CASES)
def test_a_case_has_a_test(marked, name):
    assert name in marked
