"""What a person does in the app: sign in, go to a page, open a row, wait until all is drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

OPENED_TIMES = 4
OPEN_MS = 10_000


def sign_in(page: Page, token: str) -> None:
    page.get_by_label("Login token").fill(token)
    page.get_by_role("button", name="Sign in").click()


def go_to(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebarNavLink").filter(has_text=name).click()
    see(page, name)


def see(page: Page, name: str) -> None:
    """Wait until a page is drawn."""
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    at_rest(page)


def at_rest(page: Page) -> None:
    """Wait until the script has run and every chart and table is drawn."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.locator("[data-stale=true]")).to_have_count(0)
    expect(page.get_by_test_id("stSkeleton").locator("visible=true")).to_have_count(0)
    for chart in page.get_by_test_id("stVegaLiteChart").locator("visible=true").all():
        expect(chart.locator("canvas, svg").first).to_be_visible()


def take(page: Page, file: Path) -> None:
    """Take a picture of what a person sees first; leave nothing under the pointer."""
    page.mouse.move(1, 1)
    at_rest(page)
    page.screenshot(path=file, animations="disabled")
    assert file.stat().st_size < 400_000


def choose(page: Page, label: str, option: str) -> None:
    """Choose an option of a list."""
    field = page.get_by_role("combobox", name=label)
    show_option(page, option, field.click).click()
    at_rest(page)


def open_row(page: Page, what: str, name: str) -> None:
    """Open a row of a table by the list above it."""
    choose(page, f"Open {what}", name)


def open_typed_row(page: Page, what: str, name: str) -> None:
    """Open a row by the keyboard alone: its name and Enter."""
    field = page.get_by_role("combobox", name=f"Open {what}")

    def write() -> None:
        field.focus()
        field.fill("")
        field.press_sequentially(name)

    show_option(page, name, write)
    field.press("Enter")
    at_rest(page)


def show_option(page: Page, name: str, open_list: Callable[[], None]) -> Locator:
    """Open a list until the option stands there: a page that is drawn anew meanwhile closes its lists."""
    option = page.get_by_role("option", name=name, exact=True)
    for _ in range(OPENED_TIMES):
        open_list()
        try:
            expect(option).to_be_visible(timeout=OPEN_MS)
        except AssertionError:
            page.keyboard.press("Escape")
            at_rest(page)
        else:
            break
    return option
