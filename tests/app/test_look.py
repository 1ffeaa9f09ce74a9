"""Numbers and channels look the same on every page."""

from __future__ import annotations

import pandas as pd
import pytest

from app.look import (
    NOTHING,
    change,
    channel_title,
    figure,
    in_one_currency,
    in_order,
    in_units,
    kind_title,
    money,
    short_money,
    window_title,
    without_rate,
)


@pytest.mark.parametrize(
    ("minor", "currency", "exact", "short"),
    [
        (3137, "EUR", "31.37 EUR", "31.37 EUR"),
        (3_663_575, "EUR", "36,635.75 EUR", "36,636 EUR"),
        (170_558_935, "EUR", "1,705,589.35 EUR", "1.71 M EUR"),
        (-250_000, "EUR", "-2,500.00 EUR", "-2,500 EUR"),
        (1500, "JPY", "1,500 JPY", "1,500 JPY"),
        (None, "EUR", NOTHING, NOTHING),
    ],
)
def test_money_is_exact_in_text_and_short_on_cards(minor, currency, exact, short):
    assert money(minor, currency) == exact
    assert short_money(minor, currency) == short


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.1234, "share", "12.3%"),
        (3.966, "factor", "3.97"),
        (2517.0, "count", "2,517"),
        (None, "share", NOTHING),
    ],
)
def test_a_figure_is_shown_by_its_unit(value, unit, shown):
    assert figure(value, unit, "EUR") == shown


def test_a_change_has_a_sign_and_none_without_a_base():
    assert (change(104.2, 100), change(90, 100), change(5, None), change(5, 0), change(None, 5)) == (
        "+4.2%", "-10.0%", None, None, None,
    )  # fmt: skip


def test_a_share_changes_by_points():
    assert change(1.244, 0.97, "share") == "+27.4 points"
    assert change(0.1, 0.0, "share") == "+10.0 points"


@pytest.mark.case("app/15")
@pytest.mark.parametrize(
    ("window", "words"),
    [
        ("7d_click_1d_view", "7 days after a click, 1 day after a view"),
        ("1d_click", "1 day after a click"),
        ("google_default", "set in Google Ads"),
        ("mixed", "several"),
        (None, None),
    ],
)
def test_a_platform_s_window_is_said_in_words(window, words):
    assert window_title(window) == words


@pytest.mark.case("app/15")
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("added_photos", "Photos"),
        ("shared_story", "Shared post"),
        ("FEED", "Post"),
        ("new_kind", "New kind"),
        (None, None),
    ],
)
def test_a_kind_of_post_is_said_in_words(kind, words):
    assert kind_title(kind) == words


def test_channels_stand_in_one_order_paid_first_unknown_last():
    assert in_order(["direct", "pinterest_ads", "youtube", "meta_ads", "google_ads"]) == [
        "google_ads", "meta_ads", "youtube", "direct", "pinterest_ads",
    ]  # fmt: skip
    assert (channel_title("meta_ads"), channel_title("pinterest_ads")) == ("Meta Ads", "Pinterest ads")


MIXED = [
    {"currency": "USD", "spend_minor": 100},
    {"currency": "EUR", "spend_minor": 12345},
    {"currency": "JPY", "spend_minor": 700},
    {"currency": None, "spend_minor": 5},
]


def test_amounts_are_shown_in_each_rows_own_currency():
    frame = in_units(pd.DataFrame(MIXED), ["spend_minor"], "EUR")
    assert frame["spend"].tolist() == [1.0, 123.45, 700.0, 0.05]


def test_a_chart_holds_one_currency_and_the_page_names_the_others():
    assert in_one_currency(MIXED, "EUR") == ([MIXED[1]], "EUR")
    assert in_one_currency(MIXED, "GBP") == ([MIXED[0]], "USD")
    assert without_rate(MIXED, "EUR").startswith("JPY, USD has no rate to EUR")
    assert without_rate(MIXED[1:2], "EUR") is None
