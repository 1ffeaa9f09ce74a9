"""Hashtag search: 30 different ones in seven days."""

from __future__ import annotations

import hashlib
from typing import Any

from fastapi import APIRouter, Response

from sandbox.instagram.media import charge_account, describe_media, find_user, list_media
from sandbox.meta.ask import TheAsk
from sandbox.meta.errors import bad_param, fail, missing_node
from sandbox.meta.fields import parse_fields, select
from sandbox.meta.paging import page_of
from sandbox.twin import TheStore, TheWorld

MOST_TAGS = 30
WEEK = 7 * 86_400
SHOWN = frozenset("id caption media_type like_count comments_count permalink timestamp media_url".split())
router = APIRouter()


@router.get("/{version}/ig_hashtag_search")
def search(ask: TheAsk, world: TheWorld, store: TheStore) -> Response:
    """The id of a hashtag."""
    find_user(world, ask.text("user_id"))
    charge_account(ask, world, store)
    word = ask.text("q").lower().lstrip("#")
    if not word.isalnum():
        raise bad_param("q", "The parameter q must be a hashtag without spaces")
    tag = "178" + str(int(hashlib.sha256(word.encode()).hexdigest()[:12], 16))
    with world.hold():
        searched = store.table("hashtags")
        now = world.now.timestamp()
        recent = [kept for kept in searched.values() if kept["at"] > now - WEEK]
        if len(recent) >= MOST_TAGS and tag not in searched:
            raise fail(
                18, "(#18) This user has reached the limit of 30 unique hashtags in 7 days", subcode=2207034
            )
        searched[tag] = {"at": now, "word": word}
        store.save()
    return ask.reply({"data": [{"id": tag}]})


@router.get("/{version}/{node}/recently_searched_hashtags")
def list_recent(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Hashtags of the last seven days."""
    find_user(world, node)
    oldest = world.now.timestamp() - WEEK
    found = [{"id": tag} for tag, kept in store.table("hashtags").items() if kept["at"] > oldest]
    return ask.reply({"data": found})


@router.get("/{version}/{node}/top_media")
@router.get("/{version}/{node}/recent_media")
def list_tagged(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Media with the hashtag in their caption; nobody's name is told."""
    find_user(world, ask.text("user_id"))
    charge_account(ask, world, store)
    known = store.table("hashtags").get(node)
    if known is None:
        raise missing_node(node)
    tagged = [post for post in list_media(world) if f"#{known['word']}" in post["text"].lower()]
    rows, paging = page_of(ask, tagged, largest=50)
    wanted = parse_fields(ask.text("fields", "id"))
    shown = []
    for row in rows:
        described: dict[str, Any] = {k: v for k, v in describe_media(store, row).items() if k in SHOWN}
        shown.append(select(described, wanted, "IGHashtagMedia"))
    return ask.reply({"data": shown} | ({"paging": paging} if paging else {}))
