"""Every field name the Meta twins accept or send is one of the vendor's own."""

from __future__ import annotations

import json

import pytest

from sandbox.meta.fields import parse_fields
from sandbox.meta.known import KNOWN_FIELDS
from sandbox.meta_ads.query import KNOWN_BREAKDOWNS
from sandbox.twin import Refused
from tests.shared import beside

# Named in the vendor's guides but missing in the extract of the SDK.
GUIDES = {"Post": {"attachments", "id"}}


@pytest.fixture(scope="module")
def nodes():
    return json.loads(beside("specs/meta/graph_v26_nodes.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", sorted(KNOWN_FIELDS))
@pytest.mark.shared
def test_field_names_are_the_vendors(nodes, kind):
    assert KNOWN_FIELDS[kind] - set(nodes[kind]["fields"]) <= GUIDES.get(kind, set())


@pytest.mark.shared
def test_breakdown_names_are_the_vendors(nodes):
    allowed = set(nodes["AdsInsights"]["enums"]["Breakdowns"])
    assert KNOWN_BREAKDOWNS - allowed <= {"age", "gender", "country", "region"}


def sent_fields(url, path, fields):
    import httpx

    params = {"access_token": "sandbox-access_token", "fields": ",".join(sorted(fields)), "limit": 3}
    answer = httpx.get(f"{url}{path}", params=params).json()
    return [set(row) for row in answer.get("data", [answer])]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/meta_ads/v26.0/me/adaccounts", "AdAccount"),
        ("/meta_ads/v26.0/act_1029384756574839/campaigns", "Campaign"),
        ("/meta_ads/v26.0/act_1029384756574839/adsets", "AdSet"),
        ("/meta_ads/v26.0/act_1029384756574839/ads", "Ad"),
        ("/meta_ads/v26.0/act_1029384756574839/insights", "AdsInsights"),
        ("/facebook/v26.0/104729000271828", "Page"),
        ("/facebook/v26.0/104729000271828/posts", "Post"),
        ("/instagram/v26.0/17841400008460056", "IGUser"),
        ("/instagram/v26.0/17841400008460056/media", "IGMedia"),
    ],
)
@pytest.mark.shared
def test_a_question_for_all_fields_is_answered_in_the_vendors_words(nodes, sandbox, path, kind):
    extra = GUIDES.get(kind, set())
    rows = sent_fields(sandbox.url, path, KNOWN_FIELDS[kind])
    assert rows
    for row in rows:
        assert len(row) > 3
        assert row <= set(nodes[kind]["fields"]) | extra


def test_nested_fields_are_read():
    [name, comments, creative] = parse_fields("id,comments.summary(true).limit(0){id,from},creative{id}")
    assert name.name == "id"
    assert comments.options == {"summary": "true", "limit": "0"}
    assert [field.name for field in comments.inside] == ["id", "from"]
    assert [field.name for field in creative.inside] == ["id"]


@pytest.mark.parametrize("text", ["id,(", "id}", "comments.limit", "{id}"])
def test_broken_fields_are_refused(text):
    with pytest.raises(Refused):
        parse_fields(text)
