"""Mailchimp's way of doing the `email.*` verbs that read."""

from __future__ import annotations

from typing import Any

from channels import mailchimp
from channels.connection import Connection
from channels.contract import Record
from channels.mail import Deliverability, LinkClicks, MailboxProvider, MailClicks, MailOpens


@mailchimp.channel.handles("email.getDeliverability")
def get_deliverability(connection: Connection, mail_id: str) -> Deliverability:
    """Return bounces, complaints and unsubscribes of a mail, in all and by mailbox provider."""
    report = _read_report(connection, mail_id)
    bounces = report["bounces"]
    path = f"{mailchimp.ROOT}/reports/{mail_id}/domain-performance"
    domains = connection.get(path).json().get("domains", [])
    return Deliverability(
        mail_id=mail_id,
        sent=report["emails_sent"],
        delivered=report["emails_sent"] - bounces["hard_bounces"] - bounces["soft_bounces"],
        hard_bounces=bounces["hard_bounces"],
        soft_bounces=bounces["soft_bounces"],
        unsubscribes=report["unsubscribed"],
        complaints=report["abuse_reports"],
        providers=[
            MailboxProvider(
                domain=domain["domain"],
                sent=domain["emails_sent"],
                delivered=domain["delivered"],
                bounces=domain["bounces"],
                opens=domain["opens"],
                clicks=domain["clicks"],
                unsubscribes=domain["unsubs"],
            )
            for domain in domains
        ],
    )


@mailchimp.channel.handles("email.trackOpens")
def track_opens(connection: Connection, mail_id: str) -> MailOpens:
    """Return the opens of a mail; the vendor counts machines among them unless the account says not to."""
    opens = _read_report(connection, mail_id)["opens"]
    return MailOpens(
        mail_id=mail_id,
        opens=opens["opens_total"],
        unique_opens=opens["unique_opens"],
        last_open_at=_instant(opens.get("last_open")),
    )


@mailchimp.channel.handles("email.trackClicks")
def track_clicks(connection: Connection, mail_id: str) -> MailClicks:
    """Return the clicks of a mail, in all and by link."""
    clicks = _read_report(connection, mail_id)["clicks"]
    path = f"/reports/{mail_id}/click-details"
    links = [link for page in mailchimp.list_all(connection, path, "urls_clicked", {}) for link in page]
    return MailClicks(
        mail_id=mail_id,
        clicks=clicks["clicks_total"],
        people=clicks["unique_subscriber_clicks"],
        last_click_at=_instant(clicks.get("last_click")),
        links=[
            LinkClicks(
                url=link["url"],
                clicks=link["total_clicks"],
                unique_clicks=link["unique_clicks"],
                last_click_at=_instant(link.get("last_click")),
            )
            for link in links
        ],
    )


def _read_report(connection: Connection, mail_id: str) -> Record:
    report: Record = connection.get(f"{mailchimp.ROOT}/reports/{mail_id}").json()
    return report


def _instant(text: Any) -> Any:
    return text or None  # a mail that was never opened has an empty text here
