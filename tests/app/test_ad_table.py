"""Every ad says whether it pays; what no order tells is not known, never 0."""

from __future__ import annotations

import pandas as pd
import pytest

from app.ad_table import LOSING, PAYING, UNKNOWN, ad_frame, pays

pytestmark = pytest.mark.case("app/3")


def ad(**changes):
    return {
        "id": "1", "name": "Broad / 1", "channel": "meta_ads", "currency": "EUR", "spend_minor": 1000,
        "revenue_minor": None, "margin_minor": None, "claimed_value_minor": None, "orders": None, "roi": None,
        **changes,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "state"),
    [
        (ad(roi=0.0), PAYING),
        (ad(roi=0.4), PAYING),
        (ad(roi=-0.01), LOSING),
        (ad(roi=None), UNKNOWN),
        (ad(id="", roi=-1.0), UNKNOWN),
    ],
)
def test_break_even_is_a_roi_of_zero_and_unknown_stays_unknown(row, state):
    assert pays(row) == state


def test_unknown_amounts_stay_empty_in_the_table():
    rows = [
        {**row, "pays": pays(row)}
        for row in (ad(), ad(id="", name="", revenue_minor=None), ad(revenue_minor=0))
    ]
    frame = ad_frame(rows, "EUR")
    assert pd.isna(frame["revenue"]).tolist() == [True, True, False]
    assert frame["name"].tolist() == ["Broad / 1", "Not assigned to an ad by the platform", "Broad / 1"]
    assert frame["mark"].tolist()[0] == "? not known"
