"""What is made of the metric definitions is what they say today."""

import pytest

from orchestration.docs import OF_METRICS


@pytest.mark.parametrize("file", OF_METRICS, ids=lambda file: file.name)
def test_the_committed_text_is_fresh(file):
    assert file.read_text(encoding="utf-8") == OF_METRICS[file](), "run `make docs`"
