"""A person's way through the app in a real browser: sign in, Overview, down to an ad, Data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from app.look import channel_title, figure
from tests.conftest import ROOT, require

pytestmark = pytest.mark.browser
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
SIZE = {"width": 1440, "height": 1100}
# First use of a page compiles it on a busy machine; every wait ends as soon as what it waits for is there.
PATIENCE_MS = 45_000
HEADER_PIXELS, ROW_PIXELS = 35, 35


@pytest.fixture(scope="module")
def browser():
    program = require("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield running
        running.close()


@pytest.fixture
def page(browser, app_url):
    opened = browser.new_page(viewport=SIZE)
    opened.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    opened.goto(app_url)
    yield opened
    opened.close()


@pytest.fixture
def pictures(tmp_path) -> Path:
    """Where screenshots go: beside the documentation only when it is asked for."""
    return ROOT / "docs" / "images" if os.environ.get("SPREADERS_WRITE_IMAGES") == "1" else tmp_path


def sign_in(page: Page, token: str) -> None:
    page.get_by_label("Login token").fill(token)
    page.get_by_role("button", name="Sign in").click()


def go_to(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebarNavLink").filter(has_text=name).click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def at_rest(page: Page) -> None:
    """Wait until the script has run and every chart and table is drawn."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.locator("[data-stale=true]")).to_have_count(0)
    for chart in page.get_by_test_id("stVegaLiteChart").all():
        expect(chart.locator("canvas, svg").first).to_be_visible()


def take(page: Page, file: Path) -> None:
    """Take a picture of what a person sees first; leave nothing under the pointer."""
    page.mouse.move(1, 1)
    at_rest(page)
    page.screenshot(path=file, animations="disabled")
    assert file.stat().st_size < 400_000


def open_row(page: Page, name: str, row: int = 0, which: int = -1) -> None:
    """Click a row of a table, the last one by default; it is drawn on a canvas, so by place."""
    table = page.get_by_test_id("stDataFrame").nth(which)
    expect(table.get_by_role("gridcell", name=name, exact=True, include_hidden=True).first).to_be_attached()
    at_rest(page)
    table.scroll_into_view_if_needed()
    place = {"x": 60, "y": HEADER_PIXELS + ROW_PIXELS * row + ROW_PIXELS // 2}
    # The table takes a press only where it has seen the pointer arrive, as a hand makes it.
    table.hover(position=place)
    expect(page.get_by_test_id("stElementToolbar").locator("visible=true").last).to_be_visible()
    table.click(position=place)


def test_a_wrong_token_is_told_so(page):
    sign_in(page, "spr_made-up")
    expect(page.get_by_test_id("stAlert")).to_contain_text("This token is not known here")
    expect(page.get_by_test_id("stMetric")).to_have_count(0)


def test_the_overview_shows_the_api_s_numbers(page, api, pictures):
    sign_in(page, api.home.token)
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    told = api.call("analytics.getOverview").json()
    cards = page.get_by_test_id("stMetric")
    expect(cards).to_have_count(len(told["kpis"]))
    for card, kpi in zip(cards.all(), told["kpis"], strict=True):
        expect(card.get_by_test_id("stMetricLabel")).to_contain_text(kpi["title"])
        shown = figure(kpi["value"], kpi["unit"], told["currency"])
        expect(card.get_by_test_id("stMetricValue")).to_have_text(shown)
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(3)
    expect(page.get_by_test_id("stDataFrame")).to_have_count(1)
    take(page, pictures / "overview.png")


def test_channels_lead_from_the_account_down_to_the_ad_and_back(page, api, pictures):
    sign_in(page, api.home.token)
    expect(page.get_by_test_id("stMetric")).to_have_count(8)
    go_to(page, "Channels")
    page.get_by_test_id("stButtonGroup").get_by_text(channel_title("meta_ads"), exact=True).click()
    below = {"campaign": "Campaigns", "ad_set": "Ad sets", "ad": "Ads"}
    parent = None
    for level, heading in below.items():
        expect(page.get_by_role("heading", name=heading, level=3)).to_be_visible()
        asked = {"channel": "meta_ads", "level": level, "parent_id": parent}
        rows = api.call("analytics.getPlatformMetrics", {k: v for k, v in asked.items() if v}).json()["rows"]
        expect(page.get_by_test_id("stCaptionContainer").filter(has_text=f"{len(rows)} ")).not_to_have_count(
            0
        )
        if level == "campaign":
            take(page, pictures / "channels.png")
        if level != "ad":
            open_row(page, rows[0]["name"])
            parent = rows[0]["id"]
            expect(page.locator(".st-key-crumbs")).to_contain_text(rows[0]["name"])
    at_rest(page)
    page.locator(".st-key-crumbs").get_by_role("button").first.click()
    expect(page.get_by_role("heading", name="Accounts", level=3)).to_be_visible()


def test_posts_and_mails_have_their_own_tables(page, api):
    sign_in(page, api.home.token)
    expect(page.get_by_test_id("stMetric")).to_have_count(8)
    go_to(page, "Channels")
    for channel, heading in (("instagram", "Posts"), ("mailchimp", "Mails")):
        page.get_by_test_id("stButtonGroup").get_by_text(channel_title(channel), exact=True).click()
        expect(page.get_by_role("heading", name=heading, level=3)).to_be_visible()
        expect(page.get_by_test_id("stDataFrame")).to_have_count(2)


def test_the_data_page_tells_how_sound_the_numbers_are(page, api, pictures):
    sign_in(page, api.home.token)
    expect(page.get_by_test_id("stMetric")).to_have_count(8)
    go_to(page, "Data")
    health = api.call("db.getHealth", {"with_detail": True}).json()
    held = f"{health['checks'] - health['failed_checks']} of {health['checks']}"
    card = page.get_by_test_id("stMetric").filter(has_text="Checks that hold")
    expect(card.get_by_test_id("stMetricValue")).to_have_text(held)
    take(page, pictures / "data.png")
    for tab in ("Checks", "Quarantine", "Restatements", "Schema drift", "Freshness"):
        page.get_by_role("tab", name=tab).click()
        shown = page.get_by_role("tabpanel").locator("visible=true")
        expect(shown.get_by_test_id("stDataFrame").or_(shown.get_by_test_id("stAlert")).first).to_be_visible()


def test_attribution_shows_models_claims_and_the_ways_people_came(page, api, pictures):
    sign_in(page, api.home.token)
    expect(page.get_by_test_id("stMetric")).to_have_count(8)
    go_to(page, "Attribution")
    asked = {"with_models": True, "with_paths": True}
    told = api.call("analytics.getConversions", asked).json()
    card = page.get_by_test_id("stMetric").filter(has_text="Orders").first
    expect(card.get_by_test_id("stMetricValue")).to_have_text(f"{told['orders']:,}")
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(1)
    expect(page.get_by_test_id("stPlotlyChart").locator(".sankey-node").first).to_be_visible()
    longest = max(told["journeys"]["paths"], key=lambda path: path["conversions"])
    shown = "  ›  ".join(map(channel_title, longest["channels"]))  # noqa: RUF001
    expect(page.get_by_role("gridcell", name=shown, exact=True, include_hidden=True).first).to_be_attached()
    take(page, pictures / "attribution.png")
    page.get_by_text("Revenue", exact=True).first.click()
    at_rest(page)
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(1)


def test_the_quality_page_tells_what_may_be_relied_on_and_why(page, api, pictures):
    sign_in(page, api.home.token)
    expect(page.get_by_test_id("stMetric")).to_have_count(8)
    go_to(page, "Quality")
    asked = {"with_detail": True, "history_days": 30}
    sound = api.call("db.getHealth", asked).json()["detail"]["soundness"]
    held = f"{sum(row['verdict'] == 'ok' for row in sound['gate'])} of {len(sound['gate'])}"
    card = page.get_by_test_id("stMetric").filter(has_text="Tables that hold")
    expect(card.get_by_test_id("stMetricValue")).to_have_text(held)
    expect(page.get_by_test_id("stVegaLiteChart").first).to_be_visible()
    for row in sound["gate"][:3]:
        cell = page.get_by_role("gridcell", name=row["table"], exact=True, include_hidden=True)
        expect(cell.first).to_be_attached()
    page.get_by_role("tab", name="Odd days").click()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)
    page.set_viewport_size({"width": SIZE["width"], "height": 1280})
    take(page, pictures / "quality.png")
    for tab in ("Quarantine", "Failures over time", "Expectations"):
        page.get_by_role("tab", name=tab).click()
        shown = page.get_by_role("tabpanel").locator("visible=true")
        expect(shown.get_by_test_id("stDataFrame").or_(shown.get_by_test_id("stAlert")).first).to_be_visible()


def test_metrics_are_drawn_by_channel_explained_and_built(page, api, pictures):
    sign_in(page, api.home.token)
    expect(page.get_by_test_id("stMetric")).to_have_count(8)
    go_to(page, "Metrics")
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)
    take(page, pictures / "metrics.png")
    views = page.get_by_test_id("stButtonGroup").first
    views.get_by_text("All metrics", exact=True).click()
    find = page.get_by_label("Find")
    find.fill("spam")
    find.press("Enter")
    table = page.get_by_test_id("stDataFrame")
    expect(table.get_by_role("gridcell", name="Complaint rate", include_hidden=True).first).to_be_attached()
    views.get_by_text("Build your own", exact=True).click()
    formula = page.get_by_label("Formula")
    formula.fill("profit / orders")
    formula.press("Enter")
    expect(page.get_by_test_id("stAlert").filter(has_text="There is no part 'profit'")).to_be_visible()
    formula.fill("(margin_minor - spend_minor) / orders")
    formula.press("Enter")
    draft = {
        "name": "profit_per_order", "title": "Profit per order", "unit": "minor",
        "formula": "(margin_minor - spend_minor) / orders",
    }  # fmt: skip
    told = api.call("analytics.compareChannels", {"draft": draft}).json()
    shown = figure(told["series"][0]["values"]["profit_per_order"], "minor", told["currency"])
    card = page.get_by_test_id("stMetric").filter(has_text="Profit per order, whole period")
    expect(card.get_by_test_id("stMetricValue")).to_have_text(shown)
    page.get_by_role("button", name="Save metric").click()
    expect(page.get_by_text("Profit per order is saved.")).to_be_visible()
    known = api.call("analytics.compareChannels", {"metrics": ["profit_per_order"]}).json()["known"]
    assert (known[0]["name"], known[0]["kind"]) == ("profit_per_order", "own")


def test_signing_out_forgets_the_token(page, api):
    sign_in(page, api.home.token)
    expect(page.get_by_test_id("stMetric")).to_have_count(8)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Login token")).to_be_visible()
    expect(page.get_by_test_id("stMetric")).to_have_count(0)
