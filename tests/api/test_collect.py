"""The collector's door over a real socket: the site key, CORS, and events that are safe when it answers."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import httpx
import orjson
import pytest

SITE = {"Origin": "https://shop.example"}


def page_view(event_id=None):
    return {
        "event_id": event_id or uuid4().hex,
        "kind": "page_view",
        "at": datetime.now(UTC).isoformat(),
        "anonymous_id": "visitor-1",
        "url": "https://shop.example/",
    }


def kept(api):
    """Every event on disk under the home."""
    files = (api.home.path / "collector").rglob("*.ndjson")
    return {orjson.loads(line)["event_id"] for file in files for line in file.read_bytes().splitlines()}


def test_events_are_on_disk_when_the_answer_arrives(api):
    events = [page_view() for _ in range(3)]
    answer = httpx.post(f"{api.url}/collect?site={api.home.site_key}", json={"batch": events}, headers=SITE)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 3, "rejected": []})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert {event["event_id"] for event in events} <= kept(api)


def test_a_beacon_without_content_type_is_taken(api):
    event = page_view()
    answer = httpx.post(f"{api.url}/collect?site={api.home.site_key}", content=orjson.dumps(event))
    assert answer.status_code == 202
    assert event["event_id"] in kept(api)


@pytest.mark.parametrize("key", ["", "site_made-up"])
def test_without_the_site_key_nothing_is_stored_and_the_page_can_read_why(api, key):
    event = page_view()
    answer = httpx.post(f"{api.url}/collect?site={key}", json=event, headers=SITE)
    assert (answer.status_code, answer.json()["error"]) == (401, "AuthExpired")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert event["event_id"] not in kept(api)


def test_the_key_may_also_be_the_bearer(api):
    headers = {"Authorization": f"Bearer {api.home.site_key}"}
    assert httpx.post(f"{api.url}/collect", json=page_view(), headers=headers).status_code == 202


def test_the_good_events_of_a_batch_are_kept_and_the_others_named(api):
    good = page_view()
    answer = httpx.post(f"{api.url}/collect?site={api.home.site_key}", json={"batch": [good, {"kind": "x"}]})
    assert answer.status_code == 202
    assert answer.json()["accepted"] == 1
    assert [refused["index"] for refused in answer.json()["rejected"]] == [1]
    assert good["event_id"] in kept(api)


def test_a_broken_body_gets_one_sentence(api):
    answer = httpx.post(f"{api.url}/collect?site={api.home.site_key}", content=b"{", headers=SITE)
    assert (answer.status_code, answer.json()["error"]) == (422, "BadInput")
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_browser_of_any_site_may_ask_first(api):
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    answer = httpx.options(f"{api.url}/collect", headers={**SITE, **asked})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "authorization" in answer.headers["access-control-allow-headers"]


def test_the_snippet_is_served_to_every_site(api):
    answer = httpx.get(f"{api.url}/spreaders.js", headers=SITE)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "spreaders" in answer.text
