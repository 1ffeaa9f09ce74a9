"""Changes of members: added, changed, archived, tagged, one by one or in bulk."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from sandbox.guarded import GuardedWorld
from sandbox.mailchimp.access import Body, Tree, hash_email, refuse, refuse_fields, write, write_instant
from sandbox.mailchimp.audience import describe_member, find_list, find_member, members_of
from sandbox.twin import Refused, Store, TheStore, TheWorld, answer

router = APIRouter()
STATUSES = {"subscribed", "unsubscribed", "cleaned", "pending", "transactional"}
IN_MARKET = {"subscribed", "unsubscribed", "cleaned"}
KEPT = ("merge_fields", "interests", "language", "vip")
MOST_BULK = 500


def write_member(world: GuardedWorld, store: Store, list_id: str, email: str, body: Tree) -> Tree:
    """Add or change a member; the member resource. Refuses to bring back who left or bounced."""
    if "@" not in email or email.endswith("@"):
        raise refuse(400, "Invalid Resource", "Please provide a valid email address.")
    member_id = hash_email(email)
    with world.hold():
        found = members_of(world, store, list_id).filter(member_id=member_id).to_dicts()
        old = found[0]["status"] if found else None
        status = body.get("status") or (old or body.get("status_if_new"))
        if status not in STATUSES:
            raise refuse_fields(status=f"Value must be one of {', '.join(sorted(STATUSES))}.")
        extras = store.table("members")
        own = extras.setdefault(f"{list_id}/{member_id}", {})
        if status == "subscribed" and old in ("unsubscribed", "cleaned") and own.get("left_by") != "api":
            detail = (
                f"{email} is in a compliance state due to unsubscribe, bounce, or compliance review"
                " and cannot be subscribed."
            )
            raise refuse(400, "Member In Compliance State", detail)
        for name in KEPT:
            if name in body:
                own[name] = own.get(name, {}) | body[name] if isinstance(body[name], dict) else body[name]
        if status in IN_MARKET:
            own.pop("status", None)
            if status != old:
                first_name = own.get("merge_fields", {}).get("FNAME", "")
                world.act("upsert_member", channel="mailchimp", list_id=list_id, email=email, status=status,
                          first_name=first_name)  # fmt: skip
        else:
            own |= {"status": status, "email": email, "at": world.now.isoformat()}
        if status == "unsubscribed" and old != status:
            own["left_by"] = "api"
        store.save()
        return describe_member(find_member(world, store, list_id, member_id), extras)


@router.post("/3.0/lists/{list_id}/members")
def add_member(request: Request, world: TheWorld, store: TheStore, list_id: str, body: Body) -> Response:
    """Add a member who must be new."""
    find_list(world, list_id)
    email = str(body.get("email_address", ""))
    if not email or "status" not in body:
        raise refuse_fields(**{name: "This value should not be blank." for name in ("email_address", "status")
                               if not body.get(name)})  # fmt: skip
    known = members_of(world, store, list_id).filter(member_id=hash_email(email)).to_dicts()
    if known and known[0]["status"] != "archived":
        detail = f"{email} is already a list member. Use PUT to insert or update list members."
        raise refuse(400, "Member Exists", detail)
    return write(request, write_member(world, store, list_id, email, body))


@router.put("/3.0/lists/{list_id}/members/{member}")
def set_member(
    request: Request, world: TheWorld, store: TheStore, *, list_id: str, member: str, body: Body
) -> Response:
    """Add or change a member: safe to repeat."""
    find_list(world, list_id)
    return write(
        request, write_member(world, store, list_id, read_email(world, store, list_id, member, body), body)
    )


@router.patch("/3.0/lists/{list_id}/members/{member}")
def update_member(
    request: Request, world: TheWorld, store: TheStore, *, list_id: str, member: str, body: Body
) -> Response:
    """Change a member who must exist."""
    find_list(world, list_id)
    email = find_member(world, store, list_id, member)["email"]
    return write(request, write_member(world, store, list_id, email, body))


def read_email(world: GuardedWorld, store: Store, list_id: str, member: str, body: Tree) -> str:
    """The address a PUT is about: in the body, in the path, or of the member with that hash."""
    if body.get("email_address"):
        return str(body["email_address"])
    if "@" in member:
        return member
    return str(find_member(world, store, list_id, member)["email"])


@router.delete("/3.0/lists/{list_id}/members/{member}")
def archive_member(world: TheWorld, store: TheStore, list_id: str, member: str) -> Response:
    """Archive a member."""
    find_list(world, list_id)
    row = find_member(world, store, list_id, member)
    with world.hold():
        if row["person_id"]:
            world.act(
                "upsert_member",
                channel="mailchimp",
                list_id=list_id,
                email=row["email"],
                status="unsubscribed",
            )
        own = store.table("members").setdefault(f"{list_id}/{row['member_id']}", {})
        own |= {"status": "archived", "email": row["email"], "at": write_instant(world.now), "left_by": "api"}
        store.save()
    return Response(status_code=204)


@router.post("/3.0/lists/{list_id}/members/{member}/tags")
def tag_member(world: TheWorld, store: TheStore, list_id: str, member: str, body: Body) -> Response:
    """Give tags to a member or take them away."""
    find_list(world, list_id)
    row = find_member(world, store, list_id, member)
    with world.hold():
        own = store.table("members").setdefault(f"{list_id}/{row['member_id']}", {})
        tags = dict.fromkeys(own.get("tags", []))
        for tag in body.get("tags", []):
            if tag.get("status") == "inactive":
                tags.pop(tag["name"], None)
            else:
                tags[tag["name"]] = None
        own["tags"] = list(tags)
        store.save()
    return Response(status_code=204)


@router.post("/3.0/lists/{list_id}")
def write_many(request: Request, world: TheWorld, store: TheStore, list_id: str, body: Body) -> Response:
    """At most 500 members at once; the answer is 200 even when some of them are refused."""
    find_list(world, list_id)
    members = body.get("members", [])
    if not members or len(members) > MOST_BULK:
        raise refuse_fields(members=f"Between 1 and {MOST_BULK} members are allowed.")
    made: dict[str, list[Any]] = {"new_members": [], "updated_members": [], "errors": []}
    seen: set[str] = set()
    known = set(members_of(world, store, list_id)["member_id"].to_list())
    for entry in members:
        email = str(entry.get("email_address", ""))
        member_id = hash_email(email)
        is_known = member_id in known
        if member_id in seen and request.query_params.get("skip_duplicate_check") != "true":
            made["errors"].append(
                bulk_error(email, "Duplicate items found for this email", "ERROR_DUPLICATE")
            )
            continue
        seen.add(member_id)
        if is_known and not body.get("update_existing"):
            text = f"{email} is already a list member: to change it, send update_existing:true"
            made["errors"].append(bulk_error(email, text, "ERROR_CONTACT_EXISTS"))
            continue
        try:
            member = write_member(world, store, list_id, email, entry)
        except Refused as refused:
            made["errors"].append(bulk_error(email, bytes(refused.answer.body).decode(), "ERROR_GENERIC"))
            continue
        made["updated_members" if is_known else "new_members"].append(member)
    counts = {
        "total_created": len(made["new_members"]),
        "total_updated": len(made["updated_members"]),
        "error_count": len(made["errors"]),
    }
    return answer(made | counts | {"_links": []})


def bulk_error(email: str, text: str, code: str) -> Tree:
    """One refused member of a bulk write."""
    return {"email_address": email, "error": text, "error_code": code, "field": "", "field_message": ""}
