"""The paths of Mailchimp: the account, and the parts that join here."""

from __future__ import annotations

from typing import Any

import polars as pl
from fastapi import APIRouter, Depends, Request, Response

from sandbox.mailchimp import audience, campaigns, members, reports
from sandbox.mailchimp.access import enter, play_fault, refuse, write
from sandbox.twin import TheWorld, Twin, answer

router = APIRouter(dependencies=[Depends(enter)])


@router.get("/3.0")
@router.get("/3.0/")
def get_root(request: Request, world: TheWorld) -> Response:
    """The account of the key."""
    account = world.accounts("mailchimp").row(0, named=True)
    members_now = world.mail_members().filter(pl.col("status") == "subscribed").height
    body = {
        "account_id": account["account_id"],
        "login_id": "1000001",
        "account_name": account["name"],
        "email": "hello@example.com",
        "first_name": "Sam",
        "last_name": "Box",
        "username": "sandbox",
        "role": "owner",
        "account_timezone": account["timezone"],
        "pricing_plan_type": "monthly",
        "total_subscribers": members_now,
        "_links": [],
    }
    return write(request, body)


@router.get("/3.0/ping")
def ping() -> Response:
    """Whether the API is well."""
    return answer({"health_status": "Everything's Chimpy!"})


@router.post("/3.0/lists")
def create_list() -> Response:
    """The plan of the account has no room for another audience."""
    raise refuse(403, "Forbidden", "You have exceeded the number of audiences your plan allows.")


for part in (audience.router, members.router, campaigns.router, reports.router):
    router.include_router(part)


def find_records(body: Any) -> list[Any] | None:
    """The list of a list answer: its first member that is one."""
    if not isinstance(body, dict):
        return None
    return next((value for name, value in body.items() if isinstance(value, list) and name != "_links"), None)


twin = Twin("mailchimp", router, play_fault, find_records)
