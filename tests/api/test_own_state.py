"""Questions and writes into the workspace's own state by REST and MCP, and who may make them."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import openpyxl
import polars as pl
import pypdf
import pytest

from actions.services import declare_operations
from api.identity import Identity
from core.operation import REGISTRY
from core.settings import Settings
from tests.api.test_mcp import speak

NOTE = {"day_on": "2026-08-31", "text": "A test was here."}
RULE = {"kind": "threshold", "side": "below", "bound": 1}
GOAL = {
    "name": "Sell", "aim": {"kind": "metric", "metric": "orders"}, "target": 10,
    "first_on": "2025-11-01", "due_on": "2025-12-31",
}  # fmt: skip
READS = {
    "analytics.getEngagement": {"by": "post", "limit": 5},
    "analytics.getConversions": {"with_models": True},
    "analytics.getTrends": {"metric": "revenue_minor"},
    "db.query": {
        "statement": "SELECT channel, sum(orders) FROM marts.fct_channel_daily GROUP BY 1 ORDER BY 1"
    },
}
WRITES = {
    "analytics.setAlert": {"name": "Low", "metric": "orders", "rule": RULE, "preview_days": 5},
    "analytics.trackGoals": {"define": GOAL},
    "analytics.createDashboard": {"name": "Home", "tiles": [{"title": "x", "metrics": ["roas"]}]},
    "analytics.generateReport": {"format": "html", "sections": ["overview"]},
    "analytics.exportData": {"kind": "mart", "name": "dim_account"},
    "db.insert": {"table": "note", "values": NOTE},
    "db.backup": {},
}
DESTROYS = {
    "db.delete": {"table": "note", "id": "x", "version": 1},
    "db.restore": {"file_id": "0" * 32, "dry_run": False},
    "db.migrate": {"dry_run": False},
}
EVERYTHING = {
    **READS, **WRITES, **DESTROYS, "analytics.getRealtimeMetrics": {},
    "db.update": {"table": "note", "id": "x", "version": 1, "values": {}},
}  # fmt: skip


@pytest.fixture(scope="module")
def reader(api):
    return Identity(Settings(home=api.home.path)).issue("reader", frozenset({"*:read"}))


def fetch(api, file, token=None):
    headers = {"Authorization": f"Bearer {token or api.home.token}"}
    return httpx.get(f"{api.url}/files/{file['id']}", headers=headers, timeout=30)


def over_mcp(api, name, arguments, **more):
    path = f"/mcp/{name.split('.')[0]}"
    return speak(api, lambda client: client.call_tool(name, arguments), path=path, **more)


@pytest.mark.parametrize("name", EVERYTHING)
def test_nobody_and_a_sites_key_get_nothing(api, name):
    assert api.call(name, EVERYTHING[name], token=None).status_code == 401
    assert api.call(name, EVERYTHING[name], token=api.home.site_key).status_code == 403


@pytest.mark.parametrize("name", READS)
def test_rest_and_mcp_answer_the_same_to_a_reading_token(api, reader, name):
    told = api.call(name, READS[name], token=reader)
    assert told.status_code == 200, told.text
    assert over_mcp(api, name, READS[name], token=reader).structured_content == told.json()


@pytest.mark.parametrize("name", [*WRITES, *DESTROYS, "db.update"])
def test_a_reading_token_cannot_write_by_any_door(api, reader, name):
    refused = api.call(name, EVERYTHING[name], token=reader)
    assert (refused.status_code, refused.json()["error"]) == (403, "MissingScope")
    by_mcp = over_mcp(api, name, EVERYTHING[name], token=reader)
    assert by_mcp.is_error
    assert by_mcp.content[0].text.startswith("MissingScope")
    around = {"name": name, "arguments": EVERYTHING[name]}
    by_call = speak(api, lambda client: client.call_tool("operations.call", around), token=reader)
    assert by_call.content[0].text.startswith("MissingScope")


@pytest.mark.parametrize("name", WRITES)
def test_the_owner_writes_by_rest_and_by_mcp(api, name):
    told = api.call(name, WRITES[name])
    assert told.status_code == 200, told.text
    by_mcp = over_mcp(api, name, WRITES[name])
    assert not by_mcp.is_error, by_mcp.content
    assert set(by_mcp.structured_content) == set(told.json())


@pytest.mark.parametrize("name", DESTROYS)
def test_what_cannot_be_undone_is_off_until_the_owner_allows_it(api, name):
    refused = api.call(name, DESTROYS[name])
    assert (refused.status_code, refused.json()["error"]) == (403, "GuardrailDenied")
    assert "SPREADERS_ALLOW_DESTROY" in refused.json()["message"]
    assert over_mcp(api, name, DESTROYS[name]).content[0].text.startswith("GuardrailDenied")


def test_a_dry_run_is_always_allowed(api):
    assert api.call("db.migrate").json()["pending"] == []
    made = api.call("db.backup").json()
    trial = api.call("db.restore", {"file_id": made["file"]["id"]}).json()
    assert trial["is_dry_run"] is True
    assert all(t["added"] == t["changed"] == t["removed"] == 0 for t in trial["tables"])


def test_tools_hint_at_what_they_do(api):
    declare_operations()
    for namespace in ("analytics", "db"):
        tools = speak(api, lambda client: client.list_tools(), path=f"/mcp/{namespace}").tools
        for tool in tools:
            effect = REGISTRY.get(tool.name).effect
            hints = tool.annotations
            assert hints.read_only_hint is (effect == "read")
            assert hints.destructive_hint is (effect == "destroy")
            assert hints.open_world_hint is False


def test_a_row_is_changed_over_http_by_version(api):
    row = api.call("db.insert", {"table": "note", "values": NOTE}).json()
    change = {"table": "note", "id": row["id"], "version": 1, "values": {"text": "Changed."}}
    assert api.call("db.update", change).json()["version"] == 2
    late = api.call("db.update", change)
    assert (late.status_code, late.json()["error"]) == (409, "Conflict")


# --- Files -------------------------------------------------------------------------------------------


def test_a_report_is_fetched_with_the_header_and_opens(api, reader):
    kpis = {k["title"]: k["value"] for k in api.call("analytics.getOverview").json()["kpis"]}
    for form in ("pdf", "xlsx", "html"):
        file = api.call("analytics.generateReport", {"format": form}).json()["file"]
        got = fetch(api, file)
        assert got.status_code == 200
        assert len(got.content) == file["bytes"]
        assert got.headers["content-type"] == file["media_type"]
        assert f'filename="{file["name"]}"' in got.headers["content-disposition"]
        assert fetch(api, file, reader).content == got.content
        if form == "pdf":
            assert "Revenue" in pypdf.PdfReader(io.BytesIO(got.content)).pages[0].extract_text()
        if form == "xlsx":
            sheet = openpyxl.load_workbook(io.BytesIO(got.content))["Overview"]
            told = {row[0]: row[1] for row in sheet.iter_rows(min_row=3, values_only=True)}
            assert round(told["Revenue"] * 100) == kpis["Revenue"]
            assert told["Blended ROI"] == pytest.approx(kpis["Blended ROI"])


def test_an_export_over_http_adds_up_to_the_overview(api):
    period = api.call("analytics.getOverview").json()
    days = {name: period["period"][name] for name in ("first_on", "last_on")}
    asked = {"kind": "mart", "name": "fct_orders", "format": "parquet", **days}
    file = api.call("analytics.exportData", asked).json()["file"]
    rows = pl.read_parquet(io.BytesIO(fetch(api, file).content))
    kpis = {k["name"]: k["value"] for k in period["kpis"]}
    assert (len(rows), rows["revenue_minor"].sum()) == (kpis["orders"], kpis["revenue_minor"])


def test_a_file_wants_a_token_in_the_header_and_the_right_one(api):
    file = api.call("analytics.exportData", {"kind": "mart", "name": "dim_account"}).json()["file"]
    address = f"{api.url}/files/{file['id']}"
    assert httpx.get(address).status_code == 401
    assert httpx.get(f"{address}?token={api.home.token}").status_code == 401
    assert fetch(api, file, api.home.site_key).status_code == 403
    narrow = Identity(Settings(home=api.home.path)).issue("narrow", frozenset({"db.*"}))
    assert fetch(api, file, narrow).status_code == 403
    for wrong in ("0" * 32, "..%2F..%2Fkeys%2Ffirst-token"):
        assert fetch(api, {"id": wrong}).status_code == 404


# --- This minute -------------------------------------------------------------------------------------


def test_an_event_is_told_by_the_first_question_after_its_answer(api, reader):
    before = api.call("analytics.getRealtimeMetrics", {"minutes": 5}).json()
    page = f"/{uuid4().hex}"
    bought = {"order_id": uuid4().hex, "value_minor": 1990, "currency": "EUR"}
    seen = {"at": datetime.now(UTC).isoformat(), "anonymous_id": uuid4().hex}
    events = [
        {**seen, "event_id": uuid4().hex, "kind": "page_view", "url": f"https://shop.example{page}?gclid=1"},
        {**seen, "event_id": uuid4().hex, "kind": "purchase", **bought},
    ]  # fmt: skip
    sent = httpx.post(f"{api.url}/collect?site={api.home.site_key}", json={"batch": events})
    assert sent.json()["accepted"] == 2
    started = datetime.now(UTC)
    told = api.call("analytics.getRealtimeMetrics", {"minutes": 5}, token=reader).json()
    assert (datetime.now(UTC) - started).total_seconds() < 5
    assert told["events"] == before["events"] + 2
    assert told["visitors"] == before["visitors"] + 1
    assert told["purchases"] == before["purchases"] + 1
    assert {"name": page, "count": 1} in told["top_pages"] or len(told["top_pages"]) == 10
    assert "google_ads" in {channel["name"] for channel in told["channels"]}
    earned = [{e["currency"]: e["revenue_minor"] for e in then["revenue"]} for then in (before, told)]
    assert earned[1]["EUR"] - earned[0].get("EUR", 0) == 1990
    by_mcp = over_mcp(api, "analytics.getRealtimeMetrics", {"minutes": 5}).structured_content
    assert by_mcp["events"] == told["events"]


# --- Bad input ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("analytics.getTrends", {"metric": "happiness"}, "There is no metric"),
        ("analytics.getTrends", {"metric": "roas", "grain": "hour"}, "grain"),
        ("analytics.setAlert", {"name": "x", "metric": "roas", "rule": {"kind": "moon"}}, "rule"),
        ("analytics.trackGoals", {"define": {**GOAL, "due_on": "2020-01-01"}}, "due_on is before first_on"),
        ("analytics.createDashboard", {"name": "x", "tiles": []}, "tiles"),
        ("analytics.generateReport", {"format": "doc"}, "format"),
        ("analytics.generateReport", {"sections": ["secrets"]}, "sections"),
        ("analytics.exportData", {"kind": "mart", "name": "pg_authid"}, "no such mart"),
        ("analytics.getRealtimeMetrics", {"minutes": 0}, "minutes"),
        ("db.query", {"statement": "DROP TABLE marts.fct_orders"}, "database cannot answer"),
        ("db.query", {"statement": "SELECT set_config('app.workspace', 'x', false)"}, "not open to queries"),
        ("db.insert", {"table": "seal", "values": {}}, "the tables are"),
        ("db.restore", {"file_id": "../../keys"}, "file_id"),
    ],
)
def test_unfit_arguments_get_one_sentence(api, name, arguments, told):
    refused = api.call(name, arguments)
    assert (refused.status_code, refused.json()["error"]) == (422, "BadInput"), refused.text
    assert told in refused.json()["message"]
    assert json.dumps(refused.json()).count("\\n") == 0
