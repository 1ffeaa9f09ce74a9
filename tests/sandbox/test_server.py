"""The sandbox as a process: its own routes, faults, drift, restarts, bad input."""

from __future__ import annotations

import http.server
import json
import subprocess
import sys
import threading
import time

import httpx
import pytest

from sandbox import gate
from sandbox.faults import Hit
from sandbox.market.loading import SCENARIOS

TOKEN = {"access_token": "sandbox-access_token"}
ACCOUNT = "/meta_ads/v26.0/act_1029384756574839"
INSIGHTS = {**TOKEN, "level": "ad", "time_increment": "1", "date_preset": "last_7d", "limit": "50"}


@pytest.fixture(scope="module")
def web(sandbox):
    with httpx.Client(base_url=sandbox.url, timeout=30) as client:
        yield client


@pytest.fixture
def rules(web):
    """Put fault rules in force for one test."""
    yield lambda *given: web.post("/_faults", json=list(given)).raise_for_status()
    web.delete("/_faults")


def test_the_clock_tells_where_the_market_stands(web):
    clock = web.get("/_clock").json()
    assert (clock["days"], clock["scenario"], clock["currency"]) == (30, "small", "EUR")
    assert (clock["first_day"], clock["today"]) == ("2025-11-01", "2025-11-30")


def test_an_unknown_route_is_a_501_that_names_it(web):
    answer = web.post("/facebook/v26.0/1122/live_videos", params=TOKEN)
    assert answer.status_code == 501
    assert answer.json() == {"error": "POST /facebook/v26.0/1122/live_videos is not emulated"}


@pytest.mark.parametrize("what", ["contribution", "orders", "journeys"])
def test_the_truth_is_a_list_of_records(web, what):
    records = web.get(f"/_truth/{what}", params={"first": "2025-11-10", "last": "2025-11-11"}).json()
    assert records
    assert all(isinstance(record, dict) for record in records)


def test_the_curves_name_every_paid_channel(web):
    assert set(web.get("/_truth/curves").json()) >= {"google_ads", "meta_ads"}


@pytest.mark.parametrize(
    "channel", ["google_ads", "meta_ads", "youtube", "facebook", "instagram", "mailchimp", "shopify"]
)
def test_every_channel_has_a_ledger(web, channel):
    rows = web.get(f"/_ledger/{channel}").json()
    assert rows
    assert "day" in rows[0]


def test_a_ledger_can_be_narrowed_to_days(web):
    rows = web.get("/_ledger/meta_ads", params={"first": "2025-11-10", "last": "2025-11-12"}).json()
    assert [row["day"] for row in rows] == ["2025-11-10", "2025-11-11", "2025-11-12"]


def test_the_header_plays_a_rate_limit_in_the_vendors_words(web):
    answer = web.get(f"{ACCOUNT}/insights", params=INSIGHTS, headers={"X-Sandbox-Fault": "rate_limit:120"})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == 80000
    usage = json.loads(answer.headers["x-business-use-case-usage"])
    assert [entry["estimated_time_to_regain_access"] for [entry] in usage.values()] == [2]


def test_the_header_plays_an_expired_token(web):
    error = web.get(f"{ACCOUNT}/ads", params=TOKEN, headers={"X-Sandbox-Fault": "expired_token"}).json()[
        "error"
    ]
    assert (error["code"], error["error_subcode"]) == (190, 463)


def test_truncated_json_cannot_be_read(web):
    answer = web.get(f"{ACCOUNT}/insights", params=INSIGHTS, headers={"X-Sandbox-Fault": "truncated_json"})
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


@pytest.mark.parametrize("kind", ["shuffled_page", "repeated_page"])
def test_the_answers_of_a_batch_stay_in_the_order_of_its_calls(kind):
    answers = [{"code": 200, "body": str(number)} for number in range(5)]
    body = json.dumps([*answers, None]).encode()
    assert gate.play(Hit(kind, 0.0), body, lambda content: content) == body


def test_a_shuffled_page_has_the_same_records_in_another_order(web):
    good = web.get(f"{ACCOUNT}/insights", params=INSIGHTS).json()["data"]
    odd = web.get(
        f"{ACCOUNT}/insights", params=INSIGHTS, headers={"X-Sandbox-Fault": "shuffled_page"}
    ).json()["data"]
    assert odd != good
    assert sorted(map(str, odd)) == sorted(map(str, good))


def test_a_repeated_page_brings_its_records_twice(web):
    good = web.get(f"{ACCOUNT}/insights", params=INSIGHTS).json()["data"]
    odd = web.get(
        f"{ACCOUNT}/insights", params=INSIGHTS, headers={"X-Sandbox-Fault": "repeated_page"}
    ).json()["data"]
    assert odd == good * 2


def test_a_slow_answer_is_late_but_right(web):
    started = time.monotonic()
    answer = web.get(f"{ACCOUNT}/ads", params=TOKEN, headers={"X-Sandbox-Fault": "slow:0.3"})
    assert time.monotonic() - started >= 0.3
    assert answer.json()["data"]


def test_an_unknown_fault_is_refused_with_the_allowed_ones(web):
    answer = web.get(f"{ACCOUNT}/ads", params=TOKEN, headers={"X-Sandbox-Fault": "meteor"})
    assert answer.status_code == 400
    assert "rate_limit" in answer.json()["error"]


def test_a_rule_fails_every_nth_request_of_its_path(web, rules):
    rules({"channel": "meta_ads", "path": "/v26.0/act_", "kind": "server_error", "every": 3})
    codes = [web.get(f"{ACCOUNT}/ads", params=TOKEN).status_code for _ in range(6)]
    assert codes == [200, 200, 500, 200, 200, 500]
    assert web.get("/facebook/v26.0/me", params=TOKEN).status_code == 200


def test_a_rule_stops_after_its_times(web, rules):
    rules({"channel": "*", "kind": "rate_limit", "times": 2})
    codes = [web.get(f"{ACCOUNT}/ads", params=TOKEN).status_code for _ in range(4)]
    assert codes == [400, 400, 200, 200]
    assert web.get("/_faults").json()[-1]["hits"] == 2


def test_an_unknown_kind_of_rule_is_refused(web):
    assert web.post("/_faults", json={"kind": "meteor"}).status_code == 422


class Collector(http.server.BaseHTTPRequestHandler):
    """Keeps what it is sent; answers with `code`."""

    code = 200

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.batches.append((self.headers["authorization"], json.loads(body)["batch"]))
        self.send_response(self.server.code)
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def collector():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    server.batches, server.code = [], 200
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_site_sends_its_events_in_batches(web, collector):
    ask = {"collector_url": f"http://127.0.0.1:{collector.server_port}/collect", "token": "t1"}
    sent = web.post("/_site/replay", json=ask).json()["sent"]
    assert sent == sum(len(batch) for _, batch in collector.batches) > 1000
    assert {len(batch) for _, batch in collector.batches[:-1]} == {1000}
    assert {token for token, _ in collector.batches} == {"Bearer t1"}
    ids = [event["event_id"] for _, batch in collector.batches for event in batch]
    assert len(set(ids)) == len(ids)


def test_a_refusing_collector_is_named(web, collector):
    collector.code = 401
    url = f"http://127.0.0.1:{collector.server_port}/collect"
    answer = web.post("/_site/replay", json={"collector_url": url})
    assert answer.status_code == 502
    assert answer.json()["error"].startswith(f"The collector at {url} answered 401")


def test_a_restart_replays_to_the_same_state(launch_sandbox, tmp_path):
    first = launch_sandbox("--days", "5", "--state", str(tmp_path))
    form = {
        **TOKEN,
        "name": "Kept",
        "objective": "OUTCOME_SALES",
        "special_ad_categories": "[]",
        "daily_budget": "900",
    }
    made = httpx.post(f"{first.url}{ACCOUNT}/campaigns", data=form).json()["id"]
    httpx.post(f"{first.url}/_clock", json={"days": 2}).raise_for_status()
    before = [httpx.get(f"{first.url}{path}").json() for path in ("/_clock", "/_ledger/meta_ads")]
    assert first.stop() == 0
    second = launch_sandbox("--days", "5", "--state", str(tmp_path))
    assert [httpx.get(f"{second.url}{path}").json() for path in ("/_clock", "/_ledger/meta_ads")] == before
    shown = httpx.get(
        f"{second.url}/meta_ads/v26.0/{made}", params={**TOKEN, "fields": "name,daily_budget,status"}
    )
    assert shown.json() == {"id": made, "name": "Kept", "daily_budget": "900", "status": "PAUSED"}


def test_faults_and_drift_of_a_scenario_are_played(launch_sandbox, tmp_path):
    text = """
[[drift]]
channel = "meta_ads"
stream_hint = "/insights"
from_day = 2
kind = "changed_type"
field = "impressions"
[[drift]]
channel = "meta_ads"
stream_hint = "/ads"
from_day = 90
kind = "missing_field"
field = "name"
[[faults]]
channel = "facebook"
kind = "server_error"
every = 1
"""
    path = tmp_path / "odd.toml"
    path.write_text((SCENARIOS / "small.toml").read_text() + text)
    running = launch_sandbox("--scenario", str(path), "--days", "8")
    rows = httpx.get(f"{running.url}{ACCOUNT}/insights", params=INSIGHTS).json()["data"]
    assert {type(row["impressions"]) for row in rows} == {int}
    ads = httpx.get(f"{running.url}{ACCOUNT}/ads", params={**TOKEN, "fields": "name"}).json()["data"]
    assert all("name" in ad for ad in ads)
    assert httpx.get(f"{running.url}/facebook/v26.0/me", params=TOKEN).status_code == 500


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--scenario", "nowhere"], "nowhere does not exist"), (["--scenario", "small", "--days", "0"], "days")],
)
def test_bad_input_gets_one_sentence_and_exit_code_2(arguments, words):
    run = subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 2
    assert run.stdout == ""
    assert words in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1
