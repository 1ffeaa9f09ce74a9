"""Audiences and their members, for reading."""

from __future__ import annotations

import zlib
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
from fastapi import APIRouter, Request, Response

from sandbox.guarded import GuardedWorld
from sandbox.mailchimp.access import (
    Tree,
    hash_email,
    not_found,
    read_instant,
    refuse_fields,
    write,
    write_instant,
    write_list,
)
from sandbox.mailchimp.figures import list_days, mail_totals
from sandbox.twin import Store, TheStore, TheWorld

router = APIRouter()
ACTIVITY_DAYS = 180
DAY_FIELDS = (
    "emails_sent", "unique_opens", "recipient_clicks", "hard_bounce", "soft_bounce", "subs", "unsubs",
)  # fmt: skip
SORTS = {"last_changed": "changed_at", "timestamp_opt": "subscribed_at", "timestamp_signup": "subscribed_at"}


def find_list(world: GuardedWorld, list_id: str) -> dict[str, Any]:
    """The row of a list."""
    for row in world.mail_lists().iter_rows(named=True):
        if row["list_id"] == list_id:
            return row
    raise not_found()


def members_of(world: GuardedWorld, store: Store, list_id: str) -> pl.DataFrame:
    """The members of a list with `member_id`; what the API alone knows (pending, archived) wins."""
    market = world.cached(("mailchimp members", list_id), lambda: build_members(world, list_id))
    kept = {
        key.partition("/")[2]: entry
        for key, entry in store.table("members").items()
        if key.startswith(list_id)
    }
    statuses = {key: entry["status"] for key, entry in kept.items() if "status" in entry}
    known = set(market["member_id"].to_list()) if kept else set()
    strangers = [
        {
            "list_id": list_id, "person_id": "", "email": entry["email"], "status": entry["status"],
            "first_name": "", "subscribed_at": datetime.fromisoformat(entry["at"]),
            "changed_at": datetime.fromisoformat(entry["at"]), "member_id": key,
        }
        for key, entry in kept.items()
        if key not in known and "email" in entry and "status" in entry
    ]  # fmt: skip
    if strangers:
        market = pl.concat([market, pl.DataFrame(strangers, schema=market.schema)])
    if not statuses:
        return market
    own = pl.col("member_id").replace_strict(statuses, default=None, return_dtype=pl.String)
    return market.with_columns(pl.coalesce(own, "status").alias("status"))


def build_members(world: GuardedWorld, list_id: str) -> pl.DataFrame:
    """The members the market knows."""
    rows = world.mail_members().filter(pl.col("list_id") == list_id)
    return rows.with_columns(
        pl.Series("member_id", [hash_email(text) for text in rows["email"]], dtype=pl.String)
    )


@router.get("/3.0/lists")
def list_lists(request: Request, world: TheWorld, store: TheStore) -> Response:
    """All audiences."""
    lists = list(world.mail_lists().iter_rows(named=True))
    return write_list(request, "lists", lists, lambda row: describe_list(world, store, row))


@router.get("/3.0/lists/{list_id}")
def get_list(request: Request, world: TheWorld, store: TheStore, list_id: str) -> Response:
    """One audience."""
    body = describe_list(world, store, find_list(world, list_id))
    if request.query_params.get("include_total_contacts") == "true":
        body["stats"]["total_contacts"] = members_of(world, store, list_id).height
    return write(request, body)


def describe_list(world: GuardedWorld, store: Store, row: dict[str, Any]) -> Tree:
    """An audience with its present size."""
    list_id = row["list_id"]
    members = members_of(world, store, list_id)
    counts = dict(members.group_by("status").len().iter_rows())
    mails = world.mail_campaigns().filter(pl.col("list_id") == list_id, pl.col("status") == "sent")
    totals = [mail_totals(world)[key] for key in mails["mail_id"] if key in mail_totals(world)]
    name = world.accounts("mailchimp")["name"][0]
    return {
        "id": list_id,
        "web_id": zlib.crc32(list_id.encode()) % 1_000_000,
        "name": row["name"],
        "contact": {"company": name, "address1": "", "city": "Berlin", "country": "DE"},
        "permission_reminder": "You signed up in our shop.",
        "use_archive_bar": True,
        "campaign_defaults": {
            "from_name": name,
            "from_email": "hello@example.com",
            "subject": "",
            "language": "en",
        },
        "date_created": write_instant(row["created_at"]),
        "list_rating": 4,
        "email_type_option": False,
        "visibility": "prv",
        "double_optin": False,
        "has_welcome": False,
        "marketing_permissions": False,
        "modules": [],
        "stats": {
            "member_count": counts.get("subscribed", 0),
            "unsubscribe_count": counts.get("unsubscribed", 0),
            "cleaned_count": counts.get("cleaned", 0),
            "campaign_count": mails.height,
            "campaign_last_sent": write_instant(last_of(mails["send_at"])),
            "merge_field_count": 2,
            "open_rate": find_rate(totals, "openers"),
            "click_rate": find_rate(totals, "clickers"),
            "last_sub_date": write_instant(last_of(members["subscribed_at"])),
            "last_unsub_date": write_instant(
                last_of(members.filter(pl.col("status") == "unsubscribed")["changed_at"])
            ),
        },
        "_links": [],
    }  # fmt: skip


def find_rate(totals: list[dict[str, Any]], name: str) -> float:
    """A count in percent of the delivered mails."""
    delivered = sum(total["sent"] - total["hard"] - total["soft"] for total in totals)
    return round(100 * sum(total[name] for total in totals) / delivered, 4) if delivered else 0.0


def last_of(column: pl.Series) -> datetime | None:
    """The latest instant of a column."""
    latest = column.max()
    return latest if isinstance(latest, datetime) else None


@router.get("/3.0/lists/{list_id}/activity")
def get_activity(request: Request, world: TheWorld, list_id: str) -> Response:
    """The last 180 days, newest first."""
    find_list(world, list_id)
    days = list_days(world, list_id)
    empty = dict.fromkeys(DAY_FIELDS, 0)
    shown = [world.today - timedelta(days=back) for back in range(ACTIVITY_DAYS)]
    return write_list(
        request,
        "activity",
        [day for day in shown if day >= world.first_day],
        lambda day: (
            {"day": day.isoformat()} | empty | days.get(day, {}) | {"other_adds": 0, "other_removes": 0}
        ),
        list_id=list_id,
    )


@router.get("/3.0/lists/{list_id}/growth-history")
def get_growth(request: Request, world: TheWorld, store: TheStore, list_id: str) -> Response:
    """Months of the list: members at the end, and what came and went."""
    find_list(world, list_id)
    members = members_of(world, store, list_id)
    months: list[Tree] = []
    month = world.first_day.replace(day=1)
    while month <= world.today:
        after = (month + timedelta(days=32)).replace(day=1)
        months.append(describe_month(members, world.timezone, list_id, (month, after)))
        month = after
    if request.query_params.get("sort_dir", "ASC").upper() == "DESC":
        months.reverse()
    return write_list(request, "history", months, list_id=list_id)


def local_day(name: str, timezone: str) -> pl.Expr:
    """The day of an instant in a zone."""
    return pl.col(name).dt.convert_time_zone(timezone).dt.date()


def describe_month(members: pl.DataFrame, timezone: str, list_id: str, days: tuple[date, date]) -> Tree:
    """One month of a list; `days` are its first day and the first day of the next."""
    gone = members.filter(
        local_day("changed_at", timezone) >= days[0], local_day("changed_at", timezone) < days[1]
    )
    was_member = members.filter(
        local_day("subscribed_at", timezone) < days[1],
        (pl.col("status") == "subscribed") | (local_day("changed_at", timezone) >= days[1]),
    )
    return {
        "list_id": list_id,
        "month": days[0].strftime("%Y-%m"),
        "subscribed": was_member.height,
        "unsubscribed": gone.filter(pl.col("status") == "unsubscribed").height,
        "reconfirm": 0,
        "cleaned": gone.filter(pl.col("status") == "cleaned").height,
        "pending": 0,
        "deleted": 0,
        "transactional": 0,
        "_links": [],
    }


@router.get("/3.0/lists/{list_id}/members")
def list_members(request: Request, world: TheWorld, store: TheStore, list_id: str) -> Response:
    """Members, filtered and sorted; archived ones only when asked for."""
    find_list(world, list_id)
    members = members_of(world, store, list_id)
    asked = request.query_params
    status = asked.get("status")
    members = members.filter(pl.col("status") == status if status else pl.col("status") != "archived")
    for column, name in (("changed_at", "last_changed"), ("subscribed_at", "timestamp_opt")):
        since, before = read_instant(request, f"since_{name}"), read_instant(request, f"before_{name}")
        if since is not None:
            members = members.filter(pl.col(column) >= since)
        if before is not None:
            members = members.filter(pl.col(column) <= before)
    sort = asked.get("sort_field", "timestamp_opt")
    if sort not in SORTS:
        raise refuse_fields(sort_field=f"Value must be one of {', '.join(SORTS)}.")
    members = members.sort(
        [SORTS[sort], "member_id"], descending=[asked.get("sort_dir", "ASC").upper() == "DESC", False]
    )
    extras = store.table("members")
    return write_list(request, "members", members, lambda row: describe_member(row, extras), list_id=list_id)


@router.get("/3.0/lists/{list_id}/members/{member}")
def get_member(request: Request, world: TheWorld, store: TheStore, list_id: str, member: str) -> Response:
    """One member, by hash or address."""
    find_list(world, list_id)
    return write(request, describe_member(find_member(world, store, list_id, member), store.table("members")))


def find_member(world: GuardedWorld, store: Store, list_id: str, member: str) -> dict[str, Any]:
    """The row of a member."""
    member_id = hash_email(member) if "@" in member else member.lower()
    rows = members_of(world, store, list_id).filter(pl.col("member_id") == member_id)
    if not rows.height:
        raise not_found()
    return rows.row(0, named=True)


def describe_member(row: dict[str, Any], extras: Tree) -> Tree:
    """A member resource; `extras` holds what was written through the API."""
    own = extras.get(f"{row['list_id']}/{row['member_id']}", {})
    fields = {"FNAME": row["first_name"], "LNAME": ""} | own.get("merge_fields", {})
    tags = own.get("tags", [])
    return {
        "id": row["member_id"],
        "email_address": row["email"],
        "unique_email_id": row["member_id"][:10],
        "contact_id": row["member_id"],
        "full_name": f"{fields['FNAME']} {fields['LNAME']}".strip(),
        "web_id": int(row["member_id"][:7], 16),
        "email_type": "html",
        "status": row["status"],
        "merge_fields": fields,
        "interests": own.get("interests", {}),
        "stats": {"avg_open_rate": 0, "avg_click_rate": 0},
        "ip_signup": "",
        "timestamp_signup": "",
        "ip_opt": "",
        "timestamp_opt": write_instant(row["subscribed_at"]),
        "member_rating": 2,
        "last_changed": write_instant(row["changed_at"]),
        "language": own.get("language", ""),
        "vip": own.get("vip", False),
        "email_client": "",
        "source": "API - Generic" if own else "Embed Form",
        "tags_count": len(tags),
        "tags": [{"id": zlib.crc32(name.encode()) % 100_000, "name": name} for name in tags],
        "list_id": row["list_id"],
        "_links": [],
    }
