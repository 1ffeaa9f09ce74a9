"""One metric over time, a line a channel or campaign; part weeks and months are dashed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import altair as alt
import pandas as pd

from app.charts import Drawing, by_colour, day_axis
from app.days import month_of
from app.look import COLOURS, channel_title, in_one_currency
from core.money import Money

ALL = "All together"
NO_NAME = "Not assigned"
FORMATS = {"share": ".1%", "factor": ".2f", "minor": ",.2f", "count": ",.0f", "seconds": ",.0f"}
AXES = {"share": "%", "factor": ".2~f", "minor": "~s", "count": "~s", "seconds": ",.0f"}
# Lines beyond these cannot be told apart; the table below the chart has them all.
MOST_LINES = 8
PLAIN, HEIGHT = "#0F8578", 230
# Of lines that are no channels.
HUES = ("#0F8578", "#DE6B0A", "#4577BD", "#B0568F", "#808A00", "#7B6BE8", "#A06C3C", "#C92A4B")
DAYS_OF = {"day": 1, "week": 7}
COLUMNS = ["start_on", "line", "value", "key", "days", "is_part"]


def series_frame(
    rows: Sequence[Mapping[str, Any]], metric: Mapping[str, Any], currency: str, by: str | None
) -> tuple[pd.DataFrame, str]:
    """Return a metric's points, a row each, and the one currency its money is in."""
    kept, currency = in_one_currency(rows, currency)
    scale = float(Money(1, currency).amount) if metric["unit"] == "minor" else 1.0
    points = [
        {
            "start_on": row["start_on"],
            "line": line_title(row, by),
            "value": row["values"][metric["name"]],
            "key": row["key"],
            "days": row["days"],
            "is_part": not row["is_whole"],
        }
        for row in kept
    ]
    frame = pd.DataFrame(points, columns=COLUMNS).dropna(subset=["value"])
    frame = frame.assign(
        value=frame["value"].astype(float) * scale, start_on=pd.to_datetime(frame["start_on"])
    )
    return _by_name(frame), currency


def line_title(row: Mapping[str, Any], by: str | None) -> str:
    """Return what a line is called: the name, never the id alone where there is a name."""
    if not by:
        return ALL
    if by == "channel":
        return channel_title(row["key"] or row["name"] or "direct")
    return str(row["name"] or NO_NAME) if row["key"] else NO_NAME


def _by_name(frame: pd.DataFrame) -> pd.DataFrame:
    """Tell lines of one name apart by their ids."""
    ids = frame.groupby("line")["key"].nunique()
    double = set(ids[ids > 1].index)
    names = [
        f"{line} ({key})" if line in double else line
        for line, key in zip(frame["line"], frame["key"], strict=True)
    ]
    return frame.assign(line=names)


def series_chart(frame: pd.DataFrame, metric: Mapping[str, Any], per: str, currency: str) -> Drawing:
    """Return the lines, the largest eight where there are more; what a period cuts is dashed."""
    shown = largest_lines(frame)
    drawn = frame[frame["line"].isin(shown)]
    drawn = drawn.assign(
        days=[_part(start, days, per) for start, days in zip(drawn["start_on"], drawn["days"], strict=True)]
    )
    shape = FORMATS[metric["unit"]]
    unit = {"minor": currency, "count": "Number", "seconds": "Seconds", "factor": "Times"}.get(metric["unit"])
    colours = line_colours(drawn)
    x = alt.X("start_on:T", title=None, axis=_axis(drawn, per))
    y = alt.Y(
        "value:Q",
        title=unit,
        axis=alt.Axis(format=AXES[metric["unit"]], tickCount=4),
        scale=alt.Scale(zero=metric["unit"] != "share"),
    )
    tooltip = [
        alt.Tooltip("start_on:T", title="From", format="%-d %B %Y"),
        alt.Tooltip("line:N", title="Name"),
        alt.Tooltip("value:Q", title=metric["title"], format=shape),
        *([alt.Tooltip("days:N", title="In the period")] if per != "day" else []),
    ]
    base = {"x": x, "y": y, "color": by_colour("line", colours)}
    whole = alt.Chart(drawn[~drawn["is_part"]]).mark_line(strokeWidth=2).encode(**base)
    parts = alt.Chart(_ends(drawn)).mark_line(strokeWidth=2, strokeDash=[4, 4]).encode(
        **base, detail="end:N"
    )  # fmt: skip
    points = alt.Chart(drawn).mark_point(size=34, filled=True, opacity=1).encode(**base, tooltip=tooltip)
    words = f"{metric['title']} by {per}, a line for each of {', '.join(colours)}."
    table = frame.pivot_table("value", "start_on", "line", sort=False).reset_index().sort_values("start_on")
    table["start_on"] = table["start_on"].dt.date
    table = table.rename(columns={"start_on": per.capitalize() + (" from" if per != "day" else "")})
    legend = colours if list(colours) != [ALL] else {}
    return Drawing((whole + parts + points).properties(height=HEIGHT), words, table, legend)


def _part(start: date, days: int, per: str) -> str:
    """Return how much of a week or month the period holds, such as `1 of 7 days`."""
    whole = len(month_of(start)) if per == "month" else DAYS_OF[per]
    return f"{days} of {whole} days"


def largest_lines(frame: pd.DataFrame) -> list[str]:
    """Return the lines that are drawn."""
    sizes = frame.groupby("line")["value"].apply(lambda values: values.abs().sum())
    return list(sizes.nlargest(MOST_LINES).index)


def line_colours(frame: pd.DataFrame) -> dict[str, str]:
    """Return a colour a line: the channels' own, else one after the other."""
    lines = frame.drop_duplicates("line")
    if lines["line"].tolist() == [ALL]:
        return {ALL: PLAIN}
    keys = dict(zip(lines["line"].astype(str), lines["key"].astype(str), strict=True))
    if all(key in COLOURS for key in keys.values()):
        return {line: COLOURS[key] for line, key in keys.items()}
    return dict(zip(keys, HUES, strict=False))


def _ends(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the segments that lead to a part week or month: its point and the whole one beside it."""
    pieces = []
    for line, points in frame.sort_values("start_on").groupby("line"):
        for number in range(len(points) - 1):
            pair = points.iloc[number : number + 2]
            if pair["is_part"].any():
                pieces.append(pair.assign(end=f"{line}-{number}"))
    return pd.concat(pieces) if pieces else frame.iloc[:0].assign(end="")


def _axis(frame: pd.DataFrame, per: str) -> alt.Axis:
    starts: list[date] = sorted({instant.date() for instant in frame["start_on"]})
    if per == "day" and starts:
        first, last = starts[0], starts[-1]
        return day_axis([first + timedelta(days=n) for n in range((last - first).days + 1)])
    values = [alt.DateTime(year=day.year, month=day.month, date=day.day) for day in starts]
    shape = "%b %Y" if per == "month" else "%-d %b"
    return alt.Axis(format=shape, grid=False, values=values, labelOverlap="greedy")
