"""Reports of sent campaigns: totals, links, and what single people did."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from fastapi import APIRouter, Request, Response

from sandbox.guarded import GuardedWorld
from sandbox.mailchimp.access import (
    Tree,
    hash_email,
    not_found,
    read_instant,
    write,
    write_instant,
    write_list,
)
from sandbox.mailchimp.campaigns import find_mail, is_within, list_mails, read_status
from sandbox.mailchimp.figures import events_by_mail, mail_totals
from sandbox.mailchimp.money import write_shop
from sandbox.twin import Store, TheStore, TheWorld

router = APIRouter()
ACTIONS = {"open": "open", "click": "click", "hard_bounce": "bounce", "soft_bounce": "bounce"}
BOUNCES = {"hard_bounce": "hard", "soft_bounce": "soft"}
HOURS = 24


def is_reported(world: GuardedWorld, mail: dict[str, Any]) -> bool:
    """Whether a campaign was sent and has events."""
    return mail["mail_id"] in mail_totals(world) and read_status(world, mail) == "sent"


@router.get("/3.0/reports")
def list_reports(request: Request, world: TheWorld, store: TheStore) -> Response:
    """Reports of campaigns by time of sending, newest first."""
    since, before = read_instant(request, "since_send_time"), read_instant(request, "before_send_time")
    kind = request.query_params.get("type")
    mails = [
        mail
        for mail in list_mails(world, store)
        if is_reported(world, mail)
        and is_within(write_instant(mail["send_at"]), since, before)
        and kind in (None, mail["own"].get("type", "regular"))
    ]
    mails.sort(key=lambda mail: (mail["send_at"], mail["mail_id"]), reverse=True)
    return write_list(request, "reports", mails, lambda mail: describe_report(world, mail))


def find_report(world: GuardedWorld, store: Store, mail_id: str) -> dict[str, Any]:
    """The campaign of a report."""
    mail = find_mail(world, store, mail_id)
    if not is_reported(world, mail):
        raise not_found()
    return mail


@router.get("/3.0/reports/{mail_id}")
def get_report(request: Request, world: TheWorld, store: TheStore, mail_id: str) -> Response:
    """One report."""
    return write(request, describe_report(world, find_report(world, store, mail_id)))


def describe_report(world: GuardedWorld, mail: dict[str, Any]) -> Tree:
    """A report; rates are shares of delivered mails, except in `list_stats`, where they are percentages."""
    totals = mail_totals(world)[mail["mail_id"]]
    delivered = max(1, totals["sent"] - totals["hard"] - totals["soft"])
    names = dict(world.mail_lists().select("list_id", "name").iter_rows())
    return {
        "id": mail["mail_id"],
        "campaign_title": mail["title"],
        "type": mail["own"].get("type", "regular"),
        "list_id": mail["list_id"],
        "list_is_active": True,
        "list_name": names.get(mail["list_id"], ""),
        "subject_line": mail["subject"],
        "preview_text": mail["own"].get("settings", {}).get("preview_text", ""),
        "emails_sent": totals["sent"],
        "abuse_reports": totals["complaints"],
        "unsubscribed": totals["unsubscribed"],
        "send_time": write_instant(mail["send_at"]),
        "bounces": {"hard_bounces": totals["hard"], "soft_bounces": totals["soft"], "syntax_errors": 0},
        "forwards": {"forwards_count": 0, "forwards_opens": 0},
        "opens": {
            "opens_total": totals["opens"],
            "unique_opens": totals["openers"],
            "open_rate": round(totals["openers"] / delivered, 4),
            "last_open": write_instant(totals["last_open"]),
        },
        "clicks": {
            "clicks_total": totals["clicks"],
            "unique_clicks": totals["unique_clicks"],
            "unique_subscriber_clicks": totals["clickers"],
            "click_rate": round(totals["clickers"] / delivered, 4),
            "last_click": write_instant(totals["last_click"]),
        },
        "facebook_likes": {"recipient_likes": 0, "unique_likes": 0, "facebook_likes": 0},
        "list_stats": {"sub_rate": 0, "unsub_rate": 0, "open_rate": 32.1, "click_rate": 2.4},
        "ecommerce": write_shop(world, totals, names_currency=True),
        "delivery_status": {"enabled": False},
        "timeseries": list_hours(world, mail),
        "_links": [],
    }


def list_hours(world: GuardedWorld, mail: dict[str, Any]) -> list[Tree]:
    """The first 24 hours after sending."""
    start: datetime = mail["send_at"].replace(minute=0, second=0)
    hour = ((pl.col("at") - start).dt.total_hours()).alias("hour")
    early = events_by_mail(world)[mail["mail_id"]].with_columns(hour).filter(pl.col("hour") < HOURS)
    counts = early.group_by("hour").agg(
        (pl.col("kind") == "sent").sum().alias("emails_sent"),
        pl.col("person_id").filter(pl.col("kind") == "open").n_unique().alias("unique_opens"),
        pl.col("person_id").filter(pl.col("kind") == "click").n_unique().alias("recipients_clicks"),
    )
    found = {row.pop("hour"): row for row in counts.iter_rows(named=True)}
    empty = {"emails_sent": 0, "unique_opens": 0, "recipients_clicks": 0}
    return [
        {"timestamp": write_instant(start + timedelta(hours=i))} | found.get(i, empty) for i in range(HOURS)
    ]


def events_of(
    request: Request, world: GuardedWorld, store: Store, mail_id: str, kinds: list[str]
) -> tuple[dict[str, Any], pl.DataFrame]:
    """A campaign and its events of some kinds since the asked instant, in order of time."""
    mail = find_report(world, store, mail_id)
    since = read_instant(request, "since")
    events = events_by_mail(world)[mail_id].filter(pl.col("kind").is_in(kinds))
    events = events if since is None else events.filter(pl.col("at") > since)
    return mail, events.sort("at", "person_id")


def describe_person(mail: dict[str, Any], email: str) -> Tree:
    """The members that every per-person row begins with."""
    return {
        "campaign_id": mail["mail_id"],
        "list_id": mail["list_id"],
        "list_is_active": True,
        "email_id": hash_email(email),
        "email_address": email,
    }


@router.get("/3.0/reports/{mail_id}/open-details")
def list_opens(request: Request, world: TheWorld, store: TheStore, mail_id: str) -> Response:
    """Who opened, with every time they did."""
    mail, events = events_of(request, world, store, mail_id, ["open"])
    people = events.group_by("email").agg(pl.col("at")).sort("email")
    return write_list(
        request,
        "members",
        people,
        lambda row: (
            describe_person(mail, row["email"])
            | {
                "contact_status": "subscribed",
                "vip": False,
                "opens_count": len(row["at"]),
                "opens": [{"timestamp": write_instant(at)} for at in row["at"]],
                "_links": [],
            }
        ),
        campaign_id=mail_id,
        total_opens=events.height,
    )


@router.get("/3.0/reports/{mail_id}/email-activity")
def list_activity(request: Request, world: TheWorld, store: TheStore, mail_id: str) -> Response:
    """Every recipient with what they did; without `since` also those who did nothing."""
    mail, events = events_of(request, world, store, mail_id, list(ACTIONS))
    deeds = events.group_by("email").agg(pl.struct("kind", "at", "url").alias("deeds"))
    if read_instant(request, "since") is None:
        sent = events_by_mail(world)[mail_id].filter(pl.col("kind") == "sent").select("email").unique()
        deeds = sent.join(deeds, on="email", how="left")
    return write_list(
        request,
        "emails",
        deeds.sort("email"),
        lambda row: (
            describe_person(mail, row["email"])
            | {"activity": [describe_deed(deed) for deed in row["deeds"] or []], "_links": []}
        ),
        campaign_id=mail_id,
    )


def describe_deed(deed: dict[str, Any]) -> Tree:
    """One thing a recipient did."""
    body: Tree = {"action": ACTIONS[deed["kind"]]}
    if deed["kind"] in BOUNCES:
        body["type"] = BOUNCES[deed["kind"]]
    body["timestamp"] = write_instant(deed["at"])
    if deed["kind"] == "click":
        body["url"] = deed["url"]
    return body | ({} if deed["kind"] in BOUNCES else {"ip": "192.0.2.1"})


@router.get("/3.0/reports/{mail_id}/click-details")
def list_links(request: Request, world: TheWorld, store: TheStore, mail_id: str) -> Response:
    """The links of a campaign and their clicks."""
    _, events = events_of(request, world, store, mail_id, ["click"])
    links = events.group_by("url").agg(
        pl.len().alias("total"),
        pl.col("person_id").n_unique().alias("people"),
        pl.col("at").max().alias("last"),
    )
    people = max(1, events["person_id"].n_unique())
    return write_list(
        request,
        "urls_clicked",
        links.sort(["total", "url"], descending=[True, False]),
        lambda row: {
            "id": make_link_id(row["url"]),
            "url": row["url"],
            "total_clicks": row["total"],
            "click_percentage": round(row["total"] / max(1, events.height), 4),
            "unique_clicks": row["people"],
            "unique_click_percentage": round(row["people"] / people, 4),
            "last_click": write_instant(row["last"]),
            "campaign_id": mail_id,
            "_links": [],
        },
        campaign_id=mail_id,
    )


def make_link_id(url: str | None) -> str:
    """The id of a link."""
    return hashlib.sha256(str(url).encode()).hexdigest()[:10]


@router.get("/3.0/reports/{mail_id}/click-details/{link_id}/members")
def list_clickers(request: Request, world: TheWorld, store: TheStore, mail_id: str, link_id: str) -> Response:
    """Who clicked a link, and how often."""
    mail, events = events_of(request, world, store, mail_id, ["click"])
    urls = [url for url in events["url"].unique() if make_link_id(url) == link_id]
    if not urls:
        raise not_found()
    people = events.filter(pl.col("url").is_in(urls)).group_by("email").len().sort("email")
    return write_list(
        request,
        "members",
        people,
        lambda row: (
            describe_person(mail, row["email"]) | {"clicks": row["len"], "url_id": link_id, "_links": []}
        ),
        campaign_id=mail_id,
    )


@router.get("/3.0/reports/{mail_id}/unsubscribed")
def list_leavers(request: Request, world: TheWorld, store: TheStore, mail_id: str) -> Response:
    """Who left because of a campaign."""
    mail, events = events_of(request, world, store, mail_id, ["unsubscribe"])
    return write_list(
        request,
        "unsubscribes",
        events,
        lambda row: (
            describe_person(mail, row["email"])
            | {"timestamp": write_instant(row["at"]), "reason": "None given", "_links": []}
        ),
        campaign_id=mail_id,
    )


@router.get("/3.0/reports/{mail_id}/sent-to")
def list_recipients(request: Request, world: TheWorld, store: TheStore, mail_id: str) -> Response:
    """Who got a campaign."""
    mail, events = events_of(request, world, store, mail_id, ["sent", "hard_bounce", "soft_bounce", "open"])
    kind = pl.col("kind")
    people = events.group_by("email").agg(
        (kind == "hard_bounce").any().alias("is_hard"),
        (kind == "soft_bounce").any().alias("is_soft"),
        (kind == "open").sum().alias("opens"),
        pl.col("at").filter(kind == "open").max().alias("last"),
    )
    return write_list(
        request,
        "sent_to",
        people.sort("email"),
        lambda row: (
            describe_person(mail, row["email"])
            | {
                "status": "hard" if row["is_hard"] else "soft" if row["is_soft"] else "sent",
                "open_count": row["opens"],
                "last_open": write_instant(row["last"]),
                "_links": [],
            }
        ),
        campaign_id=mail_id,
    )


@router.get("/3.0/reports/{mail_id}/domain-performance")
def list_domains(request: Request, world: TheWorld, store: TheStore, mail_id: str) -> Response:
    """How a campaign did by mailbox provider."""
    _, events = events_of(
        request, world, store, mail_id, ["sent", "hard_bounce", "soft_bounce", "open", "click", "unsubscribe"]
    )
    kind, person = pl.col("kind"), pl.col("person_id")
    domains = events.group_by(pl.col("email").str.split("@").list.last().alias("domain")).agg(
        (kind == "sent").sum().alias("emails_sent"),
        kind.is_in(["hard_bounce", "soft_bounce"]).sum().alias("bounces"),
        person.filter(kind == "open").n_unique().alias("opens"),
        person.filter(kind == "click").n_unique().alias("clicks"),
        (kind == "unsubscribe").sum().alias("unsubs"),
    )
    total = int(domains["emails_sent"].sum())
    rows = [describe_domain(row, total) for row in domains.sort("domain").iter_rows(named=True)]
    return write(
        request,
        {
            "domains": rows,
            "total_sent": total,
            "campaign_id": mail_id,
            "total_items": len(rows),
            "_links": [],
        },
    )


def describe_domain(row: dict[str, Any], total: int) -> Tree:
    """One mailbox provider."""
    sent = max(1, row["emails_sent"])
    delivered = row["emails_sent"] - row["bounces"]
    return row | {
        "delivered": delivered,
        "emails_pct": round(row["emails_sent"] / max(1, total), 4),
        "bounces_pct": round(row["bounces"] / sent, 4),
        "opens_pct": round(row["opens"] / max(1, delivered), 4),
        "clicks_pct": round(row["clicks"] / max(1, delivered), 4),
        "unsubs_pct": round(row["unsubs"] / max(1, delivered), 4),
    }
