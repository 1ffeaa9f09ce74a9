"""Pages and posts: reading nodes and lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Response

from sandbox.guarded import GuardedWorld
from sandbox.meta.ask import Ask, TheAsk
from sandbox.meta.errors import bad_param, fail, missing_node
from sandbox.meta.fields import Wanted, parse_fields, select
from sandbox.meta.known import KNOWN_FIELDS
from sandbox.meta.login import describe_page, list_page_ids
from sandbox.meta.paging import page_of
from sandbox.meta.posts import Row, filter_by_time, find_comment, read_comments, read_posts, write_utc
from sandbox.meta.usage import Meter, charge
from sandbox.twin import Store, TheStore, TheWorld

CHANNEL = "facebook"
CALLS_BY_USER = 4800  # a day, for every engaged user
MOST_IDS = 50
STATUS_TYPES = {
    "photo": "added_photos",
    "video": "added_video",
    "reel": "added_video",
    "link": "shared_story",
}
EDGES = {"attachments", "comments", "reactions", "likes"}
router = APIRouter()


def charge_page(ask: Ask, world: GuardedWorld, store: Store) -> None:
    """Count a call against the page's day."""
    page = ask.page_of_token or next(iter(list_page_ids(world)), "")

    def build() -> int:
        days = world.account_daily(CHANNEL, world.today, world.today)
        return max(1, int(days["engagements"].sum()))

    users = world.cached(("facebook", "engaged"), build)
    charge(ask, store.scratch.setdefault("meter", Meter()), "pages", page, CALLS_BY_USER * users)


def find_page_id(world: GuardedWorld, ask: Ask, node: str) -> str:
    """The page of an id or of `me` with a page token; error 100/33 otherwise."""
    page = ask.page_of_token or "" if node == "me" else node
    if page not in list_page_ids(world):
        raise missing_node(node)
    return page


@router.get("/{version}")
def read_many(ask: TheAsk, world: TheWorld, store: TheStore) -> Response:
    """Several nodes by id."""
    ids = ask.words("ids")
    if not ids:
        raise fail(100, "(#100) The parameter ids is required")
    if len(ids) > MOST_IDS:
        raise bad_param("ids", f"Too many IDs. Maximum: {MOST_IDS}. Provided: {len(ids)}.")
    charge_page(ask, world, store)
    wanted = parse_fields(ask.text("fields", "id"))
    return ask.reply({node: describe_node(world, store, node, wanted) for node in ids})


@router.get("/{version}/{node}")
def read_node(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """A page, post or comment."""
    charge_page(ask, world, store)
    if node == "me":
        node = ask.page_of_token or node
        if node == "me":
            return ask.reply({"id": "100000000000019", "name": "Sandbox system user"})
    return ask.reply(describe_node(world, store, node, parse_fields(ask.text("fields"))))


def describe_node(world: GuardedWorld, store: Store, node: str, wanted: list[Wanted]) -> Row:
    """The wanted fields of any node; error 100/33 when there is none."""
    if node in list_page_ids(world):
        names = wanted or parse_fields("id,name")
        return select(describe_page(world, node), names, "Page", KNOWN_FIELDS["Page"] | {"tasks"})
    post = read_posts(world, CHANNEL).get(node) or read_scheduled(world, store).get(node)
    if post is not None:
        names = wanted or parse_fields("id,created_time,message")
        return select(describe_post(store, post), names, "Post", KNOWN_FIELDS["Post"] | EDGES)
    found = find_comment(world, store, CHANNEL, node)
    if found is not None:
        names = wanted or parse_fields("id,created_time,from,message")
        return select(describe_comment(found[0]), names, "Comment", KNOWN_FIELDS["Comment"])
    video = store.table("videos").get(node)
    if video is not None:
        ready = {"video_status": "ready", "publishing_phase": {"status": "complete"}}
        return select({"id": node, "status": ready, "post_id": video["post"]}, wanted, "Video")
    raise missing_node(node)


def read_scheduled(world: GuardedWorld, store: Store) -> dict[str, Row]:
    """Posts that wait for their time."""
    waiting = {}
    for post_id, kept in store.table("scheduled").items():
        at = datetime.fromisoformat(kept["at"])
        if at > world.now:
            counts = dict.fromkeys(("likes", "comments", "shares"), 0)
            waiting[post_id] = {**kept, **counts, "post_id": post_id, "published_at": at, "is_waiting": True}
    return waiting


def describe_post(store: Store, post: Row) -> Row:
    """All fields we have of a post."""
    is_waiting = post.get("is_waiting", False)
    return {
        "id": post["post_id"],
        "created_time": write_utc(post["published_at"]),
        "updated_time": write_utc(post["published_at"]),
        "message": post["text"],
        "permalink_url": post["url"],
        "status_type": STATUS_TYPES.get(post["kind"], "mobile_status_update"),
        "is_published": not is_waiting,
        "is_hidden": False,
        "scheduled_publish_time": int(post["published_at"].timestamp()) if is_waiting else None,
        "from": {"name": "Page", "id": post["account_id"]},
        "shares": {"count": post["shares"]} if post["shares"] else None,
        "attachments": {"data": [{"media_type": post["kind"], "title": post["title"], "url": post["url"]}]},
        "comments": lambda want: describe_comments(store, post, want),
        "reactions": lambda want: describe_counter(post["likes"], want, "viewer_reaction"),
        "likes": lambda want: describe_counter(post["likes"], want, "has_liked"),
    }


def describe_counter(count: int, want: Wanted, extra: str) -> Row:
    """An edge of which only the number is known."""
    summary: Row = {"total_count": count, extra: "NONE" if extra == "viewer_reaction" else False}
    return {"data": []} | ({"summary": summary} if "summary" in want.options else {})


def describe_comments(store: Store, post: Row, want: Wanted) -> Row:
    """Comments inside a post, with their number when a summary is asked."""
    rows = read_comments(store, post)
    limit = int(want.options.get("limit", "25"))
    names = want.inside or parse_fields("created_time,from,message,id")
    shown = [select(describe_comment(row), names, "Comment", KNOWN_FIELDS["Comment"]) for row in rows[:limit]]
    summary = {"order": "ranked", "total_count": len(rows), "can_comment": True}
    return {"data": shown} | ({"summary": summary} if "summary" in want.options else {})


def describe_comment(row: Row) -> Row:
    """All fields we have of a comment."""
    return {
        "id": row["id"],
        "message": row["message"],
        "created_time": write_utc(row["at"]),
        "from": {"name": row["name"], "id": str(10_000 + len(row["name"]))},
        "like_count": int(bool(row.get("is_liked"))),
        "user_likes": bool(row.get("is_liked")),
        "comment_count": 0,
        "is_hidden": bool(row.get("is_hidden")),
        "can_hide": True,
        "can_remove": True,
        "can_comment": True,
        "parent": {"id": row["parent"]} if row.get("parent") else None,
    }


@router.get("/{version}/{node}/published_posts")
@router.get("/{version}/{node}/feed")
@router.get("/{version}/{node}/posts")
def list_posts(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Public posts of a page, newest first."""
    find_page_id(world, ask, node)
    return reply_posts(ask, world, store, list(read_posts(world, CHANNEL).values()))


@router.get("/{version}/{node}/scheduled_posts")
def list_scheduled(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Posts that wait."""
    find_page_id(world, ask, node)
    return reply_posts(ask, world, store, list(read_scheduled(world, store).values()))


def reply_posts(ask: Ask, world: GuardedWorld, store: Store, posts: Sequence[Row]) -> Response:
    """A page of posts with the wanted fields."""
    charge_page(ask, world, store)
    wanted = parse_fields(ask.text("fields", "created_time,message,id"))
    rows, paging = page_of(ask, filter_by_time(ask, list(posts)), largest=100)
    shown = [select(describe_post(store, row), wanted, "Post", KNOWN_FIELDS["Post"] | EDGES) for row in rows]
    body: dict[str, Any] = {"data": shown}
    return ask.reply(body | ({"paging": paging} if paging else {}))


@router.get("/{version}/{node}/video_reels")
def list_reels(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Reels and videos of a page."""
    find_page_id(world, ask, node)
    charge_page(ask, world, store)
    reels = [post for post in read_posts(world, CHANNEL).values() if post["kind"] in ("reel", "video")]
    rows, paging = page_of(ask, reels, largest=100)
    wanted = parse_fields(ask.text("fields", "description,updated_time,id"))
    shown = [
        select(
            {
                "id": row["post_id"].rsplit("_", 1)[-1],
                "description": row["text"],
                "created_time": write_utc(row["published_at"]),
                "updated_time": write_utc(row["published_at"]),
                "permalink_url": row["url"],
            },
            wanted,
            "Video",
        )
        for row in rows
    ]
    return ask.reply({"data": shown} | ({"paging": paging} if paging else {}))
