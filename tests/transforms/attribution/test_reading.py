"""Path tables nobody here has seen come out right, and bad ones are refused with their place."""

import gzip
import math
from pathlib import Path

import pytest

from core.errors import BadInput
from transforms.attribution.answer import attribute
from transforms.attribution.models import MODELS
from transforms.attribution.reading import read_paths

# The same three paths in every spelling: A > B 3 times, B once, and C > A > C twice with one failure.
HEADER = "path,total_conversions,total_conversion_value,total_null\n"
PLAIN = HEADER + "A > B,3,30,0\nB,1,5,2\nC > A > C,2,40,1\n"
SPELLINGS = {
    "as documented": PLAIN,
    "no blanks about the sign": PLAIN.replace(" > ", ">"),
    "uneven blanks": PLAIN.replace("A > B", " A>  B ").replace("C > A > C", "C >A> C"),
    "thin arrows": PLAIN.replace(" > ", " -> "),
    "fat arrows": PLAIN.replace(">", "=>"),
    "double": PLAIN.replace(" > ", ">>"),
    "typeset arrows": PLAIN.replace(">", "→"),
    **{f"separated by {sign}": HEADER + f"A{sign}B,3,30,0\nB,1,5,2\nC{sign}A{sign}C,2,40,1\n" for sign in (
        " ~ ", "~", " :: ", "::", " / ", "/", " + ", " & ", " - ", "-", "_", " ", "^", "\\", " ⇒ ", "➜", " ► "
    )},
    "commas and blanks": HEADER + '"A, B",3,30,0\nB,1,5,2\n"C, A, C",2,40,1\n',
    "pipes": PLAIN.replace(">", "|"),
    "semicolons": PLAIN.replace(" > ", ";"),
    "quoted commas": HEADER + '"A,B",3,30,0\nB,1,5,2\n"C,A,C",2,40,1\n',
    "quoted tabs": PLAIN.replace(" > ", "\t"),
    "tabs between columns": PLAIN.replace(",", "\t"),
    "semicolons between columns": PLAIN.replace(",", ";"),
    "pipes between columns": PLAIN.replace(",", "|"),
    "byte order mark": "\ufeff" + PLAIN,
    "Windows lines": PLAIN.replace("\n", "\r\n"),
    "no last line end": PLAIN.rstrip(),
    "blank lines": PLAIN.replace("\n", "\n\n") + "\n  \n,,,\n",
    "a title above": "Paths of June\n\n" + PLAIN,
    "all quoted": "".join(f'"{line}"\n' for line in PLAIN.replace(",", '","').splitlines()),
    "other words": PLAIN.replace(HEADER, "Conversion Path,Conversions,Revenue,Nulls\n"),
    "other order": "total_null,notes,path,conv,value\n0,x,A > B,3,30\n2,,B,1,5\n1,y,C > A > C,2,40\n",
    "decimal comma": "path;conversions;value;null\nA > B;3,0;30,00;0\nB;1;5,00;2\nC > A > C;2;40,00;1\n",
    "money in full dress": HEADER + 'A > B,3,"€ 30.00",0\nB,1,$5.00,2\nC > A > C,2,£40.00,1\n',
    "empty cells for nothing": PLAIN.replace("3,30,0", "3,30,"),
    "one row a person": HEADER + "A > B,1,10,0\n" * 3 + "B,1,5,0\nB,0,0,1\nB,0,0,1\n"
    + "C > A > C,1,20,0\nC > A > C,1,20,1\n",
}  # fmt: skip


def answer_of(folder, text, **options):
    file = folder / "paths.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return attribute(read_paths(file, **options))


def plain(answer):
    """Return the numbers of an answer, free of how many rows said them."""
    return {k: v for k, v in answer.items() if k != "paths"}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS)
def test_every_spelling_gives_the_same_answer(tmp_path, text):
    expected, found = answer_of(tmp_path, PLAIN), answer_of(tmp_path, text)
    for model, rows in expected["models"].items():
        assert found["models"][model].keys() == rows.keys()
        for channel, row in rows.items():
            assert found["models"][model][channel] == pytest.approx(row, abs=1e-12), (model, channel)
    assert [found[k] for k in ("conversions", "value", "nulls")] == [6.0, 75.0, 3.0]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_what_a_spreadsheet_calls_unicode_text_is_read(tmp_path, encoding):
    mark = "" if encoding == "utf-16" else "\ufeff"
    assert plain(answer_of(tmp_path, (mark + PLAIN).encode(encoding))) == plain(answer_of(tmp_path, PLAIN))


def test_paths_counts_the_rows_of_the_file(tmp_path):
    assert answer_of(tmp_path, PLAIN)["paths"] == 3
    assert answer_of(tmp_path, SPELLINGS["one row a person"])["paths"] == 8


def test_worth_and_failures_may_be_missing(tmp_path):
    answer = answer_of(tmp_path, "path,conversions\nA > B,3\nB,1\n")
    assert (answer["value"], answer["nulls"]) == (0.0, 0.0)
    assert answer["models"]["markov"]["B"]["removal_effect"] == 1.0


def test_a_path_may_hold_a_line_end_in_quotes(tmp_path):
    assert list(answer_of(tmp_path, 'path,conversions\n"A >\nB",3\n')["models"]["first"]) == ["A", "B"]


@pytest.mark.parametrize(
    ("paths", "channels"),
    [
        (["google / cpc > bing / organic", "google / cpc"], ["bing / organic", "google / cpc"]),
        (["Search, Brand", "Search, Generic", "Email"], ["Email", "Search, Brand", "Search, Generic"]),
        (["Paid Search, Brand > Email", "Email"], ["Email", "Paid Search, Brand"]),
        (["Email, Search", "Search, Email", "Video"], ["Email", "Search", "Video"]),
        (["Email,Search"], ["Email", "Search"]),
        (["Email, Search", "Video, Display"], ["Display", "Email", "Search", "Video"]),
        (["Email, Search, Video"], ["Email", "Search", "Video"]),
        (["google / cpc", "google / email", "bing / cpc"], ["bing / cpc", "google / cpc", "google / email"]),
        (["paid search", "paid social", "organic search", "search"],
         ["organic search", "paid search", "paid social", "search"]),
        (["paid-search", "direct", "e-mail"], ["direct", "e-mail", "paid-search"]),
        (["google|cpc > bing|cpc"], ["bing|cpc", "google|cpc"]),
        (["A->B > C", "C > A->B"], ["A->B", "C"]),
        (["newsletter week 1"], ["newsletter week 1"]),
        (["<not set>|B", "C"], ["<not set>", "B", "C"]),
        (["<not set> > B", "C"], ["<not set>", "B", "C"]),
        (["<not set>"], ["<not set>"]),
        (["a;b > c;d"], ["a;b", "c;d"]),
        (["A > > B >"], ["A", "B"]),
        (["Ünïcode 频道 > 🚀"], ["Ünïcode 频道", "🚀"]),
        (["A > a"], ["A", "a"]),
    ],
)  # fmt: skip
def test_channels_keep_the_marks_that_belong_to_their_names(tmp_path, paths, channels):
    text = "path\tconversions\n" + "".join(f"{path}\t1\n" for path in paths)
    assert sorted(answer_of(tmp_path, text)["models"]["linear"]) == channels


def test_a_separator_can_be_said(tmp_path):
    text = 'path,conversions\n"Email, Search / Video",1\n'
    assert sorted(answer_of(tmp_path, text, separator="/")["models"]["first"]) == ["Email, Search", "Video"]


def test_repeats_stay_for_rules_of_thumb_and_collapse_for_markov(tmp_path):
    repeated = "path,conversions,null\nA > A > A > B,4,0\nB,0,4\n"
    once = "path,conversions,null\nA > B,4,0\nB,0,4\n"
    long, short = answer_of(tmp_path, repeated)["models"], answer_of(tmp_path, once)["models"]
    assert long["linear"]["A"]["conversions"] == 3.0
    assert short["linear"]["A"]["conversions"] == 2.0
    assert long["markov"] == short["markov"]
    assert long["shapley"] == short["shapley"]


def test_conversions_without_any_touch_are_shown_and_change_nothing_else(tmp_path):
    text = PLAIN + ",4,8,1\n   ,1,2,0\n"
    without, with_empty = answer_of(tmp_path, PLAIN), answer_of(tmp_path, text)
    assert with_empty["conversions"] == 11.0
    assert with_empty["nulls"] == 4.0
    for model in MODELS:
        rows = with_empty["models"][model]
        nobody = rows.pop("(none)")
        assert (nobody["conversions"], nobody["value"], nobody["share"]) == (5.0, 10.0, 5 / 11)
        assert nobody.get("removal_effect", 0.0) == 0.0
        for channel, row in without["models"][model].items():
            assert rows[channel]["conversions"] == pytest.approx(row["conversions"], abs=1e-12)
            assert rows[channel]["share"] == pytest.approx(row["share"] * 6 / 11, abs=1e-12)


def test_nobody_and_a_channel_of_that_name_share_a_row(tmp_path):
    rows = answer_of(tmp_path, "path,conversions\n(none) > A,2\n,3\n")["models"]["first"]
    assert rows["(none)"]["conversions"] == 5.0


@pytest.mark.parametrize(
    "text", ["path,conversions,null\nA > B,0,3\nB,0,0\n", "path,conversions,value\n,0,0\n"]
)
def test_no_conversion_anywhere_is_zeros(tmp_path, text):
    for rows in answer_of(tmp_path, text)["models"].values():
        for row in rows.values():
            assert set(row.values()) == {0.0}


def test_whole_and_part_sum_up_for_every_model(tmp_path):
    answer = answer_of(tmp_path, PLAIN + ",4,8,1\n")
    for rows in answer["models"].values():
        for column, whole in (("conversions", 10.0), ("value", 83.0), ("share", 1.0)):
            assert math.fsum(row[column] for row in rows.values()) == pytest.approx(whole, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ("empty",)),
        (" \n\n", ("empty",)),
        ("path,total_conversions\n", ("no rows",)),
        ("path,clicks\nA,1\n", ("line 1", "total_conversions", "path, clicks")),
        ("route;conversions\nA;1\n", ("line 1", "column path", "route, conversions")),
        ("path,conversions,conversions\nA,1,2\n", ("line 1", "conversions", "twice")),
        ("path,conversions\nA,1\nB,-2\n", ("line 3", "column conversions", "'-2'", "negative")),
        ("path,conversions\nA,1\nB,many\n", ("line 3", "column conversions", "'many'", "no number")),
        ("path,conversions\nA,NaN\n", ("line 2", "column conversions", "finite")),
        ("path,conversions,total_null\nA,1,inf\n", ("line 2", "column total_null", "finite")),
        ("path,conversions\nA,1e16\n", ("line 2", "column conversions", "1e15")),
        ('path,conversions\n"A > B",1\n\n"A >\nB",1\nC,x\n', ("line 6", "column conversions", "'x'")),
        ("path,conversions\nA,1\nB\n", ("line 3", "column 2", "1 cells", "header 2")),
        ("path,conversions\nA,B,C,1\n", ("line 2", "column 3", "4 cells", "quotes")),
        ('path,conversions\nA,1\n"B,2\n', ("line 3", "column 1", "quotes are broken")),
        ('path,conversions\nA,"1,234"\n', ("line 2", "column conversions", "two ways")),
        (b"path,conversions\nA,1\nCaf\x81,2\n", ("line 3", "no text", "UTF-8")),
        (b"PK\x03\x04\x14\x00\x06\x00", ("damaged archive",)),
        (b"path,conversions\nA\x00,1\n", ("no text file",)),
        ("path,conversions\n".encode("utf-16") + b"A\x00,\x00\x00\xd8\n", ("line 2", "text")),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_file_line_and_column(tmp_path, text, words):
    with pytest.raises(BadInput) as refused:
        answer_of(tmp_path, text)
    said = refused.value.message
    assert said.startswith("paths.csv")
    assert all(word in said for word in words), said
    assert said.endswith(".")
    assert "\n" not in said


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1,234,567", 1234567),
        ("12,5", 12.5),
        (" 7 ", 7),
        ("1e3", 1000),
        (".5", 0.5),
        ("+4", 4),
        ("1 000", 1000),
    ],
)
def test_numbers_are_read_as_people_write_them(tmp_path, text, number):
    assert answer_of(tmp_path, f"path;conversions\nA;{text}\n")["conversions"] == number


@pytest.mark.parametrize("what", ["missing.csv", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path, what):
    with pytest.raises(BadInput, match="cannot be read"):
        read_paths(tmp_path / what)


def test_empty_cells_are_told(tmp_path):
    file = tmp_path / "paths.csv"
    file.write_text(SPELLINGS["empty cells for nothing"])
    assert read_paths(file).notes == ["1 empty cells of total_null were read as 0."]


def test_a_long_table_gives_what_its_grouped_form_gives(tmp_path):
    few = [("A > B", 3, 0), ("B", 1, 2), ("C > A > C", 2, 1), ("C", 0, 5)]
    long = "path,conversions,null\n" + "".join(f"{p},{w},{n}\n" for p, w, n in few) * 5_000
    short = "path,conversions,null\n" + "".join(f"{p},{w * 5_000},{n * 5_000}\n" for p, w, n in few)
    assert plain(answer_of(tmp_path, long)) == plain(answer_of(tmp_path, short))


def test_hundreds_of_channels_and_late_ones_are_told_apart(tmp_path):
    names = [f"campaign {n}" for n in range(700)]
    lines = [f"{names[n % 300]} > {names[(n * 7) % 300]},1" for n in range(30_000)]
    lines[12_345] = "seen once,1"
    few = answer_of(tmp_path, "path,conversions\n" + "\n".join(lines) + "\n")["models"]["first"]
    assert few["seen once"]["conversions"] == 1.0
    assert sum(row["conversions"] for row in few.values()) == 30_000
    many = answer_of(tmp_path, "path,conversions\n" + "".join(f"{n} > a,2\n" for n in names))["models"][
        "first"
    ]
    assert [many[name]["conversions"] for name in names] == [2.0] * 700


def test_a_path_of_very_many_touches_is_one_path(tmp_path):
    answer = answer_of(tmp_path, "path,conversions\n" + " > ".join(["A", "B"] * 200_000) + ",1\nB,1\n")
    assert answer["models"]["linear"]["A"]["conversions"] == pytest.approx(0.5, abs=1e-9)
    assert answer["models"]["markov"]["A"]["removal_effect"] == pytest.approx(1 - 1 / 200_001, abs=1e-10)


# --- Totals, lists and containers ---------------------------------------------------------------

CASES = Path(__file__).parents[2] / "ingestion" / "cases"


@pytest.mark.case("files/28")
def test_a_row_of_totals_is_left_out_and_noted():
    table = read_paths(CASES / "28-paths.csv")
    answer = attribute(table)
    assert (answer["conversions"], answer["value"], answer["paths"]) == (4.0, 35.0, 2)
    assert sorted(answer["models"]["linear"]) == ["A", "B"]
    assert table.notes == ["Line 4 holds totals of the other rows and was left out."]


@pytest.mark.parametrize(
    "label", ["Total", "Gesamt", "Total général", "合計", "Totale", "Итого", "Grand total:", "Total (2)"]
)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_total_in_any_language_is_left_out(tmp_path, label, is_first):
    rows = ["A > B,3,30", "B,1,5"]
    rows = [f"{label},4,35", *rows] if is_first else [*rows, f"{label},4,35"]
    answer = answer_of(tmp_path, "path,total_conversions,total_conversion_value\n" + "\n".join(rows) + "\n")
    assert (answer["conversions"], sorted(answer["models"]["linear"])) == (4.0, ["A", "B"])


def test_a_nameless_total_is_left_out_and_people_without_a_touch_are_kept(tmp_path):
    assert answer_of(tmp_path, "path,conversions,value\nA > B,3,30\nB,1,5\n,4,35\n")["conversions"] == 4.0
    assert answer_of(tmp_path, "path,conversions,value\nA > B,3,30\nB,1,5\n,4,30\n")["conversions"] == 8.0
    assert answer_of(tmp_path, "path,conversions\n(none) > A,2\n,2\n")["conversions"] == 4.0


def test_a_channel_that_is_called_total_is_kept(tmp_path):
    answer = answer_of(tmp_path, "path,conversions\nTotal > B,3\nTotal,2\nB,1\nTotal - Wash,7\n")
    assert answer["conversions"] == 13.0
    assert sorted(answer["models"]["first"]) == ["B", "Total", "Total - Wash"]


@pytest.mark.case("files/29")
def test_lists_of_json_are_paths():
    answer = attribute(read_paths(CASES / "29-paths.csv"))
    assert {name: row["conversions"] for name, row in answer["models"]["last"].items()} == {
        "A": 0.0,
        "B": 3.0,
    }


@pytest.mark.parametrize(
    "paths",
    [
        *(['["A", "B > C"]', '["B > C"]'], ["['A', 'B > C']", "['B > C']"]),
        ['["A","B > C"]', '["B > C", "A"]'],
        ['["A"]', '["B > C"]'],
    ],
)  # fmt: skip
def test_names_in_lists_keep_their_marks(tmp_path, paths):
    rows = "".join('"' + path.replace('"', '""') + '",1\n' for path in paths)
    assert sorted(answer_of(tmp_path, "path,conversions\n" + rows)["models"]["linear"]) == ["A", "B > C"]


def test_brackets_that_are_no_lists_belong_to_the_names(tmp_path):
    assert sorted(answer_of(tmp_path, "path,conversions\n[A] > [B],1\n[B],1\n")["models"]["linear"]) == [
        "[A]",
        "[B]",
    ]


@pytest.mark.parametrize(
    "pack",
    [
        *(lambda text: text.replace("\n", "\r").encode(), lambda text: gzip.compress(text.encode())),
    ],
)  # fmt: skip
def test_line_ends_and_packing_do_not_matter(tmp_path, pack):
    assert plain(answer_of(tmp_path, pack(PLAIN))) == plain(answer_of(tmp_path, PLAIN))


def test_a_table_in_cp1252_is_read(tmp_path):
    text = "path,conversions\nCafé > Größe,1\n".encode("cp1252")
    assert sorted(answer_of(tmp_path, text)["models"]["linear"]) == ["Café", "Größe"]
