import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import orjson
import pytest

from core.time import SystemClock
from ingestion.collector.collect import collect
from ingestion.collector.spool import Spool
from ingestion.snippet import SNIPPET

BROWSER = Path(__file__).with_name("fake_browser.js")
pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="the snippet runs in Node.js here")


def visit(**setup):
    done = subprocess.run(
        ["node", str(BROWSER), str(SNIPPET), json.dumps(setup)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def events(page):
    return [event for request in page["sent"] for event in request["body"]["batch"]]


def test_a_page_view_is_sent_with_link_and_referrer_to_the_collector_beside_the_script():
    page = visit(referrer="https://news.example/a", attributes={"data-site": "t 1"})
    (event,) = events(page)
    assert event["kind"] == "page_view"
    assert event["url"] == "https://shop.example/p?utm_source=news"
    assert event["referrer"] == "https://news.example/a"
    assert page["sent"][0]["url"] == "https://api.example/collect?site=t%201"
    assert json.loads(page["storage"]["spreaders.queue"]) == []


def test_the_visitor_keeps_one_id_across_pages():
    first = visit()
    second = visit(storage=first["storage"])
    assert events(first)[0]["anonymous_id"] == events(second)[0]["anonymous_id"]


def test_identify_and_purchase_are_sent_in_minor_units():
    calls = [
        ["identify", " ada@example.org "],
        ["purchase", 1001, 49.9, "eur"],
        ["purchase", "2", "500", "JPY"],
    ]
    calls += [["purchase", "3", 1.005, "KWD"], ["purchase", "4", 19.989999999999998, "EUR"]]
    sent = events(visit(calls=calls))
    assert [e["kind"] for e in sent] == ["page_view", "identify", *["purchase"] * 4]
    assert sent[1]["user_id"] == "ada@example.org"
    assert [e.get("value_minor") for e in sent[2:]] == [4990, 500, 1005, 1999]
    assert sent[2]["order_id"] == "1001"


def test_a_price_that_is_no_number_is_an_error_in_the_page():
    assert "49.90" in visit(calls=[["purchase", "1", "49,90 €", "EUR"]])["thrown"]


@pytest.mark.parametrize("answer", ["down", 503, 429])
def test_events_wait_and_are_sent_again_when_the_collector_fails(answer):
    page = visit(answers=[answer])
    assert page["waits"] == [2000]
    assert len(json.loads(page["storage"]["spreaders.queue"])) == 1
    page = visit(answers=[answer], calls=[["tick"]])
    assert page["sent"][0]["body"] == page["sent"][1]["body"]
    assert json.loads(page["storage"]["spreaders.queue"]) == []


def test_events_of_an_earlier_page_are_sent_by_the_next():
    first = visit(answers=["down"])
    second = visit(storage=first["storage"])
    assert len(events(second)) == 2


def test_an_event_refused_for_good_is_not_sent_for_ever():
    page = visit(answers=[422])
    assert json.loads(page["storage"]["spreaders.queue"]) == []


def test_a_page_that_goes_away_hands_over_what_is_left():
    page = visit(answers=["down"], calls=[["leave"]])
    assert page["beacons"][0]["body"]["batch"] == events(page)


@pytest.mark.parametrize(
    "refusal", [{"doNotTrack": "1"}, {"gpc": True}, {"attributes": {"data-consent": "required"}}]
)
def test_nothing_is_sent_or_kept_without_the_visitors_leave(refusal):
    page = visit(**refusal, calls=[["identify", "ada@example.org"]])
    assert (page["sent"], page["storage"]) == ([], {})


def test_consent_starts_and_stops_the_sending():
    page = visit(
        attributes={"data-consent": "required"}, calls=[["consent", True], ["consent", False], ["page"]]
    )
    assert [e["kind"] for e in events(page)] == ["page_view"]
    assert set(page["storage"]) == {"spreaders.consent"}


def test_a_browser_without_storage_still_sends():
    assert len(events(visit(noStorage=True))) == 1


def test_what_the_snippet_sends_the_collector_accepts(tmp_path):
    page = visit(calls=[["identify", "ada@example.org"], ["purchase", "1001", 49.9, "EUR"]])
    spool = Spool(tmp_path, b"key", SystemClock())
    for request in page["sent"]:
        result = collect(orjson.dumps(request["body"]), uuid4(), spool)
        assert result.refused == ()
    assert datetime.fromisoformat(events(page)[0]["at"]).tzinfo == UTC
