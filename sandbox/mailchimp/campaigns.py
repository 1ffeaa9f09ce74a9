"""Campaigns: listed, made, filled, checked, scheduled and sent."""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import Any

import polars as pl
from fastapi import APIRouter, Request, Response

from sandbox.guarded import GuardedWorld
from sandbox.mailchimp.access import (
    Body,
    Tree,
    not_found,
    read_instant,
    refuse,
    refuse_fields,
    write,
    write_instant,
    write_list,
)
from sandbox.mailchimp.audience import find_list, members_of
from sandbox.mailchimp.figures import mail_totals
from sandbox.mailchimp.money import write_shop
from sandbox.twin import Store, TheStore, TheWorld, answer

router = APIRouter()
CHANNEL = "mailchimp"
TYPES = {"regular", "plaintext", "rss", "variate", "absplit"}
SETTINGS = ("subject_line", "preview_text", "title", "from_name", "reply_to", "template_id", "to_name")
SORTS = {"create_time", "send_time"}


def list_mails(world: GuardedWorld, store: Store) -> list[dict[str, Any]]:
    """All campaigns, oldest first, with `own` = what was written through the API."""
    own = store.table("campaigns")
    rows = world.mail_campaigns().iter_rows(named=True)
    return [
        row | {"own": own.get(row["mail_id"], {})}
        for row in rows
        if not own.get(row["mail_id"], {}).get("gone")
    ]


def find_mail(world: GuardedWorld, store: Store, mail_id: str) -> dict[str, Any]:
    """One campaign."""
    for mail in list_mails(world, store):
        if mail["mail_id"] == mail_id:
            return mail
    raise not_found()


def read_status(world: GuardedWorld, mail: dict[str, Any]) -> str:
    """The vendor's word for where a campaign stands; one that left this morning is still sending."""
    if mail["status"] == "sent" and mail["mail_id"] not in mail_totals(world):
        return "sending" if mail["send_at"].date() >= world.now.date() else "sent"
    return {"scheduled": "schedule"}.get(mail["status"], mail["status"])


def created_at(mail: dict[str, Any]) -> str:
    """When a campaign was made; those of the market the hour they were sent."""
    return str(mail["own"].get("create_time") or write_instant(mail["send_at"]))


@router.get("/3.0/campaigns")
def list_campaigns(request: Request, world: TheWorld, store: TheStore) -> Response:
    """Campaigns by status, list, type and time."""
    asked = request.query_params
    limits = {
        name: (read_instant(request, f"since_{name}"), read_instant(request, f"before_{name}"))
        for name in ("send_time", "create_time")
    }
    found = []
    for mail in list_mails(world, store):
        times = {"send_time": write_instant(mail["send_at"]), "create_time": created_at(mail)}
        if asked.get("status") not in (None, read_status(world, mail)):
            continue
        if asked.get("list_id") not in (None, mail["list_id"]):
            continue
        if asked.get("type") not in (None, mail["own"].get("type", "regular")):
            continue
        if all(is_within(times[name], *limits[name]) for name in limits):
            found.append((times, mail))
    sort = asked.get("sort_field")
    if sort is not None and sort not in SORTS:
        raise refuse_fields(sort_field=f"Value must be one of {', '.join(sorted(SORTS))}.")
    is_down = asked.get("sort_dir", "ASC").upper() == "DESC"
    found.sort(key=lambda pair: (pair[0][sort or "create_time"], pair[1]["mail_id"]), reverse=is_down)
    mails = [mail for _, mail in found]
    return write_list(request, "campaigns", mails, lambda mail: describe_campaign(world, store, mail))


def is_within(text: str, since: datetime | None, before: datetime | None) -> bool:
    """Whether an instant lies between two others."""
    if since is None and before is None:
        return True
    if not text:
        return False
    at = datetime.fromisoformat(text)
    return (since is None or at >= since) and (before is None or at <= before)


@router.get("/3.0/campaigns/{mail_id}")
def get_campaign(request: Request, world: TheWorld, store: TheStore, mail_id: str) -> Response:
    """One campaign."""
    return write(request, describe_campaign(world, store, find_mail(world, store, mail_id)))


def describe_campaign(world: GuardedWorld, store: Store, mail: dict[str, Any]) -> Tree:
    """A campaign resource."""
    own = mail["own"]
    status = read_status(world, mail)
    names = dict(world.mail_lists().select("list_id", "name").iter_rows())
    account = world.accounts(CHANNEL)["name"][0]
    totals = mail_totals(world).get(mail["mail_id"])
    settings = {"subject_line": mail["subject"], "title": mail["title"], "from_name": account}
    settings |= {"reply_to": "hello@example.com"} | own.get("settings", {})
    count = totals["sent"] if totals else members_of(world, store, mail["list_id"]).filter(
        pl.col("status") == "subscribed").height  # fmt: skip
    body: Tree = {
        "id": mail["mail_id"],
        "web_id": zlib.crc32(mail["mail_id"].encode()) % 10_000_000,
        "type": own.get("type", "regular"),
        "create_time": created_at(mail),
        "archive_url": f"https://mailchi.mp/{mail['mail_id']}",
        "status": status,
        "emails_sent": totals["sent"] if totals else 0,
        "send_time": write_instant(mail["send_at"]),
        "content_type": "html" if own else "template",
        "needs_block_refresh": False,
        "recipients": {
            "list_id": mail["list_id"],
            "list_is_active": True,
            "list_name": names.get(mail["list_id"], ""),
            "segment_text": mail["segment"] or "",
            "recipient_count": count,
        },
        "settings": settings,
        "tracking": {"opens": True, "html_clicks": True, "text_clicks": False} | own.get("tracking", {}),
        "delivery_status": {"enabled": False},
        "_links": [],
    }  # fmt: skip
    if totals and status == "sent":
        delivered = totals["sent"] - totals["hard"] - totals["soft"]
        body["report_summary"] = {
            "opens": totals["opens"],
            "unique_opens": totals["openers"],
            "open_rate": round(totals["openers"] / delivered, 4) if delivered else 0,
            "clicks": totals["clicks"],
            "subscriber_clicks": totals["clickers"],
            "click_rate": round(totals["clickers"] / delivered, 4) if delivered else 0,
            "ecommerce": write_shop(world, totals, names_currency=False),
        }
    return body


@router.post("/3.0/campaigns")
def create_campaign(request: Request, world: TheWorld, store: TheStore, body: Body) -> Response:
    """Make a campaign that is not sent yet."""
    if body.get("type") not in TYPES:
        raise refuse_fields(type="Value must be one of regular, plaintext, rss, variate, absplit.")
    list_id = body.get("recipients", {}).get("list_id", "")
    if list_id not in world.mail_lists()["list_id"]:
        raise refuse_fields(recipients__list_id="The requested list could not be found.")
    settings = read_settings(body)
    with world.hold():
        mail_id = str(
            world.act(
                "create_mail",
                channel=CHANNEL,
                list_id=list_id,
                title=settings.get("title", ""),
                subject=settings.get("subject_line", ""),
            )
        )
        store.table("campaigns")[mail_id] = {
            "type": body["type"],
            "create_time": write_instant(world.now),
            "settings": settings,
            "tracking": body.get("tracking", {}),
        }
        store.save()
    return write(request, describe_campaign(world, store, find_mail(world, store, mail_id)))


def read_settings(body: Tree) -> Tree:
    """The settings of a body; the address for replies must be one."""
    settings = {name: value for name, value in body.get("settings", {}).items() if name in SETTINGS}
    if "reply_to" in settings and "@" not in str(settings["reply_to"]):
        raise refuse_fields(settings__reply_to="Not a valid address")
    return settings


def open_draft(world: GuardedWorld, store: Store, mail_id: str, *allowed: str) -> tuple[dict[str, Any], Tree]:
    """A campaign that may still be changed, and its entry in the store."""
    mail = find_mail(world, store, mail_id)
    if read_status(world, mail) not in (allowed or ("save",)):
        raise refuse(
            400, "Bad Request", "The campaign has already been sent or is scheduled and cannot be changed."
        )
    entry: Tree = store.table("campaigns").setdefault(mail_id, {"settings": {}})
    return mail, entry


@router.patch("/3.0/campaigns/{mail_id}")
def update_campaign(request: Request, world: TheWorld, store: TheStore, mail_id: str, body: Body) -> Response:
    """Change the settings or the list of a campaign that is not sent."""
    _, entry = open_draft(world, store, mail_id)
    settings = read_settings(body)
    changes = {
        name: settings[key]
        for name, key in (("title", "title"), ("subject", "subject_line"))
        if key in settings
    }
    list_id = body.get("recipients", {}).get("list_id")
    if list_id:
        find_list(world, list_id)
        changes["list_id"] = list_id
    with world.hold():
        entry["settings"] = entry.get("settings", {}) | settings
        if changes:
            world.act("update_mail", channel=CHANNEL, mail_id=mail_id, **changes)
        store.save()
    return write(request, describe_campaign(world, store, find_mail(world, store, mail_id)))


@router.delete("/3.0/campaigns/{mail_id}")
def delete_campaign(world: TheWorld, store: TheStore, mail_id: str) -> Response:
    """Remove a campaign that is not sent."""
    _, entry = open_draft(world, store, mail_id)
    with world.hold():
        entry["gone"] = True
        store.save()
    return Response(status_code=204)


@router.get("/3.0/campaigns/{mail_id}/content")
def get_content(request: Request, world: TheWorld, store: TheStore, mail_id: str) -> Response:
    """The content of a campaign."""
    mail = find_mail(world, store, mail_id)
    content = mail["own"].get("content", {"html": f"<h1>{mail['subject']}</h1>"})
    return write(request, {"plain_text": "", "html": ""} | content | {"_links": []})


@router.put("/3.0/campaigns/{mail_id}/content")
def put_content(world: TheWorld, store: TheStore, mail_id: str, body: Body) -> Response:
    """Fill a campaign."""
    _, entry = open_draft(world, store, mail_id)
    if not any(
        name in body for name in ("html", "plain_text", "url", "template", "variate_contents", "archive")
    ):
        raise refuse(400, "Bad Request", "No content was given.")
    with world.hold():
        entry["content"] = {name: body[name] for name in ("html", "plain_text") if name in body} or {
            "html": "<p></p>"
        }
        store.save()
    return answer({"plain_text": "", "html": ""} | entry["content"] | {"_links": []})


def list_checks(mail: dict[str, Any]) -> list[Tree]:
    """What the send checklist says."""
    own = mail["own"]
    settings = {"subject_line": mail["subject"]} | own.get("settings", {})
    checks = [
        ("List", True, "Your list is ready."),
        ("Subject", bool(settings.get("subject_line")), "Your campaign needs a subject line."),
        (
            "From",
            bool(settings.get("from_name")) and bool(settings.get("reply_to")),
            "Your campaign needs a sender.",
        ),
        ("Content", "content" in own, "Your campaign needs content."),
    ]
    return [
        {"type": "success" if is_good else "error", "id": 500 + i, "heading": heading, "details": details}
        for i, (heading, is_good, details) in enumerate(checks)
    ]


@router.get("/3.0/campaigns/{mail_id}/send-checklist")
def get_checklist(request: Request, world: TheWorld, store: TheStore, mail_id: str) -> Response:
    """Whether a campaign can be sent, and what is missing."""
    items = list_checks(find_mail(world, store, mail_id))
    is_ready = all(item["type"] != "error" for item in items)
    return write(request, {"is_ready": is_ready, "items": items, "_links": []})


def check_ready(mail: dict[str, Any]) -> None:
    """Refuse a campaign with errors on its checklist."""
    if any(item["type"] == "error" for item in list_checks(mail)):
        raise refuse(400, "Bad Request", "Your Campaign is not ready to send.")


@router.post("/3.0/campaigns/{mail_id}/actions/send")
def send(world: TheWorld, store: TheStore, mail_id: str) -> Response:
    """Send now: 204 without a body."""
    mail, _ = open_draft(world, store, mail_id, "save", "paused")
    check_ready(mail)
    world.act("send_mail", channel=CHANNEL, mail_id=mail_id)
    return Response(status_code=204)


@router.post("/3.0/campaigns/{mail_id}/actions/schedule")
def schedule(world: TheWorld, store: TheStore, mail_id: str, body: Body) -> Response:
    """Send on a quarter of an hour to come."""
    mail, _ = open_draft(world, store, mail_id)
    check_ready(mail)
    try:
        at = datetime.fromisoformat(str(body.get("schedule_time", "")))
    except ValueError:
        raise refuse_fields(schedule_time="This value is not a valid datetime.") from None
    if at.tzinfo is None or at.minute % 15 or at.second:
        raise refuse_fields(schedule_time="Campaigns can only be scheduled on the quarter hour, in UTC.")
    if at <= world.now:
        raise refuse_fields(schedule_time="The schedule time must be in the future.")
    if body.get("timewarp") and body.get("batch_delivery"):
        raise refuse(400, "Bad Request", "Timewarp and batch delivery cannot be used together.")
    world.act("send_mail", channel=CHANNEL, mail_id=mail_id, send_at=at.isoformat())
    return Response(status_code=204)


@router.post("/3.0/campaigns/{mail_id}/actions/unschedule")
def unschedule(world: TheWorld, store: TheStore, mail_id: str) -> Response:
    """Take a schedule back."""
    open_draft(world, store, mail_id, "schedule")
    world.act("update_mail", channel=CHANNEL, mail_id=mail_id, status="save")
    return Response(status_code=204)
