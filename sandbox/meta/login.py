"""Tokens, permissions and the pages a person may act for."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from sandbox.guarded import GuardedWorld
from sandbox.meta.ask import APP_ID, APP_SECRET, EXPIRED_TOKEN, PAGE_TOKEN, TOKEN, TheAsk, read_version
from sandbox.meta.errors import fail
from sandbox.meta.fields import parse_fields, select
from sandbox.meta.known import KNOWN_FIELDS
from sandbox.meta.paging import page_of
from sandbox.twin import TheWorld, answer

TASKS = ["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE"]
SCOPES = (
    "ads_management ads_read business_management instagram_basic instagram_content_publish "
    "instagram_manage_comments instagram_manage_insights pages_manage_engagement pages_manage_posts "
    "pages_read_engagement pages_read_user_content "
    "pages_show_list read_insights"
).split()
SIXTY_DAYS = 5_183_944
router = APIRouter()


@router.get("/{version}/oauth/access_token")
def exchange_token(request: Request, version: str) -> Response:
    """A long-lived token for a short one or a code."""
    read_version(version, request.url.path)
    asked = request.query_params
    if asked.get("client_id") != APP_ID or asked.get("client_secret") != APP_SECRET:
        raise fail(101, "Error validating application. Cannot get application info due to a system error.")
    if asked.get("grant_type") == "fb_exchange_token" and asked.get("fb_exchange_token") != TOKEN:
        raise fail(190, "Error validating access token", subcode=463)
    return answer({"access_token": TOKEN, "token_type": "bearer", "expires_in": SIXTY_DAYS})


@router.get("/{version}/debug_token")
def debug_token(ask: TheAsk, world: TheWorld) -> Response:
    """What a token is worth."""
    token = ask.text("input_token")
    is_valid = token == TOKEN or token.startswith(PAGE_TOKEN)
    data: dict[str, Any] = {
        "app_id": APP_ID,
        "type": "PAGE" if token.startswith(PAGE_TOKEN) else "SYSTEM_USER",
        "is_valid": is_valid,
        "expires_at": 0 if token != EXPIRED_TOKEN else int(world.now.timestamp()) - 3600,
        "data_access_expires_at": 0,
        "scopes": SCOPES if is_valid else [],
    }
    return ask.reply({"data": data})


@router.get("/{version}/me/permissions")
def list_permissions(ask: TheAsk) -> Response:
    """What was granted."""
    return ask.reply({"data": [{"permission": scope, "status": "granted"} for scope in SCOPES]})


@router.get("/{version}/me/accounts")
def list_pages(ask: TheAsk, world: TheWorld) -> Response:
    """Pages with their page tokens."""
    wanted = parse_fields(ask.text("fields", "access_token,category,name,id,tasks"))
    rows, paging = page_of(ask, list_page_ids(world))
    shown = [
        select(describe_page(world, page), wanted, "Page", KNOWN_FIELDS["Page"] | {"tasks"}) for page in rows
    ]
    return ask.reply({"data": shown} | ({"paging": paging} if paging else {}))


def list_page_ids(world: GuardedWorld) -> list[str]:
    """Pages of the market."""
    found: list[str] = world.accounts("facebook")["account_id"].to_list()
    return found


def describe_page(world: GuardedWorld, page: str) -> dict[str, Any]:
    """All fields we have of a page."""
    row = next(row for row in world.accounts("facebook").to_dicts() if row["account_id"] == page)
    days = world.account_daily("facebook", world.first_day, world.today)
    followers = int(days["followers"][-1]) if days.height else 0
    instagram = world.accounts("instagram")["account_id"].to_list()
    return {
        "id": page,
        "name": row["name"],
        "category": "Shopping & retail",
        "link": f"https://www.facebook.com/{page}",
        "fan_count": followers,
        "followers_count": followers,
        "talking_about_count": int(days["engagements"].tail(7).sum()),
        "access_token": PAGE_TOKEN + page,
        "tasks": TASKS,
        "instagram_business_account": {"id": instagram[0]} if instagram else None,
        "connected_instagram_account": {"id": instagram[0]} if instagram else None,
        "is_published": True,
    }
