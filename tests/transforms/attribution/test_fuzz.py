"""Whatever a tool writes, the reader finds the paths that were meant."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.attribution.reading import read_paths

LETTERS = "abcXYZ 019/()_.&é频$#+:'\"!?%*@ß"
names = st.text(LETTERS, min_size=1, max_size=24).map(str.strip).filter(bool)
channels = st.lists(names, min_size=2, max_size=6, unique=True)
separators = st.sampled_from(
    [" > ", ">", "  >", " -> ", "=>", " => ", ">>", "|", " | ", ";", "; ", "\t", "→", " » ", ","]
)
amounts = st.one_of(st.integers(0, 10**9), st.floats(0, 1e9))


@st.composite
def files(draw):
    """Draw the rows of a table and one of the ways to write it."""
    known = draw(channels)
    touches = st.lists(st.sampled_from(known), max_size=6)
    rows = draw(st.lists(st.tuples(touches, amounts, amounts, amounts), min_size=1, max_size=12))
    rows = [row for row in rows if row[0] or draw(st.booleans())] or [([known[0]], 1, 1, 1)]
    separator = draw(separators)
    out = io.StringIO()
    writer = csv.writer(
        out,
        delimiter=draw(st.sampled_from(",;\t|")),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        lineterminator=draw(st.sampled_from(["\n", "\r\n"])),
    )
    order = draw(
        st.permutations(["path", "total_conversions", "total_conversion_value", "total_null", "remark"])
    )
    writer.writerow(order)
    for path, won, value, lost in rows:
        cells = {
            "path": separator.join(path), "total_conversions": won, "total_conversion_value": value,
            "total_null": lost, "remark": draw(st.sampled_from(["", "a > b", "x,y;z", '"'])),
        }  # fmt: skip
        writer.writerow([cells[name] for name in order])
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
    return rows, out.getvalue().encode(encoding)


@settings(max_examples=300)
@given(files())
def test_every_path_and_number_comes_back(tmp_path_factory, drawn):
    rows, raw = drawn
    file = tmp_path_factory.getbasetemp() / "fuzz.csv"
    file.write_bytes(raw)
    table = read_paths(file)
    paths = table.paths
    found: dict[tuple[str, ...], list[float]] = {}
    for at in range(len(paths)):
        touches = tuple(
            paths.channels[code] for code in paths.codes[paths.offsets[at] : paths.offsets[at + 1]]
        )
        sums = found.setdefault(touches, [0.0, 0.0, 0.0])
        for n, column in enumerate((paths.conversions, paths.value, paths.nulls)):
            sums[n] += column[at]
    meant: dict[tuple[str, ...], list[float]] = {}
    for touches, *numbers in rows:
        sums = meant.setdefault(tuple(touches), [0.0, 0.0, 0.0])
        for n, number in enumerate(numbers):
            sums[n] += number
    assert table.rows == len(rows)
    assert found.keys() == meant.keys()
    for touches, sums in meant.items():
        assert found[touches] == pytest.approx(sums, rel=1e-12)
