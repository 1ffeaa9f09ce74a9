"""Publishing in two steps: a container, then media_publish; with the daily limit."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Response

from sandbox.guarded import GuardedWorld
from sandbox.instagram.media import CHANNEL, charge_account, find_user
from sandbox.meta.ask import Ask, TheAsk
from sandbox.meta.errors import bad_param, fail, missing_node
from sandbox.meta.posts import change_comment, find_comment, read_posts
from sandbox.twin import Store, TheStore, TheWorld

QUOTA = {"quota_total": 100, "quota_duration": 86_400}
LONGEST_CAPTION = 2200
MOST_HASHTAGS = 30
CAROUSEL = range(2, 11)
KINDS = {
    "": "photo",
    "IMAGE": "photo",
    "REELS": "reel",
    "VIDEO": "video",
    "STORIES": "story",
    "CAROUSEL": "carousel",
}
router = APIRouter()


@router.post("/{version}/{node}/media")
def create_container(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Make a container of an image, reel, story or carousel."""
    find_user(world, node)
    charge_account(ask, world, store)
    media_type = ask.text("media_type").strip('"')
    check_container(ask, store, media_type)
    is_video = bool(ask.text("video_url"))
    with world.hold():
        made = store.next_id("container", 17_889_000_000_000_001)
        store.table("containers")[made] = {
            "kind": KINDS[media_type],
            "caption": ask.text("caption"),
            "is_item": ask.flag("is_carousel_item", default=False),
            "status": "IN_PROGRESS" if is_video else "FINISHED",
            "looks": 0,
            "dies_at": world.now.timestamp() + 86_400,
        }
        store.save()
    return ask.reply({"id": made})


def check_container(ask: Ask, store: Store, media_type: str) -> None:
    """Refuse what cannot become a post."""
    if media_type not in KINDS:
        raise fail(
            100, "Invalid parameter", subcode=2207023, explanation=f"The media type {media_type} is unknown."
        )
    caption = ask.text("caption")
    if len(caption) > LONGEST_CAPTION or len(re.findall(r"#\w", caption)) > MOST_HASHTAGS:
        raise fail(100, "Invalid parameter", subcode=2207010, explanation="The caption is too long.")
    if media_type == "CAROUSEL":
        children = ask.words("children")
        if len(children) not in CAROUSEL:
            raise fail(
                100, "Invalid parameter", subcode=2207028, explanation="A carousel needs 2 to 10 items."
            )
        if any(child not in store.table("containers") for child in children):
            raise fail(24, "The requested resource does not exist", subcode=2207008)
        return
    if media_type == "VIDEO" and not ask.flag("is_carousel_item", default=False):
        raise fail(
            100,
            "Invalid parameter",
            subcode=2207023,
            explanation="VIDEO is only for carousel items: use REELS.",
        )
    wanted = ("video_url",) if media_type in ("REELS", "VIDEO") else ("image_url", "video_url")
    address = next((ask.text(name) for name in wanted if ask.text(name)), "")
    if not address:
        raise bad_param(wanted[0], f"The parameter {wanted[0]} is required", 2207082)
    if not address.startswith(("http://", "https://")):
        raise fail(
            9004,
            "Only photo or video can be accepted as media type.",
            subcode=2207052,
            explanation=f"The media could not be fetched from this URI: {address}",
        )


@router.post("/{version}/{node}/media_publish")
@router.post("/{version}/{node}/mediapublish")
def publish(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Publish a finished container, once."""
    find_user(world, node)
    charge_account(ask, world, store)
    with world.hold():
        container = store.table("containers").get(ask.text("creation_id"))
        if container is None or container["dies_at"] < world.now.timestamp():
            raise fail(24, "The requested resource does not exist", subcode=2207008)
        if container["status"] != "FINISHED":
            raise fail(
                9007, "Media ID is not available", subcode=2207027, explanation="The media is not ready."
            )
        if count_published(world, store) >= QUOTA["quota_total"]:
            raise fail(9, "Application request limit reached", subcode=2207042)
        caption = container["caption"]
        title = caption.splitlines()[0][:80] if caption else container["kind"].capitalize()
        made = world.act("publish_post", channel=CHANNEL, kind=container["kind"], title=title, text=caption)
        container["status"] = "PUBLISHED"
        store.table("published")[made or ""] = world.now.timestamp()
        store.save()
    return ask.reply({"id": made})


def count_published(world: GuardedWorld, store: Store) -> int:
    """Posts made through the API in the last 24 hours."""
    oldest = world.now.timestamp() - QUOTA["quota_duration"]
    return sum(at > oldest for at in store.table("published").values())


@router.get("/{version}/{node}/content_publishing_limit")
def read_limit(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """How much of the daily limit is used."""
    find_user(world, node)
    charge_account(ask, world, store)
    limit: dict[str, Any] = {"config": QUOTA, "quota_usage": count_published(world, store)}
    fields = ask.words("fields") or ["quota_usage"]
    return ask.reply({"data": [{name: limit[name] for name in fields if name in limit}]})


@router.post("/{version}/{node}")
def change(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Hide a comment, or open and close the comments of a post."""
    charge_account(ask, world, store)
    if find_comment(world, store, CHANNEL, node) is not None:
        change_comment(world, store, node, is_hidden=ask.flag("hide", default=False))
        return ask.reply({"success": True})
    if node not in read_posts(world, CHANNEL):
        raise missing_node(node, "Post")
    with world.hold():
        if ask.flag("comment_enabled", default=True):
            store.table("closed").pop(node, None)
        else:
            store.table("closed")[node] = True
        store.save()
    return ask.reply({"success": True})


@router.delete("/{version}/{node}")
def delete(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Delete a comment or a post."""
    charge_account(ask, world, store)
    if find_comment(world, store, CHANNEL, node) is not None:
        change_comment(world, store, node, is_deleted=True)
        return ask.reply({"success": True})
    if node not in read_posts(world, CHANNEL):
        raise missing_node(node, "Delete")
    world.act("delete_post", channel=CHANNEL, post_id=node)
    return ask.reply({"success": True})
