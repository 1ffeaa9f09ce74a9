"""Publishing on a page: text, links, photos, videos, now or later; editing and deleting."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Response

from sandbox.facebook.comments import need_page_token
from sandbox.facebook.pages import CHANNEL, charge_page, find_page_id, read_scheduled
from sandbox.guarded import GuardedWorld
from sandbox.meta.ask import Ask, TheAsk
from sandbox.meta.errors import bad_param, fail, missing_node
from sandbox.meta.posts import change_comment, find_comment, read_instant, read_posts
from sandbox.twin import Store, TheStore, TheWorld

SOONEST, LATEST = timedelta(minutes=10), timedelta(days=30)
router = APIRouter()


@router.post("/{version}/{node}/feed")
def publish_post(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Publish or schedule text, a link or uploaded photos."""
    prepare(ask, world, store, node)
    photos = ask.value("attached_media", []) or []
    if not ask.text("message") and not ask.text("link") and not photos:
        raise fail(100, "(#100) The post is missing a message, link or attachment", subcode=1349125)
    for photo in photos:
        if str(photo.get("media_fbid")) not in store.table("photos"):
            raise bad_param("attached_media", f"Photo {photo.get('media_fbid')} does not exist")
    kind = "photo" if photos else "link" if ask.text("link") else "status"
    return ask.reply({"id": publish(ask, world, store, kind, ask.text("message") or ask.text("link"))})


@router.post("/{version}/{node}/photos")
def publish_photo(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Upload a photo by address, and publish it unless published=false."""
    prepare(ask, world, store, node)
    if not ask.text("url") and not ask.text("source"):
        raise bad_param("url", "The parameter url is required")
    check_address(ask.text("url"))
    with world.hold():
        photo = store.next_id("photo", 122_200_000_000_001)
        store.table("photos")[photo] = {"url": ask.text("url")}
        store.save()
    if not ask.flag("published", default=True) and not ask.text("scheduled_publish_time"):
        return ask.reply({"id": photo})
    text = ask.text("message") or ask.text("caption")
    return ask.reply({"id": photo, "post_id": publish(ask, world, store, "photo", text)})


@router.post("/{version}/{node}/videos")
def publish_video(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Publish a video by address."""
    prepare(ask, world, store, node)
    if not ask.text("file_url"):
        raise bad_param("file_url", "The parameter file_url is required (uploads by chunks are not emulated)")
    check_address(ask.text("file_url"))
    post = publish(ask, world, store, "video", ask.text("description") or ask.text("title"))
    video = post.rsplit("_", 1)[-1]
    with world.hold():
        store.table("videos")[video] = {"post": post}
        store.save()
    return ask.reply({"id": video})


def prepare(ask: Ask, world: GuardedWorld, store: Store, node: str) -> None:
    """The checks before any publishing."""
    need_page_token(ask)
    if find_page_id(world, ask, node) != ask.page_of_token:
        raise missing_node(node, "Post")
    charge_page(ask, world, store)


def check_address(address: str) -> None:
    """The vendor fetches media from public addresses."""
    if address and not address.startswith(("http://", "https://")):
        raise fail(100, "(#100) url should represent a valid URL", subcode=2207052)


def publish(ask: Ask, world: GuardedWorld, store: Store, kind: str, text: str) -> str:
    """Put a post into the market, now or later; error 506 for the same text twice in a row."""
    at = ask.text("scheduled_publish_time")
    when = read_instant(at.strip('"'), "scheduled_publish_time") if at else None
    if when is not None and not SOONEST <= when - world.now <= LATEST:
        raise fail(100, "(#100) The specified scheduled publish time is invalid.", subcode=1363029)
    if when is None and not ask.flag("published", default=True):
        raise bad_param("published", "Unpublished posts need scheduled_publish_time")
    with world.hold():
        last = store.table("last")
        if last.get("text") == text and when is None and kind == "status":
            raise fail(506, "Duplicate status message", subcode=1455006, title="Duplicate Status Update")
        title = text.splitlines()[0][:80] if text else "Photo"
        moment = {} if when is None else {"published_at": when.isoformat()}
        post: str = (
            world.act("publish_post", channel=CHANNEL, kind=kind, title=title, text=text, **moment) or ""
        )
        if when is None:
            last["text"] = text
        else:
            store.table("scheduled")[post] = {
                "account_id": ask.page_of_token,
                "kind": kind,
                "title": title,
                "text": text,
                "url": f"https://www.facebook.com/{post.replace('_', '/posts/')}",
                "at": when.isoformat(),
            }
        store.table("ours")[post] = True
        store.save()
    return post


@router.post("/{version}/{node}")
def edit(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Change the message or time of a post, or hide a comment."""
    need_page_token(ask)
    charge_page(ask, world, store)
    if find_comment(world, store, CHANNEL, node) is not None:
        changes: dict[str, bool | str] = {}
        if "is_hidden" in ask.params:
            changes["is_hidden"] = ask.flag("is_hidden", default=False)
        if ask.text("message"):
            changes["message"] = ask.text("message")
        change_comment(world, store, node, **changes)
        return ask.reply({"success": True})
    check_ours(world, store, node)
    with world.hold():
        if ask.text("message"):
            world.act("update_post", channel=CHANNEL, post_id=node, text=ask.text("message"))
        if node in store.table("scheduled"):
            change_waiting(ask, world, store, node)
    return ask.reply({"success": True})


def change_waiting(ask: Ask, world: GuardedWorld, store: Store, node: str) -> None:
    """Change a post that waits: text, or its time."""
    waiting = store.table("scheduled")[node]
    if ask.text("message"):
        waiting["text"] = ask.text("message")
    if ask.text("scheduled_publish_time"):
        when = read_instant(ask.text("scheduled_publish_time").strip('"'), "scheduled_publish_time")
        if not SOONEST <= when - world.now <= LATEST:
            raise fail(100, "(#100) The specified scheduled publish time is invalid.", subcode=1363029)
        world.act("update_post", channel=CHANNEL, post_id=node, published_at=when.isoformat())
        waiting["at"] = when.isoformat()
    store.save()


def check_ours(world: GuardedWorld, store: Store, node: str) -> None:
    """Only posts made by this app can be changed."""
    if node not in read_posts(world, CHANNEL) and node not in read_scheduled(world, store):
        raise missing_node(node, "Post")
    if node not in store.table("ours"):
        raise fail(200, "(#200) The post was not created by the application", status=403)


@router.delete("/{version}/{node}")
def delete(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Delete a post or comment."""
    need_page_token(ask)
    charge_page(ask, world, store)
    if find_comment(world, store, CHANNEL, node) is not None:
        change_comment(world, store, node, is_deleted=True)
        return ask.reply({"success": True})
    if node not in read_posts(world, CHANNEL) and node not in read_scheduled(world, store):
        raise missing_node(node, "Delete")
    with world.hold():
        world.act("delete_post", channel=CHANNEL, post_id=node)
        store.table("scheduled").pop(node, None)
        store.save()
    return ask.reply({"success": True})
