"""The account and its media: reading nodes and lists."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Response

from sandbox.guarded import GuardedWorld
from sandbox.meta.ask import Ask, TheAsk
from sandbox.meta.errors import missing_node
from sandbox.meta.fields import Wanted, parse_fields, select
from sandbox.meta.known import KNOWN_FIELDS
from sandbox.meta.paging import page_of
from sandbox.meta.posts import Row, filter_by_time, find_comment, read_comments, read_posts, write_utc
from sandbox.meta.usage import Meter, charge
from sandbox.twin import Store, TheStore, TheWorld

CHANNEL = "instagram"
CALLS_BY_IMPRESSION = 4800  # a day, for every view of the account
STORY_LIFE = timedelta(hours=24)
MEDIA_TYPES = {
    "photo": ("IMAGE", "FEED"),
    "carousel": ("CAROUSEL_ALBUM", "FEED"),
    "reel": ("VIDEO", "REELS"),
    "video": ("VIDEO", "REELS"),
    "story": ("IMAGE", "STORY"),
}
router = APIRouter()


def charge_account(ask: Ask, world: GuardedWorld, store: Store) -> None:
    """Count a call against the account's day."""

    def build() -> tuple[str, int]:
        days = world.account_daily(CHANNEL, world.today, world.today)
        ids = world.accounts(CHANNEL)["account_id"].to_list()
        return (ids[0] if ids else ""), max(1, int(days["views"].sum()))

    account, views = world.cached(("instagram", "views"), build)
    charge(ask, store.scratch.setdefault("meter", Meter()), "instagram", account, CALLS_BY_IMPRESSION * views)


def find_user(world: GuardedWorld, node: str) -> Row:
    """The account of an id; error 100/33 otherwise."""
    for row in world.accounts(CHANNEL).to_dicts():
        if row["account_id"] == node:
            found: Row = row
            return found
    raise missing_node(node)


def describe_user(world: GuardedWorld, node: str) -> Row:
    """All fields we have of the account."""
    row = find_user(world, node)
    days = world.account_daily(CHANNEL, world.first_day, world.today)
    name = row["name"].lower().replace(" ", "_")
    return {
        "id": node,
        "username": name,
        "name": row["name"],
        "biography": "",
        "followers_count": int(days["followers"][-1]) if days.height else 0,
        "follows_count": 120,
        "media_count": len(list_media(world)),
        "profile_picture_url": f"https://scontent.example/{name}.jpg",
        "website": "",
    }


def list_media(world: GuardedWorld) -> list[Row]:
    """Posts of the account, newest first, without stories."""
    return [post for post in read_posts(world, CHANNEL).values() if post["kind"] != "story"]


def list_stories(world: GuardedWorld) -> list[Row]:
    """Stories of the last 24 hours."""
    oldest = world.now - STORY_LIFE
    posts = read_posts(world, CHANNEL).values()
    return [post for post in posts if post["kind"] == "story" and post["published_at"] > oldest]


def describe_media(store: Store, post: Row) -> Row:
    """All fields we have of a post."""
    media_type, product_type = MEDIA_TYPES.get(post["kind"], ("IMAGE", "FEED"))
    return {
        "id": post["post_id"],
        "caption": post["text"] or None,
        "media_type": media_type,
        "media_product_type": product_type,
        "permalink": post["url"],
        "shortcode": post["post_id"][-8:],
        "timestamp": write_utc(post["published_at"]),
        "like_count": post["likes"],
        "comments_count": len(read_comments(store, post)),
        "view_count": post["views"],
        "saved_count": post["saves"],
        "shares_count": post["shares"],
        "reposts_count": 0,
        "is_comment_enabled": store.table("closed").get(post["post_id"]) is None,
        "media_url": f"https://scontent.example/{post['post_id']}",
        "thumbnail_url": f"https://scontent.example/{post['post_id']}.jpg" if media_type == "VIDEO" else None,
        "owner": {"id": post["account_id"]},
        "comments": lambda want: describe_comments(store, post, want),
    }


def describe_comments(store: Store, post: Row, want: Wanted) -> Row:
    """Comments inside a post."""
    names = want.inside or parse_fields("id,text,timestamp")
    rows = read_comments(store, post)
    return {
        "data": [
            describe_chosen(store, post, row, names) for row in rows[: int(want.options.get("limit", "50"))]
        ]
    }


def describe_chosen(store: Store, post: Row, row: Row, wanted: list[Wanted]) -> Row:
    """The wanted fields of a comment."""
    return select(
        describe_comment(store, post, row), wanted, "IGComment", KNOWN_FIELDS["IGComment"] | {"replies"}
    )


def describe_comment(store: Store, post: Row, row: Row) -> Row:
    """All fields we have of a comment."""

    def replies(want: Wanted) -> Row | None:
        found = [one for one in read_comments(store, post) if one.get("parent") == row["id"]]
        names = want.inside or parse_fields("id,text,timestamp")
        return {"data": [describe_chosen(store, post, one, names) for one in found]} if found else None

    return {
        "id": row["id"],
        "text": row["message"],
        "timestamp": write_utc(row["at"]),
        "username": row["name"].lower(),
        "from": {"id": str(20_000 + len(row["name"])), "username": row["name"].lower()},
        "like_count": 0,
        "hidden": bool(row.get("is_hidden")),
        "media": {"id": post["post_id"]},
        "parent_id": row.get("parent"),
        "replies": replies,
    }


@router.get("/{version}/{node}")
def read_node(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """The account, a post, a comment or a container."""
    charge_account(ask, world, store)
    wanted = parse_fields(ask.text("fields", "id"))
    post = read_posts(world, CHANNEL).get(node)
    if post is not None:
        known = KNOWN_FIELDS["IGMedia"] | {"comments"}
        return ask.reply(select(describe_media(store, post), wanted, "IGMedia", known))
    if node in store.table("containers"):
        return ask.reply(read_container(world, store, node, wanted))
    found = find_comment(world, store, CHANNEL, node)
    if found is not None:
        return ask.reply(describe_chosen(store, found[1], found[0], wanted))
    if node == "me":
        return ask.reply({"id": "100000000000019", "name": "Sandbox system user"})
    return ask.reply(select(describe_user(world, node), wanted, "IGUser", KNOWN_FIELDS["IGUser"]))


def read_container(world: GuardedWorld, store: Store, node: str, wanted: list[Wanted]) -> Row:
    """A container: a video is ready at the second look, all die after 24 hours."""
    with world.hold():
        container = store.table("containers")[node]
        if container["status"] == "IN_PROGRESS":
            container["looks"] += 1
            container["status"] = "FINISHED" if container["looks"] > 1 else "IN_PROGRESS"
        if container["status"] != "PUBLISHED" and container["dies_at"] < world.now.timestamp():
            container["status"] = "EXPIRED"
        store.save()
    words = {"FINISHED": "Finished: Media has been uploaded and it is ready to be published."}
    status = container["status"]
    state = {"id": node, "status_code": status, "status": words.get(status, status.capitalize())}
    return select(state, wanted, "IGMediaContainer")


@router.get("/{version}/{node}/media")
def list_posts(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Posts of the account, newest first."""
    return reply_media(ask, world, store, node, list_media(world))


@router.get("/{version}/{node}/stories")
def list_live_stories(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Stories that are still live."""
    return reply_media(ask, world, store, node, list_stories(world))


def reply_media(ask: Ask, world: GuardedWorld, store: Store, node: str, posts: list[Row]) -> Response:
    """A page of posts with the wanted fields."""
    find_user(world, node)
    charge_account(ask, world, store)
    wanted = parse_fields(ask.text("fields", "id"))
    rows, paging = page_of(ask, filter_by_time(ask, posts), largest=100)
    known = KNOWN_FIELDS["IGMedia"] | {"comments"}
    body: dict[str, Any] = {
        "data": [select(describe_media(store, row), wanted, "IGMedia", known) for row in rows]
    }
    return ask.reply(body | ({"paging": paging} if paging else {}))
