"""The REST face over a real socket: who may call, what is refused and how, and that numbers agree."""

from __future__ import annotations

import httpx
import pytest

from actions.services import declare_operations
from core.errors import SpreadersError
from core.operation import REGISTRY

BODY = {"error", "message", "evidence"}
READING = (
    "analytics.getOverview",
    "analytics.getPlatformMetrics",
    "analytics.getROI",
    "analytics.compareChannels",
    "db.getHealth",
)


@pytest.mark.parametrize("name", READING)
def test_a_call_without_token_or_with_an_unknown_one_is_refused(api, name):
    for token in (None, "spr_made-up"):
        answer = api.call(name, token=token)
        assert (answer.status_code, answer.json()["error"]) == (401, "AuthExpired")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert set(answer.json()) == BODY


@pytest.mark.parametrize("name", READING)
def test_a_token_of_another_scope_is_refused_before_its_arguments_are_read(api, name):
    answer = api.call(name, {"no_such": 1}, token=api.home.site_key)
    assert (answer.status_code, answer.json()["error"]) == (403, "MissingScope")
    assert answer.json()["evidence"] == {"scope": name}


def test_who_calls_is_settled_before_the_body_is_read(api):
    answer = httpx.post(f"{api.url}/v1/analytics/getROI", content=b"{no json")
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b'{"by": "moon-phase"}', "by: "),
        (b'{"first_on": "yesterday-ish"}', "first_on: "),
        (b'{"surplus": "sesame"}', "surplus: "),
        (b'{"first_on": "2026-10-02", "last_on": "2026-10-01"}', "2026"),
        (b'{"by": ', "no JSON"),
        (b'["by"]', "one JSON object"),
    ],
)
def test_unfit_arguments_get_one_sentence_that_does_not_repeat_them(api, sent, told):
    answer = httpx.post(
        f"{api.url}/v1/analytics/getROI", content=sent, headers={"Authorization": f"Bearer {api.home.token}"}
    )
    assert (answer.status_code, answer.json()["error"]) == (422, "BadInput")
    assert set(answer.json()) == BODY
    assert told in answer.json()["message"]
    assert not any(value in answer.text for value in ("moon-phase", "yesterday-ish", "sesame"))


def test_an_empty_body_means_every_default(api):
    headers = {"Authorization": f"Bearer {api.home.token}"}
    bare = httpx.post(f"{api.url}/v1/analytics/getOverview", headers=headers)
    assert bare.json() == api.call("analytics.getOverview").json()
    assert bare.json()["period"]["days"] == 28


@pytest.mark.parametrize(("path", "status"), [("/v1/analytics/nothing", 404), ("/v2", 404)])
def test_an_unknown_path_has_the_same_body_as_every_refusal(api, path, status):
    answer = httpx.post(f"{api.url}{path}")
    assert (answer.status_code, set(answer.json())) == (status, BODY)


def test_a_wrong_method_has_the_same_body_as_every_refusal(api):
    answer = httpx.get(f"{api.url}/v1/db/getHealth")
    assert (answer.status_code, set(answer.json())) == (405, BODY)


def test_a_body_over_the_limit_is_refused(api):
    headers = {"Authorization": f"Bearer {api.home.token}"}
    answer = httpx.post(f"{api.url}/v1/db/getHealth", content=b" " * (4 * 2**20 + 1), headers=headers)
    assert (answer.status_code, set(answer.json())) == (413, BODY)


def test_the_openapi_document_lists_the_registry_and_every_refusal(api):
    declare_operations()
    document = httpx.get(f"{api.url}/openapi.json").json()
    served = {
        route["post"]["operationId"]: route["post"]
        for path, route in document["paths"].items()
        if path.startswith("/v1/")
    }
    assert set(served) == {operation.name for operation in REGISTRY}
    schemas = document["components"]["schemas"]
    for name, route in served.items():
        assert document["paths"][f"/v1/{name.replace('.', '/')}"]["post"] == route
        assert {"401", "403", "404", "422", "424", "429", "501", "503"} <= set(route["responses"])
        for status in ("401", "422", "501"):
            schema = route["responses"][status]["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Refusal"}
        reference = route["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        arguments = schemas[reference.rsplit("/", 1)[1]]
        assert set(arguments.get("properties", {})) == set(REGISTRY.get(name).arguments.model_fields)
    assert set(schemas["Refusal"]["properties"]) == set(SpreadersError("x").as_dict())


def test_every_reference_of_the_openapi_document_resolves(api):
    document = httpx.get(f"{api.url}/openapi.json").json()
    schemas = document["components"]["schemas"]

    def references(node):
        if isinstance(node, dict):
            yield from ([node["$ref"]] if "$ref" in node else [])
            for child in node.values():
                yield from references(child)
        elif isinstance(node, list):
            for child in node:
                yield from references(child)

    assert {ref.rsplit("/", 1)[1] for ref in references(document)} <= set(schemas)


def test_all_operations_tell_the_totals_of_the_loop(api):
    summary = api.home.summary
    latest = api.call("db.getHealth").json()["latest_on"]
    days = {"last_on": latest, "first_on": _days_before(latest, summary["days"] - 1)}
    roi = api.call("analytics.getROI", days).json()["totals"]
    compared = api.call("analytics.compareChannels", days).json()["totals"]
    overview = {kpi["name"]: kpi["value"] for kpi in api.call("analytics.getOverview", days).json()["kpis"]}
    for name in ("spend_minor", "revenue_minor", "margin_minor", "orders"):
        assert roi[name] == compared[name] == overview[name] == summary["totals"][name] > 0
    for channel in summary["channels"]:
        if channel["spend_minor"]:
            asked = {"channel": channel["channel"], "level": "campaign", **days}
            rows = api.call("analytics.getPlatformMetrics", asked).json()["rows"]
            assert sum(row["spend_minor"] for row in rows) == channel["spend_minor"]


def _days_before(day: str, count: int) -> str:
    from datetime import date, timedelta

    return (date.fromisoformat(day) - timedelta(days=count)).isoformat()


def test_health_tells_detail_only_when_asked(api):
    assert api.call("db.getHealth").json()["detail"] is None
    health = api.call("db.getHealth", {"with_detail": True}).json()
    parts = {"freshness", "checks", "quarantine", "restatements", "drift", "soundness"}
    assert set(health["detail"]) == parts
    assert len(health["detail"]["checks"]) == health["checks"] > 0
    assert all(row["received"] == row["loaded"] + row["quarantined"] for row in health["detail"]["freshness"])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example:8700"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:8701"}, 200),
        ({"Host": "localhost"}, 200),
    ],
)
def test_other_hosts_and_pages_of_other_sites_are_refused(api, headers, status):
    answer = httpx.get(f"{api.url}/health", headers=headers)
    assert answer.status_code == status
    if status != 200:
        assert set(answer.json()) == BODY


def test_the_log_says_who_called_what_and_holds_no_secret(api):
    api.call("analytics.getROI", {"surplus": "sesame-street"})
    api.call("analytics.getROI", token="spr_unknown-but-secret")
    api.call("analytics.getROI", token=api.home.site_key)
    log = api.log.read_text() + (api.home.path / "logs" / "audit.jsonl").read_text()
    assert "analytics.getROI" in log
    assert "MissingScope" in log
    secrets = (api.home.token, api.home.site_key, "spr_unknown-but-secret", "sesame-street")
    assert not any(secret in log for secret in secrets)
