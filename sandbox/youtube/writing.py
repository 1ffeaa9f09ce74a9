"""Changes of videos: metadata, schedule, privacy, deletion."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from sandbox.guarded import GuardedWorld
from sandbox.twin import Store, TheStore, TheWorld, answer
from sandbox.youtube.access import WRITE_UNITS, Body, authorise, read_parts, refuse, spend
from sandbox.youtube.videos import CHANNEL, PARTS, Studio

router = APIRouter(dependencies=[Depends(authorise)])
MOST_TITLE, MOST_DESCRIPTION, MOST_TAGS = 100, 5000, 500
PRIVACY = {"public", "unlisted", "private"}


def check_snippet(snippet: dict[str, Any], *, needs_category: bool) -> None:
    """Refuse a title, description or tags YouTube would not take."""
    title = snippet.get("title", "")
    if not title or len(title) > MOST_TITLE or "<" in title or ">" in title:
        raise refuse(400, "invalidTitle", "The request metadata specifies an invalid or empty video title.")
    if needs_category and not snippet.get("categoryId"):
        raise refuse(
            400, "invalidCategoryId", "The snippet.categoryId property specifies an invalid category ID."
        )
    if len(snippet.get("description", "").encode()) > MOST_DESCRIPTION:
        raise refuse(
            400, "invalidDescription", "The request metadata specifies an invalid video description."
        )
    if sum(len(tag) for tag in snippet.get("tags", [])) > MOST_TAGS:
        raise refuse(400, "invalidTags", "The request metadata specifies invalid video keywords.")


def check_status(world: GuardedWorld, status: dict[str, Any], *, is_public: bool) -> None:
    """Refuse a schedule on anything but a private video that never was public."""
    if status.get("privacyStatus", "public") not in PRIVACY:
        raise refuse(400, "invalidVideoMetadata", "The request metadata is invalid.")
    if "publishAt" not in status:
        return
    try:
        at = datetime.fromisoformat(status["publishAt"])
        is_wrong = at.tzinfo is None or at <= world.now
    except ValueError:
        is_wrong = True
    if is_wrong or is_public or status.get("privacyStatus") != "private":
        raise refuse(
            400, "invalidPublishAt", "The request metadata specifies an invalid scheduled publishing time."
        )


def publish(world: GuardedWorld, entry: dict[str, Any]) -> None:
    """Bring a stored video into the market when it is public or scheduled and was not before."""
    status = entry["status"]
    if entry.get("post_id") or (status["privacyStatus"] != "public" and "publishAt" not in status):
        return
    entry["post_id"] = world.act(
        "publish_post",
        channel=CHANNEL,
        title=entry["snippet"]["title"],
        text=entry["snippet"].get("description", ""),
        **({"published_at": status["publishAt"]} if "publishAt" in status else {}),
    )


def find_post(studio: Studio, video_id: str) -> dict[str, Any]:
    """A video of the channel."""
    post = next((post for post in studio.list_posts() if post["id"] == video_id), None)
    if post is None:
        raise refuse(404, "videoNotFound", "The video that you are trying to update cannot be found.")
    return post


@router.put("/youtube/v3/videos")
def update_video(request: Request, world: TheWorld, store: TheStore, body: Body) -> Response:
    """Replace whole parts of a video: a field that is not sent is wiped."""
    spend(world, store, WRITE_UNITS)
    parts = read_parts(request, PARTS)
    studio = Studio(world, store)
    post = find_post(studio, str(body.get("id", "")))
    was = studio.write_status(post)["privacyStatus"]
    if "snippet" in parts:
        check_snippet(body.get("snippet", {}), needs_category=True)
    if "status" in parts:
        check_status(world, body.get("status", {}), is_public=was == "public")
    with world.hold():
        entry = read_entry(store, post)
        if "snippet" in parts:
            entry["snippet"] = {"description": ""} | body["snippet"]
        if "status" in parts:
            entry["status"] = {"privacyStatus": "public"} | body.get("status", {})
        publish(world, entry)
        post_id = entry.get("post_id")
        if "snippet" in parts and post_id and post["published_at"] is not None:
            world.act("update_post", channel=CHANNEL, post_id=post_id, title=entry["snippet"]["title"],
                      text=entry["snippet"]["description"])  # fmt: skip
        store.save()
    studio = Studio(world, store)
    return answer(studio.describe(find_post(studio, post["id"]), parts))


def read_entry(store: Store, post: dict[str, Any]) -> dict[str, Any]:
    """What the store keeps of a video; begun for one the market published."""
    entry: dict[str, Any] = store.table("videos").setdefault(post["id"], {"post_id": post["id"]})
    entry.setdefault("status", {"privacyStatus": "public"})
    return entry


@router.delete("/youtube/v3/videos")
def delete_video(world: TheWorld, store: TheStore, id: str) -> Response:  # noqa: A002  # the vendor's name
    """Remove a video for ever."""
    spend(world, store, WRITE_UNITS)
    post = find_post(Studio(world, store), id)
    with world.hold():
        entry = read_entry(store, post)
        if entry.get("post_id"):
            world.act("delete_post", channel=CHANNEL, post_id=entry["post_id"])
        entry["is_deleted"] = True
        store.save()
    return Response(status_code=204)
