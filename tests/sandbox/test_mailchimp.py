"""The Mailchimp twin: the vendor's own client reads and writes it."""

from __future__ import annotations

import hashlib
import json
import socket
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import mailchimp_marketing
import pytest
from mailchimp_marketing.api_client import ApiClientError

# The vendor's library leaves its sockets to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
KEY = "sandbox-api_key"


def open_client(url, key=KEY):
    client = mailchimp_marketing.Client({"api_key": key, "server": "us1"})
    client.api_client.host = f"{url}/mailchimp/3.0"
    return client


def hash_email(address):
    return hashlib.md5(address.encode()).hexdigest()


@pytest.fixture(scope="module")
def client(sandbox):
    return open_client(sandbox.url)


@pytest.fixture(scope="module")
def list_id(client):
    return client.lists.get_all_lists(fields=["lists.id"])["lists"][0]["id"]


@pytest.fixture
def web(sandbox):
    with httpx.Client(base_url=f"{sandbox.url}/mailchimp/3.0", auth=("any", KEY), timeout=30) as web:
        yield web


def problem_of(call, *arguments, **named):
    with pytest.raises(ApiClientError) as caught:
        call(*arguments, **named)
    return json.loads(caught.value.text)


def test_the_account_and_its_health_are_told(client):
    assert client.ping.get() == {"health_status": "Everything's Chimpy!"}
    root = client.root.get_root()
    assert root["account_timezone"] == "Europe/Berlin"
    assert root["total_subscribers"] > 0


def test_days_of_the_lists_add_up_to_the_ledger(client, sandbox):
    ledger = httpx.get(f"{sandbox.url}/_ledger/mailchimp").json()
    for one in client.lists.get_all_lists()["lists"]:
        days = client.lists.get_list_recent_activity(one["id"], count=180)["activity"]
        sent, bounced = ({}, {})
        for row in ledger:
            if row["list_id"] == one["id"]:
                for kind, sums in (("sent", sent), ("hard_bounce", bounced)):
                    if row["kind"] == kind:
                        sums[row["day"]] = sums.get(row["day"], 0) + row["events"]
        assert {day["day"]: day["emails_sent"] for day in days if day["emails_sent"]} == sent
        assert {day["day"]: day["hard_bounce"] for day in days if day["hard_bounce"]} == bounced


def test_a_report_agrees_with_what_single_people_did(client, web):
    report = web.get("/reports", params={"count": 1000}).json()["reports"][-1]
    path = f"/reports/{report['id']}"
    people = web.get(f"{path}/open-details", params={"count": 1000}).json()
    assert people["total_items"] == report["opens"]["unique_opens"]
    assert people["total_opens"] == report["opens"]["opens_total"]
    emails, offset = [], 0
    while True:
        page = web.get(f"{path}/email-activity", params={"count": 100, "offset": offset}).json()
        emails += page["emails"]
        offset += 100
        if offset >= page["total_items"]:
            break
    assert len(emails) == report["emails_sent"]
    deeds = [deed for email in emails for deed in email["activity"]]
    clicks = [deed for deed in deeds if deed["action"] == "click"]
    assert len(clicks) == report["clicks"]["clicks_total"]
    links = client.reports.get_campaign_click_details(report["id"])["urls_clicked"]
    assert sum(link["total_clicks"] for link in links) == len(clicks)
    delivered = report["emails_sent"] - report["bounces"]["hard_bounces"] - report["bounces"]["soft_bounces"]
    assert report["opens"]["open_rate"] == pytest.approx(
        report["opens"]["unique_opens"] / delivered, abs=1e-4
    )


def test_reports_are_filtered_by_the_time_of_sending(client):
    times = sorted(
        report["send_time"] for report in client.reports.get_all_campaign_reports(count=1000)["reports"]
    )
    late = client.reports.get_all_campaign_reports(count=1000, since_send_time=times[-1])["reports"]
    assert [report["send_time"] for report in late] == [time for time in times if time == times[-1]]


def test_members_come_in_pages_without_a_gap(web, list_id):
    seen, offset = [], 0
    while True:
        asked = {"count": 100, "offset": offset, "fields": "members.id,total_items"}
        page = web.get(f"/lists/{list_id}/members", params=asked).json()
        assert set(page) <= {"members", "total_items"}
        seen += [member["id"] for member in page["members"]]
        offset += 100
        if offset >= page["total_items"]:
            break
    assert len(seen) == len(set(seen)) == page["total_items"]


def test_the_default_page_has_ten_and_more_than_a_thousand_is_refused(web, list_id):
    assert len(web.get(f"/lists/{list_id}/members").json()["members"]) == 10
    refused = web.get(f"/lists/{list_id}/members", params={"count": 1001})
    assert refused.status_code == 400
    assert refused.headers["content-type"].startswith("application/problem+json")


def test_fields_can_be_left_out(web):
    body = web.get("/lists", params={"exclude_fields": "lists.stats.open_rate,lists.contact,_links"}).json()
    assert "_links" not in body
    assert "contact" not in body["lists"][0]
    assert "open_rate" not in body["lists"][0]["stats"]
    assert "member_count" in body["lists"][0]["stats"]


def test_a_member_is_put_changed_tagged_and_archived(client, list_id):
    address = "new.member@example.com"
    entry = {"email_address": address, "status_if_new": "subscribed", "merge_fields": {"FNAME": "Ada"}}
    member_id = hash_email(address)
    for _ in range(2):
        made = client.lists.set_list_member(list_id, member_id, entry)
        assert (made["id"], made["status"], made["full_name"]) == (member_id, "subscribed", "Ada")
    problem = problem_of(
        client.lists.add_list_member, list_id, {"email_address": address, "status": "subscribed"}
    )
    assert problem["title"] == "Member Exists"
    tags = {"tags": [{"name": "vip", "status": "active"}]}
    client.lists.update_list_member_tags(list_id, member_id, tags)
    client.lists.update_list_member(list_id, member_id, {"status": "unsubscribed"})
    member = client.lists.get_list_member(list_id, member_id)
    assert (member["status"], [tag["name"] for tag in member["tags"]]) == ("unsubscribed", ["vip"])
    client.lists.delete_list_member(list_id, member_id)
    assert client.lists.get_list_member(list_id, member_id)["status"] == "archived"


def test_who_left_on_their_own_is_not_brought_back(client, web, list_id):
    gone = web.get(f"/lists/{list_id}/members", params={"status": "unsubscribed"}).json()["members"]
    gone += web.get(f"/lists/{list_id}/members", params={"status": "cleaned"}).json()["members"]
    problem = problem_of(client.lists.update_list_member, list_id, gone[0]["id"], {"status": "subscribed"})
    assert problem["title"] == "Member In Compliance State"
    pending = client.lists.update_list_member(list_id, gone[0]["id"], {"status": "pending"})
    assert pending["status"] == "pending"


def test_a_bulk_write_succeeds_in_part(client, web, list_id):
    known = web.get(f"/lists/{list_id}/members", params={"count": 1}).json()["members"][0]["email_address"]
    entries = [
        {"email_address": text, "status": "subscribed"}
        for text in ("bulk.one@example.com", known, "nonsense")
    ]
    answer = client.lists.batch_list_members(list_id, {"members": entries, "update_existing": False})
    assert (answer["total_created"], answer["error_count"]) == (1, 2)
    assert [error["error_code"] for error in answer["errors"]] == ["ERROR_CONTACT_EXISTS", "ERROR_GENERIC"]


def make_campaign(client, list_id):
    settings = {
        "subject_line": "News",
        "title": "Launch [one]",
        "from_name": "Shop",
        "reply_to": "a@example.com",
    }
    body = {"type": "regular", "recipients": {"list_id": list_id}, "settings": settings}
    return client.campaigns.create(body)["id"]


def test_a_campaign_is_filled_checked_scheduled_and_taken_back(client, list_id, sandbox):
    day = httpx.get(f"{sandbox.url}/_clock").json()["now"][:10]
    mail_id = make_campaign(client, list_id)
    assert client.campaigns.get_send_checklist(mail_id)["is_ready"] is False
    assert "not ready" in problem_of(client.campaigns.send, mail_id)["detail"]
    client.campaigns.set_content(mail_id, {"html": "<p>Hello</p>"})
    assert client.campaigns.get_send_checklist(mail_id)["is_ready"] is True
    odd = problem_of(client.campaigns.schedule, mail_id, {"schedule_time": f"{day}T21:10:00+00:00"})
    assert odd["errors"][0]["field"] == "schedule_time"
    client.campaigns.schedule(mail_id, {"schedule_time": f"{day}T21:15:00+00:00"})
    assert client.campaigns.get(mail_id)["status"] == "schedule"
    client.campaigns.unschedule(mail_id)
    found = client.campaigns.list(status="save", fields=["campaigns.id", "campaigns.settings.title"])[
        "campaigns"
    ]
    assert {"id": mail_id, "settings": {"title": "Launch [one]"}} in found
    client.campaigns.remove(mail_id)
    assert problem_of(client.campaigns.get, mail_id)["status"] == 404


def test_a_sent_campaign_is_read_by_people_when_the_market_lives_on(launch_sandbox):
    url = launch_sandbox("--days", "3", "--people", "2000").url
    client = open_client(url)
    list_id = client.lists.get_all_lists()["lists"][0]["id"]
    mail_id = make_campaign(client, list_id)
    client.campaigns.set_content(mail_id, {"html": "<p>Hello</p>"})
    client.campaigns.send(mail_id)
    assert client.campaigns.get(mail_id)["status"] in ("sending", "sent")
    assert problem_of(client.campaigns.send, mail_id)["status"] == 400
    httpx.post(f"{url}/_clock", json={"days": 3})
    report = client.reports.get_campaign_report(mail_id)
    assert report["emails_sent"] > 0
    assert report["opens"]["unique_opens"] > 0
    assert client.campaigns.get(mail_id)["status"] == "sent"


def test_a_wrong_key_is_refused_and_a_bearer_is_taken(sandbox):
    assert problem_of(open_client(sandbox.url, "wrong").ping.get)["title"] == "API Key Invalid"
    url = f"{sandbox.url}/mailchimp/3.0/ping"
    assert httpx.get(url, headers={"Authorization": f"Bearer {KEY}"}).status_code == 200


def test_the_eleventh_connection_at_once_is_refused(web, sandbox):
    """Ten requests whose bodies have not come yet are being answered; each is one connection."""
    place = urlsplit(sandbox.url)
    head = (
        f"POST /mailchimp/3.0/campaigns HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {KEY}\r\n"
        "Content-Length: 2\r\n\r\n"
    )
    with ExitStack() as stack:
        for _ in range(10):
            waiting = stack.enter_context(socket.create_connection((place.hostname, place.port)))
            waiting.sendall(head.encode())
        deadline = time.monotonic() + 20
        while (refused := web.get("/lists")).status_code == 200 and time.monotonic() < deadline:
            pass
    assert refused.status_code == 429
    assert refused.json()["title"] == "Too Many Requests"
    assert "retry-after" not in refused.headers
    while web.get("/lists").status_code == 429 and time.monotonic() < deadline:
        pass
    assert web.get("/lists").status_code == 200


def test_wrong_fields_are_named(client, list_id):
    body = {"type": "regular", "recipients": {"list_id": list_id}, "settings": {"reply_to": "nobody"}}
    problem = problem_of(client.campaigns.create, body)
    assert problem["errors"] == [{"field": "settings.reply_to", "message": "Not a valid address"}]
    assert problem_of(client.reports.get_campaign_report, "none")["title"] == "Resource Not Found"
