"""Every conversion is shared in full by every model, and the totals are the published methods' own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from lake.changes import Changed
from lake.credit import add_markov
from lake.delta import Lake
from lake.gold import CREDIT_MODELS, TOTAL_FACTS
from tests.transforms.spark.rows import NOON, OURS, THEIRS
from transforms.attribution.models import Rules, credit
from transforms.attribution.paths import paths_of
from transforms.spark.attribution import build_attribution
from transforms.spark.job import Work
from transforms.spark.tables import Tables

NOW = datetime(2026, 9, 1, tzinfo=UTC)
Touches = Sequence[str]


def path(number: int, touches: Touches, *, value: int | None = None, currency: str = "EUR") -> pl.DataFrame:
    """A path of `channel/campaign/ad` touches a day apart, the last one at the conversion."""
    named = [[*touch.split("/"), None, None][:3] for touch in touches]
    won = value is not None
    return pl.DataFrame({
        "workspace_id": OURS,
        "window_days": 30,
        "path_id": f"shop|1|{number}",
        "person_id": f"p{number}",
        "is_conversion": won,
        "converted_at": NOON if won else None,
        "day_on": NOON.date(),
        "currency": currency if won else None,
        "value_micros": value,
        "position": range(1, len(named) + 1),
        "touches": len(named),
        "event_id": [f"e{number}-{n}" for n in range(len(named))],
        "occurred_at": [NOON - timedelta(days=len(named) - 1 - n) for n in range(len(named))],
        "marketing_channel": [name[0] for name in named],
        "campaign": pl.Series([name[1] for name in named], dtype=pl.String),
        "ad": pl.Series([name[2] for name in named], dtype=pl.String),
    })  # fmt: skip


def attribute(session, folder, paths: list[pl.DataFrame], **rules) -> Lake:
    lake = Lake(folder / "lake")
    for frame in paths:
        lake.append("gold", "path_touch", frame)
    build_attribution(Work(Tables(session, lake, OURS), NOW, **rules))
    return lake


def totals(lake: Lake, model: str, grain: str = "channel") -> pl.DataFrame:
    """What one model credits at a grain: the names, its facts and the removal effect."""
    rows = lake.read("gold", "attribution_total", OURS).filter(pl.col("grain") == grain)
    names = ("marketing_channel", "campaign", "ad", "currency")
    facts = (pl.col(f"{model}_{fact}").alias(fact) for fact in TOTAL_FACTS)
    return rows.select(*names, *facts, "removal_effect").drop_nulls("conversions").sort(names)


def credits_of(lake: Lake) -> pl.DataFrame:
    """The credits of all models, as they are read."""
    tables = (lake.scan("gold", name, OURS) for name in ("attribution_credit", "channel_effect"))
    return add_markov(*tables).collect()


MIXED = [
    path(1, ["meta/c1/a1", "google/c2/a3", "meta/c1/a2", "direct"], value=140_000_000),
    path(2, ["google/c2/a3"], value=20_000_000),
    path(3, ["direct"], value=7_000_000),
    path(4, ["mail/c3", "mail/c3", "meta/c1/a1"], value=50_000_000, currency="USD"),
    path(5, ["meta/c1/a2", "mail/c3"], value=0),
    path(6, ["tv/c9", "meta/c1/a1"]),
    path(7, ["google/c2/a3", "direct"]),
    path(8, ["mail/c3"]),
]


@pytest.fixture(scope="module")
def lake(session, tmp_path_factory) -> Lake:
    return attribute(session, tmp_path_factory.mktemp("mixed"), MIXED)


def test_the_shares_of_every_conversion_sum_to_one_in_every_model(lake):
    shared = credits_of(lake)
    assert shared["path_id"].n_unique() == 5
    sums = shared.group_by("path_id").agg(pl.col(*CREDIT_MODELS).sum())
    for model in CREDIT_MODELS:
        assert sums[model].to_list() == pytest.approx([1.0] * 5, abs=1e-9)


def test_each_rule_of_thumb_gives_what_it_says(lake):
    shared = credits_of(lake).filter(pl.col("path_id") == "shop|1|1")
    shares = shared.sort("position")
    assert shares["first"].to_list() == [1, 0, 0, 0]
    assert shares["last"].to_list() == [0, 0, 0, 1]
    assert shares["last_non_direct"].to_list() == [0, 0, 1, 0]
    assert shares["linear"].to_list() == [0.25] * 4
    assert shares["position_based"].to_list() == pytest.approx([0.4, 0.1, 0.1, 0.4])
    parts = [2 ** (-age / 7) for age in (3, 2, 1, 0)]
    assert shares["time_decay"].to_list() == pytest.approx([part / sum(parts) for part in parts])
    assert shares["shapley"].to_list() == pytest.approx([1 / 6, 1 / 3, 1 / 6, 1 / 3])


def test_totals_of_the_rules_are_the_sums_of_the_shared_at_every_grain(lake):
    shared = credits_of(lake)
    for column, model in CREDIT_MODELS.items():
        if model in {"markov", "shapley"}:
            continue
        for grain in ("channel", "campaign", "ad"):
            rows = totals(lake, model, grain)
            assert rows["conversions"].sum() == pytest.approx(5)
            expected = (shared[column] * shared["value_micros"]).sum()
            assert rows["value_micros"].sum() == pytest.approx(expected)
        by_channel = shared.group_by("marketing_channel").agg(pl.col(column).sum()).filter(pl.col(column) > 0)
        found = totals(lake, model).group_by("marketing_channel").agg(pl.col("conversions").sum())
        pairs = found.join(by_channel, "marketing_channel", how="full")
        assert pairs["conversions"].to_list() == pytest.approx(pairs[column].to_list())


@pytest.mark.parametrize("grain", ["channel", "campaign", "ad"])
@pytest.mark.parametrize("model", ["markov", "shapley"])
def test_totals_of_markov_and_shapley_are_the_kernels_own_at_every_grain(lake, model, grain):
    depth = ["channel", "campaign", "ad"].index(grain) + 1
    kernel = credit_of_kernel(MIXED, model, depth)
    rows = (
        totals(lake, model, grain)
        .group_by("marketing_channel", "campaign", "ad")
        .agg(pl.col("conversions").sum())
    )
    columns = ("marketing_channel", "campaign", "ad")[:depth]
    found = {
        "/".join(name or "" for name in row[:-1]): row[-1]
        for row in rows.select(*columns, "conversions").rows()
    }
    assert found.keys() == kernel.keys()
    assert found == pytest.approx(kernel, abs=1e-9)


def credit_of_kernel(paths: list[pl.DataFrame], model: str, depth: int, order: int = 1) -> dict[str, float]:
    columns = ("marketing_channel", "campaign", "ad")[:depth]
    names = [
        ["/".join(part or "" for part in row) for row in frame.select(*columns).rows()] for frame in paths
    ]
    won = [float(frame["is_conversion"][0]) for frame in paths]
    table = paths_of(
        pl.Series(names),
        conversions=pl.Series(won),
        nulls=pl.Series([1 - conversions for conversions in won]),
    )
    given = credit(table, [model], Rules(order=order))[model].conversions
    return {name: amount for name, amount in zip(table.channels, given, strict=True) if amount > 0}


def test_the_published_case_of_three_channels_comes_out(session, tmp_path):
    made = attribute(session, tmp_path, [
        path(1, ["C1", "C2", "C3"], value=140_000_000), path(2, ["C1"]), path(3, ["C2", "C3"]),
    ])  # fmt: skip
    rows = totals(made, "markov")
    assert rows["removal_effect"].to_list() == pytest.approx([0.5, 1.0, 1.0])
    assert rows["conversions"].to_list() == pytest.approx([0.2, 0.4, 0.4])
    assert totals(made, "position")["value_micros"].to_list() == pytest.approx([56e6, 28e6, 56e6])


def test_intervals_of_every_model_hold_the_credit(session, tmp_path):
    many = [path(n, ["C1", "C2"] if n % 3 else ["C2"], value=1) for n in range(60)]
    made = attribute(session, tmp_path, [*many, *(path(100 + n, ["C1"]) for n in range(40))])
    for model in ("markov", "shapley", "linear", "time_decay", "position"):
        rows = totals(made, model)
        assert rows.height == 2
        for amount in ("conversions", "share"):
            assert (rows[f"{amount}_low"] < rows[amount]).all()
            assert (rows[amount] < rows[f"{amount}_high"]).all()


def test_sums_of_thirds_are_rounded_once_after_they_were_added_up(session, tmp_path):
    made = attribute(session, tmp_path, [path(n, ["C1", "C2", "C3"], value=10_000_001) for n in range(300)])
    for model in ("linear", "shapley"):
        rows = totals(made, model)
        assert rows["conversions"].to_list() == pytest.approx([100.0] * 3, abs=1e-9)
        assert rows["value_micros"].to_list() == pytest.approx([1_000_000_100.0] * 3, abs=1e-3)


def test_an_order_above_one_is_markovs_own_over_channels(session, tmp_path):
    made = attribute(session, tmp_path, MIXED, markov_order=2)
    rows = totals(made, "markov").group_by("marketing_channel").agg(pl.col("conversions").sum())
    found = dict(rows.rows())
    kernel = credit_of_kernel(MIXED, "markov", 1, order=2)
    assert found == pytest.approx(kernel, abs=1e-9)


def test_currencies_are_never_added_together(lake):
    rows = totals(lake, "linear")
    worth = dict(rows.group_by("currency").agg(pl.col("value_micros").sum()).rows())
    assert worth == pytest.approx({"EUR": 167_000_000, "USD": 50_000_000})
    assert dict(rows.group_by("currency").agg(pl.col("share").sum()).rows()) == pytest.approx(
        {"EUR": 1, "USD": 1}
    )


def test_without_any_path_there_is_no_credit(session, tmp_path):
    made = attribute(session, tmp_path, [path(1, ["C1"])])
    assert made.count("gold", "attribution_credit", OURS) == 0
    assert made.count("gold", "attribution_total", OURS) == 0
    empty = Lake(tmp_path / "empty")
    build_attribution(Work(Tables(session, empty, THEIRS), NOW))
    assert empty.count("gold", "attribution_total", THEIRS) == 0


def test_attributing_again_says_the_same(lake, session):
    first = totals(lake, "markov", "ad")
    build_attribution(Work(Tables(session, lake, OURS), NOW))
    assert totals(lake, "markov", "ad").equals(first)
    assert credits_of(lake).height == 11


@pytest.mark.case("numbers/cost-of-a-day")
def test_one_more_conversion_writes_its_own_credits_and_no_other(session, tmp_path):
    made = attribute(session, tmp_path, MIXED)
    made.append("gold", "path_touch", path(9, ["meta/c1/a1", "direct"], value=9_000_000))
    work = Work(Tables(session, made, OURS), NOW)
    build_attribution(work)
    assert work.tables.changed["attribution_credit"] == Changed(inserted=2)
    assert work.tables.changed["channel_effect"].rows == 5
    anew = attribute(session, tmp_path / "anew", [*MIXED, path(9, ["meta/c1/a1", "direct"], value=9_000_000)])
    for read in (credits_of, lambda lake: totals(lake, "markov", "ad")):
        keys = ["marketing_channel", "campaign", "ad", "currency"]
        keys += ["path_id", "position"] if "position" in read(made).columns else []
        one, other = (read(lake).sort(keys) for lake in (made, anew))
        assert_frame_equal(one, other, check_exact=True)
