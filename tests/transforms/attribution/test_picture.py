"""The picture shows what the answer says, whatever channels are called."""

import matplotlib.image
import pytest

from core.errors import BadInput
from tests.transforms.attribution.brute import table
from transforms.attribution.answer import attribute
from transforms.attribution.models import MODELS
from transforms.attribution.picture import OTHERS, _largest, _share, draw
from transforms.attribution.reading import PathTable


def answer_of(rows, models=MODELS):
    return attribute(PathTable(table(rows), len(rows), ">"), models)


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_picture_is_drawn_of_names_of_any_letters(tmp_path, ending):
    file = tmp_path / f"credit.{ending}"
    draw(answer_of([(["$price$ ads", "频道", "a_b^c"], 3, 9, 1), ([], 1, 0, 0)]), file)
    assert file.stat().st_size > 2_000


def test_a_picture_of_one_model_without_conversions_is_drawn(tmp_path):
    for models in (["first"], ["markov"]):
        draw(answer_of([(["ads"], 0, 0, 1)], models), tmp_path / "credit.png")
        height, width, _ = matplotlib.image.imread(tmp_path / "credit.png").shape
        assert width > height > 300


def test_the_smallest_of_many_channels_are_drawn_as_one():
    answer = answer_of([([f"c{n:02}"], n + 1, 0, 0) for n in range(40)])
    channels = _largest(answer)
    assert channels[0] == "c39"
    assert channels[-1] == OTHERS
    drawn = sum(_share(answer["models"]["linear"], channel, channels) for channel in channels)
    assert drawn == pytest.approx(1.0)


def test_another_ending_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"\.png"):
        draw(answer_of([(["ads"], 1, 0, 0)]), tmp_path / "credit.docx")


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(BadInput, match="no_such_folder.*cannot be written"):
        draw(answer_of([(["ads"], 1, 0, 0)]), tmp_path / "no_such_folder" / "credit.png")
