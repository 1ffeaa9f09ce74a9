import json
import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import formatdate

import pytest

from channels.connection import Connection, connect
from channels.contract import Channel, Credential
from core.errors import (
    AuthExpired,
    NotFound,
    OutcomeUnknown,
    ProviderNotConfigured,
    RateLimited,
    Rejected,
    VendorDown,
)
from core.settings import Settings
from core.time import FixedClock

CLOCK = FixedClock(datetime(2026, 8, 1, tzinfo=UTC))
OK = (200, {}, b'{"ok":true}')
SECRET = "s3cret-token"


def make_channel(**changes):
    facts = {
        "name": "stub",
        "title": "Stub",
        "hosts": {"api": "https://{shop}.stub.example"},
        "api_version": "1",
        "sunset_on": None,
        "credentials": (
            Credential("token", "the token"),
            Credential("shop", "the shop", secret=False),
            Credential("manager", "optional", secret=False, required=False),
        ),
        "check": lambda _: None,
        "authorise": lambda connection: (
            {"Authorization": f"Bearer {connection.fields['token']}"},
            {"proof": "pr00f-of-token"},
        ),
        "accounts": lambda _: [],
    }
    return Channel(**{**facts, **changes})


@pytest.fixture
def open_to(vendor):
    made = []

    def open_to(**changes):
        connection = Connection(make_channel(**changes), {"token": SECRET, "shop": "s"}, CLOCK, vendor.url)
        made.append(connection)
        return connection

    yield open_to
    for connection in made:
        connection.close()


def failed(status, headers=None, body=b"{}"):
    return (status, headers or {}, body)


def test_a_failing_vendor_is_asked_again_and_then_answers(vendor, open_to, waits):
    vendor.script = [failed(503), failed(500), OK]
    assert open_to().get("/things").json() == {"ok": True}
    assert len(vendor.seen) == 3
    assert 0.5 <= waits[0] <= 1.5, "half a second and up to one of jitter"
    assert 1.0 <= waits[1] <= 2.0, "twice as long and up to one of jitter"


def test_a_vendor_that_stays_down_is_reported_after_five_tries(vendor, open_to, waits):
    vendor.script = [failed(502, body=b"<html>bad gateway</html>")]
    with pytest.raises(VendorDown) as caught:
        open_to().get("/things")
    assert len(vendor.seen) == 5
    assert caught.value.evidence["url"] == f"{vendor.url}/stub/things"


@pytest.mark.parametrize("body", [b'{"data":[{"id":1},{"i', b"<html>Sorry</html>"])
def test_a_cut_or_html_body_counts_as_down_and_is_asked_again(vendor, open_to, waits, body):
    vendor.script = [(200, {}, body), OK]
    assert open_to().get("/things").json() == {"ok": True}


def test_a_wait_the_vendor_names_is_kept(vendor, open_to, waits):
    vendor.script = [failed(429, {"Retry-After": "7"}), OK]
    open_to().get("/things")
    assert waits == [7.0]


def test_a_wait_until_a_date_is_kept(vendor, open_to, waits):
    vendor.script = [failed(429, {"Retry-After": formatdate(time.time() + 9, usegmt=True)}), OK]
    open_to().get("/things")
    assert 7 <= waits[0] <= 10


def test_a_long_wait_is_handed_to_the_caller_at_once(vendor, open_to, waits):
    vendor.script = [failed(429, {"Retry-After": "3600"})]
    with pytest.raises(RateLimited) as caught:
        open_to().get("/things")
    assert caught.value.retry_after == timedelta(hours=1)
    assert (len(vendor.seen), waits) == (1, [])


@pytest.mark.parametrize("answer", [None, failed(500), (200, {}, b'{"id":"1')])
def test_a_write_without_a_readable_answer_is_unknown_and_never_repeated(vendor, open_to, waits, answer):
    vendor.script = [answer]
    with pytest.raises(OutcomeUnknown):
        open_to().post("/things", form={"name": "a"})
    assert len(vendor.seen) == 1


def test_a_read_by_post_is_repeated(vendor, open_to, waits):
    vendor.script = [failed(500), None, OK]
    assert open_to().post("/search", json={"q": "a"}, safe=True).json() == {"ok": True}
    method, _, headers, body = vendor.seen[-1]
    assert (method, json.loads(body), headers["Content-Type"]) == ("POST", {"q": "a"}, "application/json")


def test_a_write_that_never_left_is_tried_again_and_then_the_vendor_is_down(vendor, open_to, waits):
    connection = open_to()
    vendor.close()
    with pytest.raises(VendorDown, match="did not answer at http://127.0.0.1"):
        connection.post("/things", form={"name": "a"})
    assert len(waits) == 4


def test_statuses_become_errors_that_say_what_to_do(vendor, open_to):
    for status, error in {404: NotFound, 400: Rejected, 401: AuthExpired, 302: Rejected}.items():
        vendor.script = [failed(status)]
        with pytest.raises(error):
            open_to().get("/things")


def renewing(connection):
    connection.memo["token"] = connection.post("/token", form={}, safe=True, signed=False).json()["token"]


def by_memo(connection):
    return {"Authorization": f"Bearer {connection.memo.get('token', 'stale-token')}"}, {}


def test_a_token_that_ran_out_is_renewed_once_for_all_threads(vendor, open_to):
    renewals = []

    def renew(connection):
        renewals.append(1)
        connection.memo["token"] = "fresh-token"

    vendor.script = [lambda r: OK if r[2]["Authorization"] == "Bearer fresh-token" else failed(401)]
    connection = open_to(authorise=by_memo, renew=renew)
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(connection.get("/a").json())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(answers), len(renewals)) == (8, 1)


def test_a_token_endpoint_is_called_unsigned(vendor, open_to):
    vendor.script = [failed(401), (200, {}, b'{"token":"fresh-token"}'), OK]
    open_to(authorise=by_memo, renew=renewing).get("/a")
    assert [("Authorization" in headers) for _, _, headers, _ in vendor.seen] == [True, False, True]


def test_a_refused_renewal_asks_to_connect_again(vendor, open_to):
    vendor.script = [failed(401)]
    with pytest.raises(AuthExpired):
        open_to(authorise=by_memo, renew=renewing).get("/a")


def test_no_secret_shows_in_errors_addresses_or_logs(vendor, open_to, waits, caplog):
    caplog.set_level(logging.DEBUG)
    said = f"bad token {SECRET} with pr00f-of-token"
    connection = open_to(
        check=lambda answer: Rejected(said, vendor_says=said) if answer.status == 400 else None
    )
    shown = []
    for answer in (failed(400), failed(500), None):
        vendor.script = [answer]
        with pytest.raises((Rejected, VendorDown)) as caught:
            connection.get("/things", params={"q": "x"})
        shown += [str(caught.value), repr(caught.value.as_dict()), repr(caught.value.__cause__)]
    text = " ".join(shown) + caplog.text + " ".join(str(record.__dict__) for record in caplog.records)
    assert SECRET not in text
    assert "pr00f-of-token" not in text
    assert "bad token *** with ***" in text


def test_the_next_call_waits_as_the_channel_paces(vendor, open_to):
    connection = open_to(pace=lambda _: 2.0)
    connection.sleep = (slept := []).append
    connection.get("/a")
    connection.get("/b")
    assert len(slept) == 1
    assert 1.5 < slept[0] <= 2.0


def test_a_long_pause_is_handed_to_the_caller(vendor, open_to):
    connection = open_to(pace=lambda _: 600.0)
    connection.get("/a")
    with pytest.raises(RateLimited) as caught:
        connection.get("/b")
    assert caught.value.retry_after > timedelta(minutes=9)
    assert len(vendor.seen) == 1


def test_calls_at_once_stay_within_the_channels_limit(vendor, open_to):
    now, most, lock, go = [0], [0], threading.Lock(), threading.Event()

    def answer(_):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
            if now[0] == 2:
                go.set()
        go.wait(5)
        with lock:
            now[0] -= 1
        return OK

    vendor.script = [answer]
    connection = open_to(concurrency=2)
    threads = [threading.Thread(target=connection.get, args=("/a",)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(vendor.seen), most[0]) == (6, 2)


def test_a_sandbox_replaces_every_host_and_fills_in_credentials(tmp_path):
    settings = Settings(home=tmp_path, sandbox_url="http://127.0.0.1:9/", _env_file=None)
    with connect(make_channel(), settings, CLOCK) as connection:
        assert connection.fields == {"token": "sandbox-token", "shop": "sandbox-shop"}
        assert connection._base("api") == "http://127.0.0.1:9/stub"


def test_without_a_sandbox_hosts_are_the_vendors_and_credentials_must_be_set(tmp_path):
    settings = Settings(home=tmp_path, _env_file=None, channels={"stub": {"token": SECRET}})
    with pytest.raises(ProviderNotConfigured, match="SPREADERS_CHANNELS__STUB__SHOP"):
        connect(make_channel(), settings, CLOCK)
    settings.channels["stub"]["shop"] = "mine"
    with connect(make_channel(), settings, CLOCK) as connection:
        assert connection._base("api") == "https://mine.stub.example"
