"""The MCP face over a real socket, for clients of both protocol eras."""

from __future__ import annotations

import asyncio
import base64

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import PaginatedRequestParams

from actions.services import declare_operations
from api.identity import Identity
from api.mcp import PAGE_TOOLS, Face
from core.context import Context
from core.operation import REGISTRY, Registry, operation
from core.settings import Settings

ERAS = ("auto", "legacy")
CALLS = {
    "analytics.getOverview": {},
    "analytics.getPlatformMetrics": {"channel": "meta_ads", "level": "campaign"},
    "analytics.getROI": {"by": "campaign"},
    "analytics.compareChannels": {},
    "db.getHealth": {"with_detail": True},
}


def speak(api, talk, *, path="/mcp/", mode="auto", token=None):
    """Run a conversation with a client that sends the owner's token."""

    async def run():
        headers = {"Authorization": f"Bearer {token or api.home.token}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=30) as http,
            Client(streamable_http_client(f"{api.url}{path}", http_client=http), mode=mode) as client,
        ):
            return await talk(client)

    return asyncio.run(run())


async def list_names(client):
    return [tool.name for tool in (await client.list_tools()).tools]


@pytest.mark.parametrize("mode", ERAS)
def test_mcp_and_rest_give_the_same_answers(api, mode):
    async def talk(client):
        return {name: await client.call_tool(name, arguments) for name, arguments in CALLS.items()}

    for name, result in speak(api, talk, path="/mcp/all", mode=mode).items():
        over_rest = api.call(name, CALLS[name]).json()
        over_mcp = dict(result.structured_content)
        if name == "db.getHealth":
            assert over_rest.pop("latency_ms") > 0
            assert over_mcp.pop("latency_ms") > 0
            assert over_mcp.pop("clock_at") <= over_rest.pop("clock_at")
        assert not result.is_error
        assert over_mcp == over_rest


@pytest.mark.parametrize("mode", ERAS)
@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("analytics.getROI", {"surplus": "sesame"}, "BadInput: analytics.getROI cannot take these arguments"),
        ("analytics.getROI", {"by": "moon-phase"}, "BadInput: "),
        ("analytics.getNothing", {}, "NotFound: "),
    ],
)
def test_a_refusal_is_a_result_that_says_what_to_do(api, mode, name, arguments, told):
    result = speak(api, lambda client: client.call_tool(name, arguments), path="/mcp/all", mode=mode)
    assert result.is_error
    (text,) = [part.text for part in result.content]
    assert text.startswith(told)
    assert "sesame" not in text
    assert "moon-phase" not in text


@pytest.mark.parametrize("mode", ERAS)
def test_a_token_of_another_scope_may_list_but_not_call(api, mode):
    async def talk(client):
        return await list_names(client), await client.call_tool("analytics.getROI", {})

    token = Identity(Settings(home=api.home.path)).issue("mail", frozenset({"email.*"}))
    names, result = speak(api, talk, mode=mode, token=token)
    assert "analytics.getROI" in names
    assert result.is_error
    assert result.content[0].text.startswith("MissingScope: ")


@pytest.mark.parametrize("path", ["/mcp", "/mcp/", "/mcp/all", "/mcp/analytics/"])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer spr_made-up"}])
def test_without_a_known_token_no_face_answers(api, path, headers):
    answer = httpx.post(f"{api.url}{path}", json={}, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_face_answers_with_and_without_the_last_slash(api):
    assert speak(api, list_names, path="/mcp") == speak(api, list_names, path="/mcp/")


def test_an_unknown_face_is_named_in_the_refusal(api):
    answer = httpx.post(f"{api.url}/mcp/nothing", json={})
    assert (answer.status_code, answer.json()["error"]) == (404, "NotFound")
    assert "/mcp/analytics" in answer.json()["message"]


def test_the_faces_are_small_by_default_one_a_service_and_one_with_everything(api):
    declare_operations()
    everything = [op.name for op in REGISTRY]
    small = speak(api, list_names)
    assert small[:3] == ["operations.call", "operations.describe", "operations.search"]
    assert set(small[3:]) < set(everything)
    assert speak(api, list_names, path="/mcp/all") == everything[:PAGE_TOOLS]
    for namespace in {op.namespace for op in REGISTRY}:
        of_service = [op.name for op in REGISTRY if op.namespace == namespace]
        assert speak(api, list_names, path=f"/mcp/{namespace}") == of_service[:PAGE_TOOLS]


def test_tools_say_what_they_take_give_and_do(api):
    tools = {tool.name: tool for tool in speak(api, lambda c: c.list_tools(), path="/mcp/analytics").tools}
    roi = tools["analytics.getROI"]
    assert roi.input_schema["additionalProperties"] is False
    assert {"first_on", "last_on", "by", "model"} == set(roi.input_schema["properties"])
    assert "totals" in roi.output_schema["properties"]
    assert roi.annotations.read_only_hint is True


@pytest.mark.parametrize("mode", ERAS)
def test_an_agent_finds_reads_and_calls_an_operation_it_was_not_shown(api, mode):
    async def talk(client):
        found = await client.call_tool("operations.search", {"query": "warehouse health"})
        told = await client.call_tool("operations.describe", {"name": "db.getHealth"})
        called = await client.call_tool("operations.call", {"name": "db.getHealth"})
        wrong = await client.call_tool("operations.call", {"name": "db.getNothing"})
        return found, told, called, wrong

    found, told, called, wrong = speak(api, talk, mode=mode)
    assert found.structured_content["operations"][0]["name"] == "db.getHealth"
    assert "with_detail" in told.structured_content["arguments"]["properties"]
    assert called.structured_content["result"]["ok"] is True
    assert wrong.content[0].text.startswith("NotFound: ")


def test_long_lists_come_in_pages_and_a_foreign_cursor_is_refused():
    registry = Registry()
    for number in range(PAGE_TOOLS + 7):
        _declare(f"demo.verb{number:03d}", registry)
    face = Face(list(registry), Registry(), lambda _: None)

    async def read(cursor):
        return await face.list_tools(None, PaginatedRequestParams(cursor=cursor))

    first = asyncio.run(read(None))
    second = asyncio.run(read(first.next_cursor))
    assert [len(page.tools) for page in (first, second)] == [PAGE_TOOLS, 7]
    assert second.next_cursor is None
    for cursor in ("???", base64.urlsafe_b64encode(b"-1").decode()):
        with pytest.raises(MCPError):
            asyncio.run(read(cursor))


def _declare(name, registry):
    @operation(name, effect="read", registry=registry)
    def verb(ctx: Context) -> list[int]:
        """Return nothing much."""
        return [1]


@pytest.mark.case("hardening/M9")
def test_the_public_site_key_opens_no_face(api):
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for path in ("/mcp/", "/mcp/all"):
        answer = httpx.post(
            f"{api.url}{path}",
            json=body,
            headers={
                "Authorization": f"Bearer {api.home.site_key}",
                "Accept": "application/json, text/event-stream",
            },
        )
        assert answer.status_code == 401
