"""Charts: one tick a day, colours that stand out on both pages, part weeks dashed, names instead of ids."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from app import (
    attribution_charts,
    audience_charts,
    charts,
    look,
    metric_chart,
    quality_charts,
    settings,
    show,
)
from app.attribution_charts import model_chart
from app.charts import day_axis, money_chart, trend_chart
from app.metric_chart import line_title, series_chart, series_frame

pytestmark = pytest.mark.case("app/14")
GROUNDS = [settings.LIGHT["backgroundColor"], settings.DARK["backgroundColor"]]


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


GRAPHICS = {
    *look.COLOURS.values(), look.OTHER_COLOUR, charts.SPEND, charts.REVENUE, charts.CLAIMED, charts.LINE,
    *(shade for shade, _, _ in attribution_charts.LOOKS.values()), attribution_charts.CLAIM_LOOK[0],
    *metric_chart.HUES, *quality_charts.VERDICTS.values(), *quality_charts.ODD.values(), quality_charts.BAND,
    quality_charts.LINE, audience_charts.MEMBERS, audience_charts.EVERYONE,
}  # fmt: skip


@pytest.mark.parametrize("colour", sorted(GRAPHICS))
def test_graphics_stand_out_by_three_from_the_light_and_the_dark_page(colour):
    assert min(contrast(colour, ground) for ground in GROUNDS) >= 3


@pytest.mark.case("app/9")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_by_four_and_a_half(theme):
    colours = settings.THEMES[theme]
    for ground in (colours["backgroundColor"], colours["secondaryBackgroundColor"]):
        for ink in (colours["textColor"], colours["linkColor"], show.INK[theme]):
            assert contrast(ink, ground) >= 4.5


def test_a_model_never_has_a_channel_s_colour():
    looks = attribution_charts.LOOKS.values()
    assert not {shade for shade, _, _ in looks} & set(look.COLOURS.values())
    assert len({(shade, shape) for shade, shape, _ in looks}) == len(looks)


@pytest.mark.parametrize(("count", "most"), [(7, 7), (16, 16), (28, 13), (90, 13), (365, 13), (1, 1)])
def test_an_axis_never_names_a_day_twice(count, most):
    first = date(2026, 10, 25)
    ticks = day_axis([first + timedelta(days=n) for n in range(count)]).to_dict()["values"]
    days = [(tick["year"], tick["month"], tick["date"]) for tick in ticks]
    assert len(set(days)) == len(days) <= most
    assert count > 16 or len(days) == count


DAYS = [
    {"day_on": f"2026-10-{n:02}", "spend_minor": n * 100, "revenue_minor": n * 250, "orders": n}
    for n in range(1, 8)
]


def test_a_chart_says_in_words_what_it_shows_and_has_its_numbers():
    drawing = trend_chart(DAYS, "EUR")
    assert "7 days" in drawing.words
    assert "7 October 2026: 18 EUR" in drawing.words
    assert drawing.table["Revenue"].tolist() == [2.5 * n for n in range(1, 8)]
    assert set(drawing.legend) == {"Revenue", "Spend"}


def test_bars_keep_the_order_of_the_table():
    rows = [
        {"channel": name, "currency": "EUR", "spend_minor": spend, "revenue_minor": revenue}
        for name, spend, revenue in (("meta_ads", 900, 100), ("google_ads", 500, 700), ("direct", 0, 300))
    ]
    drawing = money_chart(rows, "EUR")
    assert drawing.chart.to_dict()["encoding"]["y"]["sort"] == ["Meta Ads", "Google Ads", "Direct"]
    assert drawing.table["Name"].tolist() == ["Meta Ads", "Google Ads", "Direct"]


def test_models_and_the_claim_are_all_in_the_legend():
    credited = pd.DataFrame(
        [
            {"channel": "meta_ads", "model": name, "amount": n + 1.0}
            for n, name in enumerate(attribution_charts.LOOKS)
        ]
    )
    drawing = model_chart(credited, {"meta_ads": 9.0}, "Orders")
    assert len(drawing.legend) == len(attribution_charts.LOOKS) + 1
    assert attribution_charts.CLAIM in drawing.legend


CAC = {"name": "cac", "title": "CAC", "unit": "minor"}


def point(start, value, *, days=7, whole=True, key="meta_ads", name="meta_ads"):
    return {
        "start_on": start, "values": {"cac": value}, "key": key, "name": name, "channel": "meta_ads",
        "currency": "EUR", "days": days, "is_whole": whole,
    }  # fmt: skip


@pytest.mark.case("app/6")
def test_a_part_week_is_dashed_and_says_its_days():
    rows = [
        point("2026-09-28", 15200, days=1, whole=False),
        point("2026-10-05", 6600),
        point("2026-10-12", 6700),
    ]
    frame, currency = series_frame(rows, CAC, "EUR", "channel")
    drawing = series_chart(frame, CAC, "week", currency)
    solid, dashed, _ = drawing.chart.to_dict()["layer"]
    assert "strokeDash" in dashed["mark"]
    data = drawing.chart.to_dict()["datasets"]
    assert [row["value"] for row in data[dashed["data"]["name"]]] == [152.0, 66.0]
    assert [row["value"] for row in data[solid["data"]["name"]]] == [66.0, 67.0]
    assert drawing.chart.to_dict()["layer"][0]["encoding"]["y"]["title"] == "EUR"
    points = data[drawing.chart.to_dict()["layer"][2]["data"]["name"]]
    assert [row["days"] for row in points] == ["1 of 7 days", "7 of 7 days", "7 of 7 days"]


def test_lines_are_named_and_only_twins_carry_their_id():
    rows = [
        point("2026-10-05", 1, key="12", name="Summer"),
        point("2026-10-05", 2, key="13", name="Summer"),
        point("2026-10-05", 3, key="14", name="Winter"),
        point("2026-10-05", 4, key="", name=""),
    ]
    frame, _ = series_frame(rows, CAC, "EUR", "ad")
    assert frame["line"].tolist() == ["Summer (12)", "Summer (13)", "Winter", "Not assigned"]
    assert line_title({"key": "google_ads", "name": "google_ads"}, "channel") == "Google Ads"


def test_the_chart_draws_eight_lines_and_the_table_has_them_all():
    rows = [point("2026-10-05", 100 * n, key=str(n), name=f"Ad {n}") for n in range(1, 12)]
    frame, currency = series_frame(rows, CAC, "EUR", "ad")
    drawing = series_chart(frame, CAC, "week", currency)
    assert len(drawing.legend) == metric_chart.MOST_LINES
    assert len(set(drawing.legend.values())) == metric_chart.MOST_LINES
    assert set(drawing.table.columns) - {"Week from"} == {f"Ad {n}" for n in range(1, 12)}
