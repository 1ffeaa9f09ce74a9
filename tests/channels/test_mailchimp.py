import json
from base64 import b64decode
from datetime import UTC, date, datetime, timedelta

import httpx
import polars as pl
import pytest

from channels import mailchimp_operations  # noqa: F401 - the channel's verbs
from channels.connection import Answer
from channels.contract import Account, Span
from channels.mail import get_deliverability, track_clicks, track_opens
from channels.mailchimp import channel, check
from channels.records import read_frame
from channels.youtube import channel as youtube
from core.errors import AuthExpired, BadInput, MissingScope, NotFound, RateLimited, Rejected, VendorDown
from core.time import Days, local_day

ACCOUNT = Account("a1", "Shop", None, "Europe/Berlin")
NOW = datetime(2026, 9, 1, 6, tzinfo=UTC)
PROBLEM = {"Content-Type": "application/problem+json; charset=utf-8"}
REPORT = {
    "id": "c42",
    "type": "regular",
    "campaign_title": "Launch",
    "subject_line": "Now",
    "list_id": "l1",
    "emails_sent": 1000,
    "abuse_reports": 1,
    "unsubscribed": 4,
    "send_time": "2026-08-01T09:00:00+00:00",
    "bounces": {"hard_bounces": 6, "soft_bounces": 4, "syntax_errors": 0},
    "opens": {"opens_total": 610, "unique_opens": 420, "last_open": "2026-08-03T10:00:00+00:00"},
    "clicks": {"clicks_total": 120, "unique_clicks": 80, "unique_subscriber_clicks": 75, "last_click": ""},
    "ecommerce": {"total_orders": 7, "total_spent": 350.1, "total_revenue": 320.5, "currency_code": "USD"},
}


def problem(status, title):
    return Answer(
        status, PROBLEM, json.dumps({"title": title, "status": status, "detail": "D."}).encode(), ""
    )


def test_problems_are_told_by_what_to_do_next():
    assert isinstance(check(problem(401, "API Key Invalid")), AuthExpired)
    assert isinstance(check(problem(403, "Forbidden")), MissingScope)
    assert isinstance(check(problem(404, "Resource Not Found")), NotFound)
    assert isinstance(check(problem(400, "Invalid Resource")), Rejected)
    assert isinstance(check(Answer(503, {}, b"", "")), VendorDown)
    assert isinstance(check(problem(429, "Too Many Requests")), RateLimited)


def test_a_bare_403_means_too_much_not_forbidden():
    """At very high volume the vendor answers without JSON; its client library takes that for success."""
    assert isinstance(check(Answer(403, {"Content-Type": "text/html"}, b"<html>", "")), RateLimited)
    assert isinstance(check(Answer(403, {}, b"", "")), RateLimited)


def test_no_more_than_half_of_the_ten_connections_are_taken():
    assert channel.concurrency <= 5


def test_the_key_is_the_password_and_the_data_centre_the_host(play):
    def answer(request):
        seen.append((request.url.host, request.headers["authorization"]))
        return httpx.Response(
            200, json={"account_id": "a1", "account_name": "Shop", "account_timezone": "Europe/Berlin"}
        )

    seen = []
    assert channel.accounts(play(channel, answer, dc="us19")) == [ACCOUNT]
    host, basic = seen[0]
    assert host == "us19.api.mailchimp.com"
    assert b64decode(basic.split()[1]).decode().endswith(":test-api_key")


def test_no_page_is_skipped_when_one_comes_doubled(play):
    def answer(request):
        asked = request.url.params
        start, count = int(asked["offset"]), int(asked["count"])
        page = [{"id": f"c{n}"} for n in range(start, min(start + count, 450))]
        return httpx.Response(200, json={"reports": page * 2, "total_items": 450})

    since = datetime(2026, 8, 1, tzinfo=UTC)
    pages = channel.stream("reports").pages(play(channel, answer), ACCOUNT, Span(NOW, since=since))
    assert {report["id"] for page in pages for report in page} == {f"c{n}" for n in range(450)}


def test_reports_are_asked_by_the_time_of_sending_and_without_what_nobody_needs(play):
    def answer(request):
        asked.update(request.url.params)
        return httpx.Response(200, json={"reports": [REPORT], "total_items": 1})

    asked = {}
    since = datetime(2026, 8, 1, tzinfo=UTC)
    list(channel.stream("reports").pages(play(channel, answer), ACCOUNT, Span(NOW, since=since)))
    assert asked["since_send_time"] == "2026-08-01T00:00:00+00:00"
    assert "reports.emails_sent" in asked["fields"].split(",")
    assert "total_items" in asked["fields"].split(",")


def test_a_report_becomes_counts_and_exact_money():
    stream = channel.stream("reports")
    row = stream.silver["email_campaign"](read_frame(stream, [REPORT]), ACCOUNT).row(0, named=True)
    assert (row["sent"], row["unique_clicks"], row["complaints"]) == (1000, 75, 1)
    assert (row["claimed_orders"], row["claimed_value_micros"], row["currency"]) == (7, 350_100_000, "USD")
    assert row["sent_at"] == datetime(2026, 8, 1, 9, tzinfo=UTC)


def test_a_report_without_a_shop_claims_nothing():
    stream = channel.stream("reports")
    plain = {name: value for name, value in REPORT.items() if name not in {"ecommerce", "subject_line"}}
    row = stream.silver["email_campaign"](read_frame(stream, [plain]), ACCOUNT).row(0, named=True)
    assert (row["claimed_orders"], row["claimed_value_micros"], row["subject"]) == (None, None, None)


def test_of_all_days_the_vendor_answers_only_those_asked_for_are_kept(play):
    def answer(request):
        list_id = request.url.path.split("/")[3]
        days = [{"day": f"2026-08-{n:02}", "emails_sent": n} for n in range(1, 31)]
        return httpx.Response(200, json={"activity": days, "list_id": list_id, "total_items": 30})

    span = Span(NOW, days=Days(date(2026, 8, 30), date(2026, 8, 31)), known=("l1", "l2"))
    pages = list(channel.stream("list_activity").pages(play(channel, answer), ACCOUNT, span))
    assert pages == [
        [{"_list_id": "l1", "day": "2026-08-30", "emails_sent": 30}],
        [{"_list_id": "l2", "day": "2026-08-30", "emails_sent": 30}],
    ]


def test_members_show_no_person_after_hashing():
    stream = channel.stream("members")
    asked = set(stream.fields)
    assert {"id", "email_address"} <= set(stream.personal)  # the id is the MD5 of the address
    assert not asked & {"full_name", "merge_fields", "ip_opt", "ip_signup", "location", "unique_email_id"}
    assert set(stream.silver) == {"recipient"}


def test_the_verbs_of_mail_answer_from_the_report(play, asked_of):
    domain = {
        "domain": "gmail.com",
        "emails_sent": 10,
        "bounces": 1,
        "opens": 4,
        "clicks": 2,
        "unsubs": 0,
        "delivered": 9,
    }
    link = {"url": "https://shop.example/", "total_clicks": 120, "unique_clicks": 80, "last_click": ""}

    def answer(request):
        if request.url.path.endswith("domain-performance"):
            return httpx.Response(200, json={"domains": [domain]})
        if request.url.path.endswith("click-details"):
            return httpx.Response(200, json={"urls_clicked": [link], "total_items": 1})
        if request.url.path.endswith("reports/c42"):
            return httpx.Response(200, json=REPORT)
        return httpx.Response(404, json={"title": "Resource Not Found"}, headers=PROBLEM)

    ctx = asked_of(play(channel, answer))
    arrived = get_deliverability(ctx, channel="mailchimp", mail_id="c42")
    assert (arrived.delivered, arrived.complaints, arrived.providers[0].delivered) == (990, 1, 9)
    opens = track_opens(ctx, channel="mailchimp", mail_id="c42")
    assert (opens.opens, opens.last_open_at.day) == (610, 3)
    clicks = track_clicks(ctx, channel="mailchimp", mail_id="c42")
    assert (clicks.people, clicks.last_click_at, clicks.links[0].clicks) == (75, None, 120)
    with pytest.raises(NotFound):
        track_opens(ctx, channel="mailchimp", mail_id="none")


def test_a_channel_that_sends_no_mail_is_refused(play, asked_of):
    silent = play(youtube, lambda _: httpx.Response(500))
    with pytest.raises(BadInput, match=r"email\.trackOpens"):
        track_opens(asked_of(silent), channel="youtube", mail_id="c42")


# --- against the sandbox -------------------------------------------------------------------------------


def test_reports_and_days_of_the_twin_agree_with_its_verbs(open_channel, asked_of, market_now):
    connection = open_channel("mailchimp")
    account = channel.accounts(connection)[0]
    since = market_now - timedelta(days=60)
    stream = channel.stream("reports")
    records = [r for page in stream.pages(connection, account, Span(market_now, since=since)) for r in page]
    mails = stream.silver["email_campaign"](read_frame(stream, records), account)
    assert mails.height > 0
    ctx = asked_of(connection)
    mail = mails.sort("sent_at").row(0, named=True)
    arrived = get_deliverability(ctx, channel="mailchimp", mail_id=mail["mail_id"])
    assert (arrived.sent, arrived.hard_bounces) == (mail["sent"], mail["hard_bounces"])
    assert track_opens(ctx, channel="mailchimp", mail_id=mail["mail_id"]).unique_opens == mail["unique_opens"]
    clicks = track_clicks(ctx, channel="mailchimp", mail_id=mail["mail_id"])
    assert (clicks.clicks, clicks.people) == (mail["clicks"], mail["unique_clicks"])
    lists = [
        r["id"] for page in channel.stream("lists").pages(connection, account, Span(market_now)) for r in page
    ]
    last = local_day(market_now, account.timezone) - timedelta(days=1)
    span = Span(market_now, days=Days.ending(last, 60), known=lists)
    activity = channel.stream("list_activity")
    days = [r for page in activity.pages(connection, account, span) for r in page]
    sent_by_day = activity.silver["email_daily"](read_frame(activity, days), account)["sent"].sum()
    sent_until = mails.filter(pl.col("sent_at").dt.convert_time_zone(account.timezone).dt.date() <= last)
    assert sent_by_day == sent_until["sent"].sum() > 0
