"""What was chosen is in the address: kept over pages, reloads and links, also before signing in."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.sync_api import expect

from app.places import all_places
from tests.app.browsing import at_rest, choose, go_to, see, sign_in

pytestmark = pytest.mark.browser


@pytest.mark.case("app/4")
def test_the_period_is_kept_over_pages_and_reloads(signed_in):
    page = signed_in()
    page.goto("/")
    see(page, "Overview")
    choose(page, "Period", "Last 7 days")
    choose(page, "Compare with", "A year before")
    expect(page).to_have_url(re.compile("period=last-7-days.*compare=year"))
    caption = page.get_by_test_id("stCaptionContainer").first.inner_text()
    go_to(page, "Channels")
    expect(page.get_by_test_id("stCaptionContainer").first).to_have_text(caption)
    go_to(page, "Audiences")
    go_to(page, "Metrics")
    expect(page).to_have_url(re.compile("period=last-7-days"))
    page.reload()
    see(page, "Metrics")
    expect(page).to_have_url(re.compile("period=last-7-days"))
    go_to(page, "Overview")
    expect(page.get_by_test_id("stCaptionContainer").first).to_have_text(caption)


@pytest.mark.case("app/7")
def test_a_link_opens_its_page_with_its_choices_after_signing_in(page, api):
    page.goto("/channels?channel=mailchimp&period=last-7-days")
    sign_in(page, api.home.token)
    see(page, "Channels")
    expect(page.get_by_role("heading", name="Mails", level=3)).to_be_visible()
    assert "period=last-7-days" in page.url
    expect(page).to_have_title("Channels · Spreaders")
    page.reload()
    see(page, "Channels")


@pytest.mark.case("app/7")
def test_every_page_can_be_opened_by_its_address_and_has_its_own_title(signed_in):
    page = signed_in()
    errors = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    for place in all_places():
        page.goto(f"/{place.path}")
        see(page, place.title)
        expect(page).to_have_title(f"{place.title} · Spreaders")
        expect(page.get_by_test_id("stException")).to_have_count(0)
    assert errors == []


@pytest.mark.case("app/7")
def test_the_token_is_nowhere_in_the_browser(page, api):
    sign_in(page, api.home.token)
    see(page, "Overview")
    stores = "[{...localStorage}, {...sessionStorage}, document.cookie, location.href]"
    kept = page.evaluate(f"JSON.stringify({stores})")
    assert api.home.token not in kept
    (cookie,) = [c for c in page.context.cookies() if c["name"].startswith("spreaders_session")]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    assert api.home.token not in cookie["value"]


def test_signing_out_ends_the_session_in_every_tab(page, api):
    sign_in(page, api.home.token)
    see(page, "Overview")
    other = page.context.new_page()
    other.goto("/metrics")
    see(other, "Metrics")
    page.get_by_role("link", name="Sign out").click()
    expect(page.get_by_label("Login token")).to_be_visible()
    other.get_by_test_id("stSidebarNavLink").filter(has_text="Audiences").click()
    expect(other.get_by_text("You are signed out.")).to_be_visible()
    expect(other.get_by_test_id("stMetric")).to_have_count(0)


@pytest.mark.case("app/4")
def test_other_days_are_chosen_and_a_period_without_numbers_is_told(signed_in, api):
    page = signed_in()
    latest = api.call("db.getHealth").json()["latest_on"]
    page.goto(f"/?period={latest[:8]}02..{latest[:8]}04")
    see(page, "Overview")
    month = date.fromisoformat(latest)
    days = f"2 {month:%B %Y} to 4 {month:%B %Y}"
    expect(page.get_by_test_id("stCaptionContainer").first).to_contain_text(days)
    page.goto("/?period=lately")
    see(page, "Overview")
    expect(page.get_by_test_id("stAlert").first).to_contain_text("There are no numbers for 'lately'")
    at_rest(page)
