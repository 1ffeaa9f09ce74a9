"""Comments: listed, answered, hidden, liked, deleted."""

from __future__ import annotations

from fastapi import APIRouter, Response

from sandbox.facebook.pages import CHANNEL, charge_page, describe_comment
from sandbox.guarded import GuardedWorld
from sandbox.meta.ask import Ask, TheAsk
from sandbox.meta.errors import bad_param, fail, missing_node
from sandbox.meta.fields import parse_fields, select
from sandbox.meta.known import KNOWN_FIELDS
from sandbox.meta.paging import page_of
from sandbox.meta.posts import Row, add_reply, change_comment, find_comment, read_comments, read_posts
from sandbox.twin import Store, TheStore, TheWorld

router = APIRouter()


def need_page_token(ask: Ask) -> None:
    """Writing is done as the page: error 200 with a user's token."""
    if ask.page_of_token is None:
        raise fail(
            200,
            "(#200) If posting to a page, requires both pages_read_engagement and pages_manage_posts as an "
            "admin with sufficient administrative permission, and a page access token",
            status=403,
        )


@router.get("/{version}/{node}/comments")
def list_comments(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Comments of a post, or answers to a comment."""
    charge_page(ask, world, store)
    post, parent = find_parent(world, store, node)
    rows = [row for row in read_comments(store, post) if parent is None or row["parent"] == parent]
    if ask.text("order") == "chronological":
        rows.reverse()
    page, paging = page_of(ask, rows, largest=100)
    wanted = parse_fields(ask.text("fields", "created_time,from,message,id"))
    shown = [select(describe_comment(row), wanted, "Comment", KNOWN_FIELDS["Comment"]) for row in page]
    body: Row = {"data": shown}
    if paging:
        body["paging"] = paging
    if ask.text("summary"):
        body["summary"] = {"order": "ranked", "total_count": len(rows), "can_comment": True}
    return ask.reply(body)


def find_parent(world: GuardedWorld, store: Store, node: str) -> tuple[Row, str | None]:
    """The post an id belongs to, and the comment when it is one."""
    post = read_posts(world, CHANNEL).get(node)
    if post is not None:
        return post, None
    found = find_comment(world, store, CHANNEL, node)
    if found is None:
        raise missing_node(node)
    return found[1], node


@router.post("/{version}/{node}/comments")
def write_comment(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Comment a post or answer a comment."""
    need_page_token(ask)
    charge_page(ask, world, store)
    if not ask.text("message"):
        raise bad_param("message", "The parameter message is required")
    post, parent = find_parent(world, store, node)
    return ask.reply({"id": add_reply(world, store, post, parent, ask.text("message"))})


@router.post("/{version}/{node}/likes")
def like(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Like a comment."""
    need_page_token(ask)
    charge_page(ask, world, store)
    find_parent(world, store, node)
    change_comment(world, store, node, is_liked=True)
    return ask.reply({"success": True})
