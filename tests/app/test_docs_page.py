"""The API's docs page needs no other host."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.case("app/14")]


def test_the_docs_page_lists_the_operations_without_another_host(browser, api):
    context = browser.new_context()
    outside = []
    context.on(
        "request",
        lambda request: (
            outside.append(request.url) if not request.url.startswith((api.url, "data:", "blob:")) else None
        ),
    )
    page = context.new_page()
    page.goto(f"{api.url}/docs")
    expect(page.locator(".opblock").first).to_be_visible(timeout=45_000)
    context.close()
    assert outside == []
