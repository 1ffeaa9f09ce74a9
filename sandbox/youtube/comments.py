"""Comments: as many as the market counted, in words drawn from a list, and replies of our own."""

from __future__ import annotations

import hashlib
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response

from sandbox.guarded import GuardedWorld
from sandbox.twin import Store, TheStore, TheWorld, answer
from sandbox.youtube.access import (
    LIST_UNITS,
    WRITE_UNITS,
    Body,
    authorise,
    read_ids,
    read_page,
    read_parts,
    refuse,
    spend,
    write_list,
)
from sandbox.youtube.videos import CHANNEL, Studio, draw, write_instant

router = APIRouter(dependencies=[Depends(authorise)])
WORDS = [
    "Love this!", "Where can I buy it?", "Ordered one yesterday, very happy.", "Does it come in green?",
    "Great video, thank you.", "Shipping took two weeks...", "Is it waterproof?", "Best one so far.",
    "Price went up again?", "Took mine up the mountain, works fine.",
]  # fmt: skip
AUTHORS = ["Mia", "Ben", "Lena", "Noah", "Emma", "Paul", "Zoe", "David"]
MODERATION = {"published", "heldForReview", "rejected"}
ONE_IN_HELD = 40  # comments YouTube holds back by itself
Comment = dict[str, Any]


def list_comments(world: GuardedWorld, store: Store) -> dict[str, Comment]:
    """All comments by id, newest first, with moderation, deletions and replies applied."""
    key = ("youtube comments", len(store.table("videos")))
    found = dict(world.cached(key, lambda: build_comments(world, store)))
    changes = store.table("comments")
    for comment_id, change in changes.items():
        if comment_id in found:
            found[comment_id] = found[comment_id] | change
        elif "text" in change:
            found[comment_id] = change
    gone = {key for key, comment in found.items() if comment.get("is_deleted")}
    return {
        key: comment
        for key, comment in found.items()
        if key not in gone and comment.get("parent") not in gone
    }


def build_comments(world: GuardedWorld, store: Store) -> dict[str, Comment]:
    """The comments the market counted."""
    studio = Studio(world, store)
    zone = ZoneInfo(world.timezone)
    daily = world.post_daily(CHANNEL, world.first_day, world.today)
    comments: dict[str, Comment] = {}
    for post_id, day, count in daily.select("post_id", "day", "comments").iter_rows():
        for i in range(count):
            seed = f"{post_id}/{day}/{i}"
            at = datetime.combine(day, time(), zone) + timedelta(seconds=draw(seed, 6 * 3600, 23 * 3600))
            comments[f"Ug{hashlib.sha256(seed.encode()).hexdigest()[:22]}"] = {
                "video": studio.names.get(post_id, post_id),
                "text": WORDS[draw(seed + "w", 0, len(WORDS) - 1)],
                "author": AUTHORS[draw(seed + "a", 0, len(AUTHORS) - 1)],
                "at": write_instant(at),
                "likes": draw(seed + "l", 0, 6),
                "moderation": "heldForReview" if draw(seed + "m", 1, ONE_IN_HELD) == 1 else "published",
            }
    return dict(sorted(comments.items(), key=lambda item: item[1]["at"], reverse=True))


def describe_comment(studio: Studio, comment_id: str, comment: Comment) -> dict[str, Any]:
    """A comment resource."""
    author = comment["author"]
    snippet: dict[str, Any] = {
        "channelId": studio.channel_id,
        "videoId": comment["video"],
        "textDisplay": comment["text"],
        "textOriginal": comment["text"],
        "authorDisplayName": f"@{author}",
        "authorChannelId": {"value": f"UC{hashlib.sha256(author.encode()).hexdigest()[:22]}"},
        "canRate": True,
        "viewerRating": "none",
        "likeCount": comment["likes"],
        "publishedAt": comment["at"],
        "updatedAt": comment["at"],
    }
    if comment["moderation"] != "published":
        snippet["moderationStatus"] = comment["moderation"]
    if "parent" in comment:
        snippet["parentId"] = comment["parent"]
    return {"kind": "youtube#comment", "id": comment_id, "snippet": snippet}


@router.get("/youtube/v3/commentThreads")
def list_threads(request: Request, world: TheWorld, store: TheStore) -> Response:
    """Top comments of a video or of the whole channel, newest first."""
    spend(world, store, LIST_UNITS)
    parts = read_parts(request, {"id", "snippet", "replies"})
    asked = request.query_params
    studio = Studio(world, store)
    video = asked.get("videoId")
    if video is None and asked.get("allThreadsRelatedToChannelId") != studio.channel_id and "id" not in asked:
        message = "No filter selected. Expected one of: allThreadsRelatedToChannelId, id, videoId"
        raise refuse(400, "missingRequiredParameter", message, "youtube.parameter")
    if video is not None and not any(post["id"] == video for post in studio.list_posts()):
        message = "The video identified by the videoId parameter could not be found."
        raise refuse(404, "videoNotFound", message, "youtube.commentThread")
    comments = list_comments(world, store)
    replies: dict[str, list[str]] = {}
    for key, comment in comments.items():
        if "parent" in comment:
            replies.setdefault(comment["parent"], []).append(key)
    status, words, ids = (
        asked.get("moderationStatus", "published"),
        asked.get("searchTerms", ""),
        read_ids(request),
    )
    found = [
        key
        for key, comment in comments.items()
        if "parent" not in comment
        and video in (None, comment["video"])
        and comment["moderation"] == status
        and words.lower() in comment["text"].lower()
        and (not ids or key in ids)
    ]
    page, told = read_page(request, found, 20, 100)
    threads = [describe_thread(studio, key, comments, replies.get(key, []), parts) for key in page]
    return write_list("commentThreadListResponse", threads, told)


def describe_thread(
    studio: Studio, comment_id: str, comments: dict[str, Comment], replies: list[str], parts: set[str]
) -> dict[str, Any]:
    """A commentThread resource."""
    thread: dict[str, Any] = {"kind": "youtube#commentThread", "id": comment_id}
    if "snippet" in parts:
        thread["snippet"] = {
            "channelId": studio.channel_id,
            "videoId": comments[comment_id]["video"],
            "topLevelComment": describe_comment(studio, comment_id, comments[comment_id]),
            "canReply": True,
            "totalReplyCount": len(replies),
            "isPublic": True,
        }
    if "replies" in parts and replies:
        thread["replies"] = {"comments": [describe_comment(studio, key, comments[key]) for key in replies]}
    return thread


@router.get("/youtube/v3/comments")
def list_replies(request: Request, world: TheWorld, store: TheStore) -> Response:
    """Replies of a comment, or comments by id."""
    spend(world, store, LIST_UNITS)
    read_parts(request, {"id", "snippet"})
    parent, ids = request.query_params.get("parentId"), read_ids(request)
    if parent is None and not ids:
        message = "No filter selected. Expected one of: id, parentId"
        raise refuse(400, "missingRequiredParameter", message, "youtube.parameter")
    comments = list_comments(world, store)
    found = [
        key
        for key, comment in comments.items()
        if (comment.get("parent") == parent if parent else key in ids)
    ]
    page, told = read_page(request, found, 20, 100)
    studio = Studio(world, store)
    items = [describe_comment(studio, key, comments[key]) for key in page]
    return write_list("commentListResponse", items, told)


def find_comment(world: GuardedWorld, store: Store, comment_id: str) -> Comment:
    """A comment that exists."""
    comment = list_comments(world, store).get(comment_id)
    if comment is None:
        message = "The specified comment could not be found."
        raise refuse(404, "commentNotFound", message, "youtube.comment")
    return comment


def keep(world: GuardedWorld, store: Store, comment_id: str, change: Comment) -> None:
    """Remember a change of a comment."""
    with world.hold():
        changes = store.table("comments")
        changes[comment_id] = changes.get(comment_id, {}) | change
        store.save()


@router.post("/youtube/v3/comments")
def reply(request: Request, world: TheWorld, store: TheStore, body: Body) -> Response:
    """Answer a comment."""
    spend(world, store, WRITE_UNITS)
    read_parts(request, {"id", "snippet"})
    snippet = body.get("snippet", {})
    parent = find_comment(world, store, str(snippet.get("parentId", "")))
    if not snippet.get("textOriginal"):
        raise refuse(400, "commentTextRequired", "The comment resource is missing text.", "youtube.comment")
    comment = {
        "video": parent["video"],
        "text": snippet["textOriginal"],
        "author": Studio(world, store).account["name"],
        "at": write_instant(world.now),
        "likes": 0,
        "moderation": "published",
        "parent": snippet["parentId"],
    }
    comment_id = f"{snippet['parentId']}.{store.next_id('reply', 1_000_001)}"
    keep(world, store, comment_id, comment)
    return answer(describe_comment(Studio(world, store), comment_id, comment))


@router.post("/youtube/v3/comments/setModerationStatus")
def moderate(request: Request, world: TheWorld, store: TheStore) -> Response:
    """Publish, hold back or reject comments."""
    spend(world, store, WRITE_UNITS)
    status = request.query_params.get("moderationStatus", "")
    if status not in MODERATION:
        message = f"Invalid value '{status}' for moderationStatus."
        raise refuse(400, "invalidParameter", message, "youtube.parameter")
    ids = read_ids(request)
    for comment_id in ids:
        find_comment(world, store, comment_id)
    for comment_id in ids:
        keep(world, store, comment_id, {"moderation": status})
    return Response(status_code=204)


@router.delete("/youtube/v3/comments")
def delete(world: TheWorld, store: TheStore, id: str) -> Response:  # noqa: A002  # the vendor's name
    """Remove a comment."""
    spend(world, store, WRITE_UNITS)
    find_comment(world, store, id)
    keep(world, store, id, {"is_deleted": True})
    return Response(status_code=204)
