"""On a phone and by night: nothing is cut off, everything can be touched, and the page is dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from app.places import all_places
from app.settings import DARK
from tests.app.browsing import see

pytestmark = [pytest.mark.browser, pytest.mark.case("app/8")]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LEAST_PIXELS = 40
# A table draws its own cells; a helper's sign and a list's inner field are part of a larger target.
INNER = """[data-testid=stDataFrame], [data-testid=stTooltipIcon], [data-testid=stMetricLabel],
    [data-testid=stHeadingWithActionElements], [data-testid=stSidebar], [role=combobox], details.vega-embed"""
SMALL = """([inner, least]) => [...document.querySelectorAll('button, [role=tab], summary, a[href], input')]
    .filter((item) => item.checkVisibility({visibilityProperty: true}) && item.tabIndex >= 0)
    .filter((item) => !item.closest(inner))
    .map((item) => [item, item.getBoundingClientRect()])
    .filter(([, box]) => box.width > 1 && box.height > 1 && box.height < least)
    .map(([item, box]) => `${item.tagName} ${item.dataset.testid} ${item.innerText} ${box.height}`)
"""


@pytest.fixture
def phone(signed_in):
    return signed_in(**PHONE)


def test_the_menu_closes_after_a_choice(phone):
    phone.goto("/")
    see(phone, "Overview")
    phone.get_by_test_id("stExpandSidebarButton").tap()
    link = phone.get_by_test_id("stSidebarNavLink").filter(has_text="Channels")
    link.tap()
    see(phone, "Channels")
    expect(link).not_to_be_in_viewport()


@pytest.mark.parametrize("place", all_places(), ids=lambda place: place.path or "overview")
def test_no_page_scrolls_sideways_and_every_target_can_be_touched(phone, place):
    phone.goto(f"/{place.path}")
    see(phone, place.title)
    width = phone.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert width <= 390
    assert phone.evaluate(SMALL, [INNER, LEAST_PIXELS]) == []


def test_cards_stand_two_a_row_and_the_period_is_in_the_page(phone):
    phone.goto("/")
    see(phone, "Overview")
    boxes = [card.bounding_box() for card in phone.get_by_test_id("stMetric").all()]
    rows = {}
    for box in boxes:
        rows.setdefault(round(box["y"]), []).append(box)
        assert box["x"] + box["width"] <= 390
    assert [len(row) for row in rows.values()][:-1] == [2] * (len(rows) - 1)
    expect(phone.get_by_role("combobox", name="Period")).to_be_in_viewport()


def test_legends_are_whole(phone):
    phone.goto("/attribution")
    see(phone, "Attribution")
    items = phone.locator(".legend li").all()
    assert len(items) >= 8
    for item in items:
        box = item.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390


def test_roi_is_the_second_column_and_in_view(phone):
    phone.goto("/")
    see(phone, "Overview")
    table = phone.get_by_test_id("stDataFrame").filter(visible=True).first
    table.scroll_into_view_if_needed()
    header = table.get_by_role("columnheader", include_hidden=True)
    expect(header.nth(0)).to_have_text("Channel")
    expect(header.nth(1)).to_have_text("ROI")


@pytest.mark.parametrize("size", [(1280, 720), (390, 844)], ids=["laptop", "phone"])
@pytest.mark.case("app/15")
def test_no_value_of_a_card_is_cut_off(signed_in, size):
    page = signed_in(viewport={"width": size[0], "height": size[1]})
    for path, title in (("/", "Overview"), ("/channels", "Channels"), ("/data", "Data quality")):
        page.goto(path)
        see(page, title)
        cut = page.evaluate(
            "[...document.querySelectorAll('[data-testid=stMetricValue], [data-testid=stMetricLabel] p')]"
            ".filter(item => item.scrollWidth > item.clientWidth + 1 && item.clientWidth > 0)"
            ".map(item => item.innerText)"
        )
        assert cut == []


@pytest.mark.case("app/9")
def test_the_page_follows_the_system_s_dark_setting(signed_in):
    page = signed_in(color_scheme="dark")
    page.goto("/")
    see(page, "Overview")
    ground = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    red, green, blue = (int(DARK["backgroundColor"][place : place + 2], 16) for place in (1, 3, 5))
    assert ground == f"rgb({red}, {green}, {blue})"
