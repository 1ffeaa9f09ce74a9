"""Comments of media: listed and answered."""

from __future__ import annotations

from fastapi import APIRouter, Response

from sandbox.guarded import GuardedWorld
from sandbox.instagram.media import CHANNEL, charge_account, describe_chosen
from sandbox.meta.ask import Ask, TheAsk
from sandbox.meta.errors import bad_param, missing_node
from sandbox.meta.fields import parse_fields
from sandbox.meta.paging import page_of
from sandbox.meta.posts import Row, add_reply, find_comment, read_comments, read_posts
from sandbox.twin import Store, TheStore, TheWorld

LONGEST = 300
router = APIRouter()


@router.get("/{version}/{node}/comments")
def list_comments(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Comments of a post, newest first; answers are inside `replies`."""
    post = read_posts(world, CHANNEL).get(node)
    if post is None:
        raise missing_node(node)
    rows = [row for row in read_comments(store, post) if not row.get("parent")]
    return reply(ask, world, store, post, rows)


@router.get("/{version}/{node}/replies")
def list_replies(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Answers to a comment."""
    found = find_comment(world, store, CHANNEL, node)
    if found is None:
        raise missing_node(node)
    rows = [row for row in read_comments(store, found[1]) if row.get("parent") == node]
    return reply(ask, world, store, found[1], rows)


def reply(ask: Ask, world: GuardedWorld, store: Store, post: Row, rows: list[Row]) -> Response:
    """A page of comments."""
    charge_account(ask, world, store)
    page, paging = page_of(ask, rows, largest=50)
    wanted = parse_fields(ask.text("fields", "id,text,timestamp"))
    shown = [describe_chosen(store, post, row, wanted) for row in page]
    return ask.reply({"data": shown} | ({"paging": paging} if paging else {}))


@router.post("/{version}/{node}/comments")
def write_comment(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Comment a post."""
    charge_account(ask, world, store)
    post = read_posts(world, CHANNEL).get(node)
    if post is None:
        raise missing_node(node, "Post")
    return ask.reply({"id": add_reply(world, store, post, None, need_message(ask))})


@router.post("/{version}/{node}/replies")
def write_reply(ask: TheAsk, world: TheWorld, store: TheStore, node: str) -> Response:
    """Answer a comment."""
    charge_account(ask, world, store)
    found = find_comment(world, store, CHANNEL, node)
    if found is None:
        raise missing_node(node, "Post")
    return ask.reply({"id": add_reply(world, store, found[1], node, need_message(ask))})


def need_message(ask: Ask) -> str:
    """The text of a comment."""
    message = ask.text("message")
    if not message or len(message) > LONGEST:
        raise bad_param("message", f"The parameter message is required, with at most {LONGEST} characters")
    return message
