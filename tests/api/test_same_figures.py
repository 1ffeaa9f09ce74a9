"""Every face tells the same figures of the same days: operations, workbook and PDF."""

from __future__ import annotations

import io

import httpx
import openpyxl
import pypdf
import pytest

from lake.analytics.naming import channel_title

MODELS = ["last_non_direct", "linear", "shapley"]
FIGURES = ("orders", "revenue_minor", "roas", "roi", "cac")


@pytest.fixture(scope="module")
def days(api):
    period = api.call("analytics.getOverview").json()["period"]
    return {name: period[name] for name in ("first_on", "last_on")}


def figures(row):
    return {name: row[name] for name in FIGURES}


@pytest.mark.parametrize("model", MODELS)
def test_returns_comparison_and_overview_tell_the_same_of_every_channel(api, days, model):
    asked = {**days, "model": model}
    returns, compared, overview = (
        api.call(f"analytics.{name}", asked).json() for name in ("getROI", "compareChannels", "getOverview")
    )
    beside = {row["channel"]: figures(row) for row in compared["channels"]}
    assert {row["channel"]: figures(row) for row in overview["channels"]} == beside
    assert {row["channel"]: figures(row) for row in returns["rows"]} == beside
    assert sum(1 for row in beside.values() if row["roi"] is not None) >= 2
    kpis = {kpi["name"]: kpi["value"] for kpi in overview["kpis"]}
    for name in ("orders", "revenue_minor", "roas", "roi"):
        assert kpis[name] == pytest.approx(returns["totals"][name])
        assert compared["totals"][name] == returns["totals"][name]


def test_conversions_are_those_the_comparison_credits(api, days):
    compared = {
        row["channel"]: (row["orders"], row["revenue_minor"])
        for row in api.call("analytics.compareChannels", days).json()["channels"]
        if row["orders"]
    }
    rows = api.call("analytics.getConversions", days).json()["rows"]
    assert {row["id"]: (row["orders"], row["revenue_minor"]) for row in rows if row["orders"]} == compared


def test_workbook_and_pdf_hold_the_comparison(api, days):
    channels = api.call("analytics.compareChannels", days).json()["channels"]
    book = openpyxl.load_workbook(io.BytesIO(fetch_report(api, days, "xlsx")))["Channels"]
    heads = [cell.value for cell in book[2]]
    told = {row[0]: dict(zip(heads, row, strict=True)) for row in book.iter_rows(min_row=3, values_only=True)}
    for row in channels:
        shown = told[channel_title(row["channel"])]
        assert round(shown["Revenue"] * 100) == row["revenue_minor"]
        assert (shown["Orders"], shown["ROAS"], shown["ROI"]) == pytest.approx(
            (row["orders"], row["roas"], row["roi"])
        )
    text = "".join(
        page.extract_text() for page in pypdf.PdfReader(io.BytesIO(fetch_report(api, days, "pdf"))).pages
    )
    for row in channels:
        assert f"{row['revenue_minor'] / 100:,.2f}" in text


def test_no_answer_and_no_page_names_an_incremental_roas(api, days):
    answer = api.call("analytics.getConversions", {**days, "with_models": True}).json()
    assert answer["uplift"]
    for row in answer["uplift"]:
        assert not {name for name in row if "roas" in name or "incremental" in name}
    for row in [*answer["models"], *answer["uplift"]]:
        assert row["share_low"] <= row["share"] <= row["share_high"]
    assert answer["uplift_doubts"]
    note = api.call("analytics.getOverview", days).json()["note"]
    assert "not what the spend adds" in note


def fetch_report(api, days, form):
    asked = {"format": form, "sections": ["channels"], **days}
    file = api.call("analytics.generateReport", asked).json()["file"]
    address = f"{api.url}/files/{file['id']}"
    return httpx.get(address, headers={"Authorization": f"Bearer {api.home.token}"}, timeout=30).content
