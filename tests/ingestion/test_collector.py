import os
import resource
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import orjson
import polars as pl
import pytest

from channels.contract import Span
from core.errors import BadInput, VendorDown
from core.time import FixedClock
from ingestion.collector import spool as spool_module
from ingestion.collector.collect import MOST_BYTES, collect
from ingestion.collector.spool import Spool
from ingestion.collector.stream import make_site_channel
from ingestion.runner import load_channel
from lake.delta import Lake

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
KEY = b"key of the workspace"


@pytest.fixture
def workspace():
    return uuid4()


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "collector", KEY, FixedClock(NOW))


def event(number=1, **more):
    return {
        "event_id": f"e{number}",
        "kind": "page_view",
        "at": "2026-08-01T11:59:00Z",
        "anonymous_id": "a1",
        "url": "https://shop.example/",
        **more,
    }


def send(spool, workspace, *events):
    return collect(orjson.dumps({"batch": list(events)}), workspace, spool)


def stored(spool, workspace, since=None):
    return [e for page in spool.read(workspace, since, 100) for e in page]


def test_one_event_and_a_batch_are_accepted(spool, workspace):
    assert collect(orjson.dumps(event(1)), workspace, spool).as_dict() == {"accepted": 1, "rejected": []}
    assert send(spool, workspace, event(2), event(3)).accepted == 2
    assert [e["event_id"] for e in stored(spool, workspace)] == ["e1", "e2", "e3"]


@pytest.mark.parametrize(
    ("broken", "word"),
    [
        ({"event_id": None}, "event_id is missing"),
        ({"event_id": "x" * 65}, "event_id is a text of 1 to 64"),
        ({"event_id": 7}, "event_id is a text"),
        ({"kind": "click"}, "kind is one of"),
        ({"at": "yesterday"}, "ISO 8601"),
        ({"at": "2026-08-01T11:59:00"}, "no zone"),
        ({"at": "2026-08-03T12:00:00Z"}, "a day ahead"),
        ({"at": "2019-01-01T00:00:00Z"}, "three years ago"),
        ({"anonymous_id": ""}, "anonymous_id is a text"),
        ({"url": "javascript:alert(1)"}, "url begins with"),
        ({"url": "https://x/" + "y" * 5000}, "url is a text of 1 to 4096"),
        ({"email": "ada@example.org"}, "unknown field"),
        ({"kind": "identify"}, "user_id is missing"),
        ({"kind": "purchase", "value_minor": 1, "currency": "EUR"}, "order_id is missing"),
        ({"kind": "purchase", "order_id": "1"}, "value_minor is missing"),
        ({"value_minor": 100}, "come together"),
        ({"value_minor": 1.5, "currency": "EUR"}, "whole number"),
        ({"value_minor": -1, "currency": "EUR"}, "whole number"),
        ({"value_minor": True, "currency": "EUR"}, "whole number"),
        ({"value_minor": 1, "currency": "eur"}, "three capital letters"),
    ],
)
def test_a_bad_event_is_refused_with_the_reason_and_the_others_stay(spool, workspace, broken, word):
    result = send(spool, workspace, event(1), {**event(2), **broken}, event(3))
    assert result.accepted == 2
    assert result.status == 202
    (refused,) = result.refused
    assert refused.index == 1
    assert word in refused.because
    assert "ada@example.org" not in refused.because


@pytest.mark.parametrize("raw", [[], 3, "x", None])
def test_what_is_no_object_is_refused(spool, workspace, raw):
    assert send(spool, workspace, raw).status == 422


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"{", "no JSON"),
        (b"[]", "one event as a JSON object"),
        (b'{"batch": 3}', "no list"),
        (orjson.dumps({"batch": [{}] * 1001}), "at most 1,000"),
        (b" " * (MOST_BYTES + 1), "at most 1,048,576"),
    ],
)
def test_an_unusable_request_gets_one_sentence(spool, workspace, body, word):
    with pytest.raises(BadInput, match=word):
        collect(body, workspace, spool)


def test_no_personal_value_reaches_the_disk(spool, workspace):
    send(
        spool,
        workspace,
        event(1, kind="identify", user_id=" Ada@Example.org "),
        event(
            2,
            kind="identify",
            user_id="ada@example.org",
            url="https://s.example/?email=ada@example.org&gclid=g#t",
        ),
        event(3, referrer="https://mail.example/inbox?to=ada@example.org"),
    )
    text = b"".join(f.read_bytes() for f in spool.folder.rglob("*") if f.is_file()).lower()
    assert b"ada" not in text
    first, second, third = stored(spool, workspace)
    assert first["person_key"] == second["person_key"]
    assert first["person_key"].startswith("person:")
    assert second["url"] == "https://s.example/?gclid=g"
    assert third["referrer"] == "https://mail.example/"


PERSON = "jane.doe@example.com"


@pytest.mark.parametrize(
    "more",
    [
        {"url": "https://jane.doe:pw@x.example/p"},
        {"url": f"https://x.example/u/{PERSON}/order?utm_source={PERSON}&utm_medium=email"},
        {"url": "https://x.example/u/jane.doe%40example.com?utm_campaign=jane.doe%2540example.com"},
        {"anonymous_id": PERSON},
        {"kind": "purchase", "order_id": PERSON, "value_minor": 1, "currency": "EUR"},
        {"referrer": f"https://{PERSON}/"},
    ],
)
def test_addresses_and_passwords_are_dropped_wherever_they_stand(spool, workspace, more):
    assert send(spool, workspace, event(1, **more)).accepted == 1
    text = b"".join(f.read_bytes() for f in spool.folder.rglob("*") if f.is_file()).lower()
    for part in (b"jane", b"doe", b"pw@"):
        assert part not in text
    [kept] = stored(spool, workspace)
    if "order" in more.get("url", ""):
        assert kept["url"] == "https://x.example/u//order?utm_medium=email"


@pytest.mark.parametrize("broken", [b"Sommer \\ud83d", b"Sommer \xff", b"\\udc00\\ud83d x"])
@pytest.mark.case("connectors/26")
def test_a_broken_character_costs_itself_and_no_other_event(spool, workspace, broken):
    good, bad = orjson.dumps(event(1)), orjson.dumps(event(2, url="https://shop.example/?utm_campaign=HERE"))
    result = collect(b'{"batch": [' + good + b"," + bad.replace(b"HERE", broken) + b"]}", workspace, spool)
    assert (result.accepted, result.refused) == (2, ())
    assert "\ufffd" in stored(spool, workspace)[1]["url"]


@pytest.mark.case("connectors/26")
def test_one_bad_event_is_refused_alone(spool, workspace):
    body = b'{"batch": [' + orjson.dumps(event(1)) + b', {"event_id": "\\ud83d", "kind": "x"}]}'
    result = collect(body, workspace, spool)
    assert (result.accepted, [one.index for one in result.refused]) == (1, [1])


@pytest.mark.parametrize(
    ("more", "hosts"),
    [
        ({"referrer": "android-app://com.google.android.gm/"}, ("com.google.android.gm", "shop.example")),
        ({"referrer": "ios-app://544007664/vnd.youtube/x"}, ("544007664", "shop.example")),
        (
            {"referrer": "https://[2001:db8::1]:8443/x", "url": "https://[2001:DB8::2]/p"},
            ("[2001:db8::1]", "[2001:db8::2]"),
        ),
        (
            {"referrer": "https://user:pw@ref.example/", "url": "https://user:pw@s.example:8443/p"},
            ("ref.example", "s.example"),
        ),
    ],
)
@pytest.mark.case("connectors/25")
def test_hosts_of_apps_and_of_numbers_are_kept_whole(spool, lake, workspace, more, hosts):
    send(spool, workspace, event(1, **more))
    load(spool, lake, workspace)
    [touch] = lake.read("silver", "touch", workspace).to_dicts()
    assert (touch["referrer_host"], touch["page_host"]) == hosts


def test_another_workspace_has_a_spool_of_its_own(spool, workspace):
    send(spool, workspace, event(1))
    assert stored(spool, uuid4()) == []


def test_received_instants_only_rise_even_when_the_clock_stands_or_falls_back(spool, workspace, tmp_path):
    send(spool, workspace, event(1))
    send(spool, workspace, event(2))
    earlier = Spool(spool.folder, KEY, FixedClock(NOW - timedelta(hours=1)))
    send(earlier, workspace, event(3))
    instants = [e["received_at"] for e in stored(spool, workspace)]
    assert instants == sorted(set(instants))


def test_reading_from_an_instant_gives_what_came_at_it_and_later(spool, workspace, monkeypatch):
    monkeypatch.setattr(spool_module, "SEGMENT_BYTES", 1)  # a segment per batch
    for number in range(5):
        send(spool, workspace, event(number))
    everything = stored(spool, workspace)
    assert len(list(spool.folder.rglob("*.ndjson"))) == 5
    since = datetime.fromisoformat(everything[3]["received_at"])
    assert [e["event_id"] for e in stored(spool, workspace, since)] == ["e3", "e4"]


def test_a_half_written_line_is_cut_off_and_the_next_event_is_whole(spool, workspace):
    send(spool, workspace, event(1))
    (segment,) = spool.folder.rglob("*.ndjson")
    with segment.open("ab") as file:
        file.write(b'{"event_id": "torn')
    assert [e["event_id"] for e in stored(spool, workspace)] == ["e1"]
    send(spool, workspace, event(2))
    assert [e["event_id"] for e in stored(spool, workspace)] == ["e1", "e2"]


ACCEPT_AND_DIE = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from core.time import FixedClock
from ingestion.collector.collect import collect
from ingestion.collector.spool import Spool
spool = Spool(Path(sys.argv[1]), b"key", FixedClock(datetime(2026, 8, 1, 12, tzinfo=UTC)))
for number in range(int(sys.argv[3])):
    event = b'{"event_id": "e%d", "kind": "page_view", "at": "2026-08-01T11:00:00Z"' % number
    body = event + b', "anonymous_id": "a"}'
    assert collect(body, sys.argv[2], spool).status == 202
os.kill(os.getpid(), 9)
"""


def test_an_accepted_event_survives_a_kill(spool, workspace):
    died = subprocess.run(
        [sys.executable, "-c", ACCEPT_AND_DIE, str(spool.folder), str(workspace), "7"], cwd=ROOT, check=False
    )
    assert died.returncode == -9
    assert len(stored(spool, workspace)) == 7


def test_accepted_means_synced_to_disk(spool, workspace, monkeypatch):
    synced = []
    real = os.fsync

    def note(handle):
        synced.append(os.fstat(handle).st_ino)
        real(handle)

    monkeypatch.setattr(os, "fsync", note)
    send(spool, workspace, event(1))
    folder = spool.folder / str(workspace)
    (segment,) = folder.glob("*.ndjson")
    assert {segment.stat().st_ino, folder.stat().st_ino} <= set(synced)


def test_several_processes_write_one_spool_without_loss(spool, workspace):
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", ACCEPT_AND_DIE, str(spool.folder), str(workspace), "40"], cwd=ROOT
        )
        for _ in range(2)
    ]
    for writer in writers:
        assert writer.wait(60) == -9
    events = stored(spool, workspace)
    assert len(events) == 80
    instants = [e["received_at"] for e in events]
    assert instants == sorted(set(instants))


def test_a_full_disk_refuses_the_batch_whole_with_one_sentence(spool, workspace):
    send(spool, workspace, event(1))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    (segment,) = spool.folder.rglob("*.ndjson")
    resource.setrlimit(resource.RLIMIT_FSIZE, (segment.stat().st_size + 100, hard))
    try:
        with pytest.raises(VendorDown, match="make room"):
            send(spool, workspace, *(event(n) for n in range(2, 50)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    send(spool, workspace, event(99))
    assert [e["event_id"] for e in stored(spool, workspace)] == ["e1", "e99"]


# --- From the spool to the lake ----------------------------------------------------------------


def load(spool, lake, workspace, zone="UTC", now=NOW):
    channel = make_site_channel(spool, workspace, zone)
    results = load_channel(
        lake,
        channel,
        None,
        workspace=workspace,
        clock=FixedClock(now),
        days=365,
        hash_key=KEY,
        streams=["event"],
    )
    assert [r.error for r in results] == [None, None]
    return next(result for result in results if result.stream == "event")


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


def read_touches(lake, workspace):
    return lake.read("silver", "touch", workspace).sort("event_id")


def test_an_event_becomes_a_touch_with_its_link_taken_apart(spool, lake, workspace):
    link = "https://WWW.Shop.example:8443/p/1?utm_source=news+letter&utm_medium=e%2Dmail&utm_campaign=%C3%BCber&x=1&fbclid=F"
    send(
        spool,
        workspace,
        event(1, url=link, at="2026-07-31T23:30:00+00:00", referrer="https://News.example/a/b?c"),
        event(
            2, kind="purchase", order_id="1001", value_minor=4990, currency="EUR", url="http://shop.example"
        ),
        event(3, kind="purchase", order_id="1002", value_minor=4990, currency="JPY"),
    )
    result = load(spool, lake, workspace, "Europe/Berlin")
    assert (result.received, result.loaded, result.new, result.quarantined) == (3, 3, 3, 0)
    first, second, third = read_touches(lake, workspace).to_dicts()
    assert first["page_host"] == "www.shop.example"
    assert first["page_path"] == "/p/1"
    assert (first["utm_source"], first["utm_medium"], first["utm_campaign"]) == (
        "news letter",
        "e-mail",
        "über",
    )
    assert first["utm_term"] is None
    assert first["click_id_kind"] == "fbclid"
    assert first["referrer_host"] == "news.example"
    assert first["occurred_at"] == datetime(2026, 7, 31, 23, 30, tzinfo=UTC)
    assert first["day_on"] == date(2026, 8, 1)  # in Berlin
    assert (second["page_path"], second["order_id"], second["value_micros"]) == ("/", "1001", 49_900_000)
    assert third["value_micros"] == 4_990_000_000
    assert second["click_id_kind"] is None


def test_the_same_event_sent_twice_lands_once(spool, lake, workspace):
    send(spool, workspace, event(1), event(1))
    load(spool, lake, workspace)
    send(spool, workspace, event(1))
    load(spool, lake, workspace)
    assert read_touches(lake, workspace).height == 1


def test_a_second_load_finds_nothing_new_and_a_later_one_only_the_new(spool, lake, workspace):
    send(spool, workspace, event(1), event(2))
    load(spool, lake, workspace)
    again = load(spool, lake, workspace)
    assert (again.new, again.changed) == (0, 0)
    send(spool, workspace, event(3))
    assert load(spool, lake, workspace).new == 1
    assert read_touches(lake, workspace).height == 3


def test_an_event_that_cannot_be_read_is_quarantined(spool, lake, workspace):
    send(spool, workspace, event(1))
    (segment,) = spool.folder.rglob("*.ndjson")
    bad = orjson.loads(segment.read_bytes()) | {"event_id": "e2", "at": "soon"}
    with segment.open("ab") as file:
        file.write(orjson.dumps(bad) + b"\n")
    result = load(spool, lake, workspace)
    assert (result.received, result.loaded, result.quarantined) == (2, 1, 1)
    reasons = lake.read("bronze", "site__event", workspace, pl.col("quarantined_because").is_not_null())
    assert "occurred_at" in reasons["quarantined_because"][0]


def test_the_stream_gives_large_spools_page_by_page(spool, workspace):
    for start in range(0, 3000, 1000):
        send(spool, workspace, *(event(n) for n in range(start, start + 1000)))
    channel = make_site_channel(spool, workspace)
    pages = list(channel.stream("event").pages(None, channel.accounts(None)[0], Span(now=NOW)))
    assert sum(map(len, pages)) == 3000


@pytest.mark.case("numbers/one-calendar")
def test_visits_follow_a_new_zone_with_all_that_was_loaded_before(spool, lake, workspace):
    send(spool, workspace, event(1, at="2026-07-31T23:30:00+00:00"), event(2, at="2026-07-31T12:00:00+00:00"))
    load(spool, lake, workspace)
    assert [t["day_on"] for t in read_touches(lake, workspace).to_dicts()] == [date(2026, 7, 31)] * 2
    send(spool, workspace, event(3, at="2026-07-31T23:40:00+00:00"))
    load(spool, lake, workspace, lambda: "Europe/Berlin")
    days = [t["day_on"] for t in read_touches(lake, workspace).to_dicts()]
    assert days == [date(2026, 8, 1), date(2026, 7, 31), date(2026, 8, 1)]
    version = lake.open("silver", "touch").version()
    load(spool, lake, workspace, "Europe/Berlin")
    assert lake.open("silver", "touch").version() == version, "made again without need"
