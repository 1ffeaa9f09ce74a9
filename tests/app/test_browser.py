"""A person's way through the app in a real browser: sign in, Overview, down to an ad, data quality."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from app.look import channel_title, figure
from app.models import kpi_title
from app.trust import tell_trust
from tests.app.browsing import at_rest, go_to, open_row, open_typed_row, see, sign_in, take

pytestmark = pytest.mark.browser
BLENDED = ("Blended ROI", "Blended CAC")


@pytest.mark.case("app/7")
def test_a_wrong_token_is_told_so(page):
    sign_in(page, "spr_made-up")
    expect(page.get_by_role("alert")).to_contain_text("This token is not known here")
    expect(page.get_by_test_id("stMetric")).to_have_count(0)


@pytest.mark.case("app/2")
def test_the_overview_shows_the_api_s_numbers(page, api, pictures):
    sign_in(page, api.home.token)
    see(page, "Overview")
    overview = api.call("analytics.getOverview").json()
    cards = page.get_by_test_id("stMetric")
    expect(cards).to_have_count(len(overview["kpis"]))
    titles = []
    for card, kpi in zip(cards.all(), overview["kpis"], strict=True):
        titles.append(kpi_title(kpi, overview["model"]))
        expect(card.get_by_test_id("stMetricLabel")).to_contain_text(titles[-1])
        shown = figure(kpi["value"], kpi["unit"], overview["currency"])
        expect(card.get_by_test_id("stMetricValue")).to_have_text(shown)
    assert {*BLENDED, "Paid ROI (last non-direct touch)"} <= set(titles)
    expect(page.get_by_text(overview["note"])).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(3)
    trust = tell_trust(api.call("db.getHealth", {"with_detail": True}).json())
    expect(page.get_by_role("link", name=trust.sentence)).to_be_visible()
    take(page, pictures / "overview.png")


@pytest.mark.case("app/14")
def test_a_chart_has_words_for_those_who_cannot_see_it(signed_in):
    page = signed_in()
    page.goto("/")
    see(page, "Overview")
    for chart in page.get_by_test_id("stVegaLiteChart").all():
        words = chart.get_attribute("aria-label")
        assert words.startswith(("Lines of", "Bars of"))
    page.get_by_text("The numbers as a table").first.click()
    table = page.get_by_test_id("stExpander").first
    header = table.get_by_role("columnheader", include_hidden=True)
    expect(header.first).to_have_text("Day")


@pytest.mark.case("app/14")
def test_channels_lead_from_the_account_down_to_the_ad_and_back(signed_in, api, pictures):
    page = signed_in()
    page.goto("/channels?channel=meta_ads")
    below = {"campaign": "Campaigns", "ad_set": "Ad sets", "ad": "Ads"}
    see(page, "Channels")
    parent = None
    for level, heading in below.items():
        expect(page.get_by_role("heading", name=heading, level=3, exact=True)).to_be_visible()
        arguments = {"channel": "meta_ads", "level": level, "parent_id": parent}
        arguments = {name: value for name, value in arguments.items() if value}
        rows = api.call("analytics.getPlatformMetrics", arguments).json()["rows"]
        if level == "campaign":
            take(page, pictures / "channels.png")
        if level != "ad":
            row = next(row for row in rows if row["id"])
            open_row(page, {"campaign": "a campaign", "ad_set": "an ad set"}[level], row["name"])
            parent = row["id"]
            expect(page.locator(".st-key-crumbs")).to_contain_text(row["name"])
            assert parent in page.url
    at_rest(page)
    page.locator(".st-key-crumbs").get_by_role("button").first.click()
    expect(page.get_by_role("heading", name="Accounts", level=3)).to_be_visible()


@pytest.mark.case("app/14")
def test_moving_through_rows_by_the_keyboard_opens_nothing(signed_in):
    page = signed_in()
    page.goto("/channels?channel=meta_ads")
    see(page, "Channels")
    address = page.url
    page.get_by_test_id("stDataFrame").last.click(position={"x": 60, "y": 50})
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    at_rest(page)
    assert page.url == address
    expect(page.get_by_role("heading", name="Campaigns", level=3)).to_be_visible()


@pytest.mark.case("app/14")
def test_a_name_typed_into_the_list_opens_that_row(signed_in, api):
    page = signed_in()
    page.goto("/channels?channel=meta_ads&open=all")
    see(page, "Channels")
    arguments = {"channel": "meta_ads", "level": "account"}
    account = api.call("analytics.getPlatformMetrics", arguments).json()["rows"][-1]
    open_typed_row(page, "an account", account["name"])
    expect(page).to_have_url(re.compile(rf"open={account['id']}"))
    below = {"channel": "meta_ads", "level": "campaign", "parent_id": account["id"]}
    rows = [row for row in api.call("analytics.getPlatformMetrics", below).json()["rows"] if row["id"]]
    open_typed_row(page, "a campaign", rows[-1]["name"])
    expect(page).to_have_url(re.compile(rf"{rows[-1]['id']}$|{rows[-1]['id']}&"))
    expect(page.locator(".st-key-crumbs")).to_contain_text(rows[-1]["name"])


@pytest.mark.parametrize(("channel", "heading"), [("instagram", "Posts"), ("mailchimp", "Mails")])
def test_posts_and_mails_have_their_own_tables(signed_in, channel, heading):
    page = signed_in()
    page.goto(f"/channels?channel={channel}")
    see(page, "Channels")
    expect(page.get_by_role("heading", name=heading, level=3)).to_be_visible()
    expect(page.get_by_test_id("stDataFrame")).to_have_count(2)


@pytest.mark.case("app/3")
def test_every_ad_of_every_channel_is_in_one_table(signed_in, api):
    page = signed_in()
    page.goto("/")
    see(page, "Overview")
    go_to(page, "Every ad")
    ads = {
        name: api.call("analytics.getPlatformMetrics", {"channel": name, "level": "ad", "limit": 500}).json()
        for name in ("google_ads", "meta_ads")
    }
    total = sum(answer["total"] for answer in ads.values())
    expect(page.get_by_text(f"{total:,} of {total:,} rows")).to_be_visible()
    searched = next(row["name"] for row in ads["meta_ads"]["rows"] if row["id"])
    page.get_by_label("Find").fill(searched)
    page.get_by_label("Find").press("Enter")
    cell = page.get_by_role("gridcell", name=searched, exact=True, include_hidden=True)
    expect(cell.first).to_be_attached()
    expect(page.get_by_text(f"{total:,} of {total:,} rows")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_test_id("stDownloadButton").get_by_role("button", name="CSV").click()
    assert searched in download.value.path().read_text()


@pytest.mark.case("app/15")
def test_data_quality_begins_with_a_sentence_and_ends_with_the_data_team_s_tables(signed_in, api, pictures):
    page = signed_in()
    page.goto("/quality")
    see(page, "Data quality")
    health = api.call("db.getHealth", {"with_detail": True, "history_days": 30}).json()
    expect(page.get_by_role("heading", name=tell_trust(health).sentence)).to_be_visible()
    take(page, pictures / "data.png")
    above = page.get_by_role("heading", name="For data teams").bounding_box()["y"]
    for name in ("Sources", "Unusual days", "Set aside", "Corrected"):
        assert page.get_by_role("tab", name=name).bounding_box()["y"] < above
    parts = (
        "Unusual days", "Set aside", "Corrected", "Rules", "Checks of the models", "Changed fields",
        "Verdicts", "Failures", "Tables", "Sources",
    )  # fmt: skip
    for name in parts:
        page.get_by_role("tab", name=name).click()
        shown = page.get_by_role("tabpanel").locator("visible=true")
        expect(shown.get_by_test_id("stDataFrame").or_(shown.get_by_test_id("stAlert")).first).to_be_visible()
    for row in health["detail"]["soundness"]["gate"][:3]:
        cell = page.get_by_role("gridcell", name=row["table"], exact=True, include_hidden=True)
        expect(cell.first).to_be_attached()


@pytest.mark.case("app/1")
def test_attribution_shows_models_claims_and_the_ways_people_came(signed_in, api, pictures):
    page = signed_in()
    page.goto("/attribution")
    see(page, "Attribution")
    answer = api.call("analytics.getConversions", {"with_models": True, "with_paths": True}).json()
    card = page.get_by_test_id("stMetric").filter(has_text="Orders").first
    expect(card.get_by_test_id("stMetricValue")).to_have_text(f"{answer['orders']:,}")
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(1)
    expect(page.get_by_test_id("stPlotlyChart").locator(".sankey-node").first).to_be_visible()
    longest = max(answer["journeys"]["paths"], key=lambda path: path["conversions"])
    shown = "  ›  ".join(map(channel_title, longest["channels"]))  # noqa: RUF001
    expect(page.get_by_role("gridcell", name=shown, exact=True, include_hidden=True).first).to_be_attached()
    expect(page.get_by_text("Incremental ROAS")).to_have_count(0)
    take(page, pictures / "attribution.png")
    page.get_by_text("Revenue", exact=True).first.click()
    at_rest(page)
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(1)


def test_metrics_are_drawn_by_channel_explained_and_built(signed_in, api, pictures):
    page = signed_in()
    page.goto("/metrics?metric=roas,roi")
    see(page, "Metrics")
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
    formula = page.get_by_role("textbox", name="Formula")
    formula.fill("profit / orders")
    formula.press("Enter")
    expect(page.get_by_test_id("stAlert").filter(has_text="There is no part 'profit'")).to_be_visible()
    formula.fill("(margin_minor - spend_minor) / orders")
    formula.press("Enter")
    draft = {
        "name": "profit_per_order", "title": "Profit per order", "unit": "minor",
        "formula": "(margin_minor - spend_minor) / orders",
    }  # fmt: skip
    answer = api.call("analytics.compareChannels", {"draft": draft}).json()
    shown = figure(answer["series"][0]["values"]["profit_per_order"], "minor", answer["currency"])
    card = page.get_by_test_id("stMetric").filter(has_text="Profit per order, whole period")
    expect(card.get_by_test_id("stMetricValue")).to_have_text(shown)
    page.get_by_role("button", name="Save metric").click()
    expect(page.get_by_text("Profit per order is saved.")).to_be_visible()
    known = api.call("analytics.compareChannels", {"metrics": ["profit_per_order"]}).json()["known"]
    assert (known[0]["name"], known[0]["kind"]) == ("profit_per_order", "own")
    expect(page.get_by_label("Change one of yours")).to_be_visible()


@pytest.mark.case("app/12")
def test_the_report_is_one_button_away(signed_in):
    page = signed_in()
    page.goto("/")
    see(page, "Overview")
    with page.expect_download() as download:
        page.get_by_role("button", name="PDF report").click()
    assert download.value.path().read_bytes().startswith(b"%PDF")


def test_the_table_of_channels_opens_a_channel(signed_in):
    page = signed_in()
    page.goto("/?period=last-7-days")
    see(page, "Overview")
    open_row(page, "a channel", "Meta Ads")
    see(page, "Channels")
    assert "channel=meta_ads" in page.url
    assert "period=last-7-days" in page.url
