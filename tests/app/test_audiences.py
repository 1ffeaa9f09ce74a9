"""The page Audiences in a real browser: look at one, make one, see it in the list."""

from __future__ import annotations

import csv

import pytest
from playwright.sync_api import expect

from tests.app.browsing import at_rest, open_row, see, take

pytestmark = pytest.mark.browser
INSIGHTS = "analytics.getAudienceInsights"


@pytest.fixture
def audiences(signed_in):
    page = signed_in()
    page.goto("/audiences")
    see(page, "Audiences")
    return page


def view(page, name):
    page.get_by_test_id("stButtonGroup").get_by_text(name, exact=True).click()
    at_rest(page)


def test_an_audience_is_shown_from_the_inside_and_exported(audiences, api, pictures, tmp_path):
    told = api.call(INSIGHTS).json()
    card = audiences.get_by_test_id("stMetric").filter(has_text="Persons").first
    expect(card.get_by_test_id("stMetricValue")).to_have_text(f"{told['persons']:,}")
    rows = sorted(told["audiences"], key=lambda a: -a["size"])
    place = next(n for n, row in enumerate(rows) if row["name"] == "Champions")
    open_row(audiences, "an audience", "Champions")
    expect(audiences.get_by_role("heading", name="Champions", level=3)).to_be_visible()
    detail = api.call(INSIGHTS, {"audience": "Champions", "with_members": True}).json()["audience"]
    for sentence in detail["told"]:
        expect(audiences.get_by_text(sentence)).to_be_visible()
    shown = 3 if len(detail["history"]) > 1 else 1
    expect(audiences.get_by_test_id("stVegaLiteChart")).to_have_count(shown)
    audiences.set_viewport_size({"width": 1440, "height": 1500})
    take(audiences, pictures / "audiences.png")
    with audiences.expect_download() as download:
        audiences.get_by_role("button", name="Members as CSV").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    lines = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    assert [line["person_id"] for line in lines] == detail["members"]
    assert len(lines) == rows[place]["size"] > 0


def test_overlaps_are_a_heat_map_and_the_models_tell_about_themselves(audiences, api):
    view(audiences, "Overlap")
    expect(audiences.get_by_role("heading", name="Who is in two at once")).to_be_visible()
    expect(audiences.get_by_test_id("stVegaLiteChart")).to_have_count(1)
    view(audiences, "How it is made")
    for model in api.call(INSIGHTS).json()["models"]:
        expect(audiences.get_by_text(model["told"])).to_be_visible()


@pytest.mark.case("app/10")
def test_one_day_of_history_says_so_and_draws_no_empty_chart(audiences, api):
    told = api.call(INSIGHTS).json()
    if max(len(row["trend"]) for row in told["audiences"]) > 1:
        pytest.skip("this home has a longer history")
    expect(audiences.get_by_text("History starts today").first).to_be_visible()
    expect(audiences.get_by_role("columnheader", name="Trend", include_hidden=True)).to_have_count(0)


def test_an_audience_is_written_as_sql_seen_at_once_and_kept(audiences, api):
    view(audiences, "Build")
    audiences.get_by_test_id("stButtonGroup").get_by_text("SQL", exact=True).click()
    box = audiences.get_by_role("textbox", name="Condition")
    box.fill("orders >= 1; DROP TABLE x")
    box.press("Control+Enter")
    expect(audiences.get_by_test_id("stAlert")).to_contain_text("A definition is one statement")
    box.fill("orders >= 1 AND visits >= 2")
    box.press("Control+Enter")
    asked = {"preview": {"sql": "orders >= 1 AND visits >= 2"}}
    size = api.call(INSIGHTS, asked).json()["audience"]["size"]
    card = audiences.get_by_test_id("stMetric").filter(has_text="Persons now")
    expect(card.get_by_test_id("stMetricValue")).to_have_text(f"{size:,}")
    expect(audiences.get_by_text("Rules can say the same.")).to_be_visible()
    audiences.get_by_role("textbox", name="Name").fill("Buyers who came twice")
    audiences.get_by_role("textbox", name="Name").press("Tab")
    audiences.get_by_role("button", name="Save").click()
    expect(audiences.get_by_text("A new audience is counted with the next build")).to_be_visible()
    # The new one is open, not the largest.
    expect(audiences.get_by_role("heading", name="Buyers who came twice", level=3)).to_be_visible()
    kept = {a["name"]: a for a in api.call(INSIGHTS).json()["audiences"]}
    assert (kept["Buyers who came twice"]["version"], kept["Buyers who came twice"]["is_counted"]) == (
        1,
        False,
    )


def test_rules_are_clicked_together_and_shown_as_sql(audiences, api):
    view(audiences, "Build")
    code = audiences.locator("code")  # for a moment the view before still shows its own
    expect(code.filter(has_text="lifecycle_stage IN ('active')").first).to_be_visible()
    audiences.get_by_role("button", name="Add a rule").click()
    expect(code.filter(has_text="AND lifecycle_stage IN ('active')").first).to_be_visible()
    tree = {"all": [{"field": "lifecycle_stage", "op": "in", "value": ["active"]}] * 2}
    size = api.call(INSIGHTS, {"preview": {"rules": tree}}).json()["audience"]["size"]
    card = audiences.get_by_test_id("stMetric").filter(has_text="Persons now")
    expect(card.get_by_test_id("stMetricValue")).to_have_text(f"{size:,}")
