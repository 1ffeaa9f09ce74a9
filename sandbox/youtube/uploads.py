"""Uploads of videos and thumbnails: resumable sessions, and small ones in a single request."""

from __future__ import annotations

import email
import hashlib
import re
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from sandbox.guarded import GuardedWorld
from sandbox.twin import Store, TheStore, TheWorld, answer
from sandbox.youtube.access import WRITE_UNITS, authorise, read_parts, refuse, spend
from sandbox.youtube.videos import PARTS, Studio, write_instant
from sandbox.youtube.writing import check_snippet, check_status, find_post, publish, read_entry

router = APIRouter()
CHUNK = 256 * 1024
MOST_BYTES = 274_877_906_944
MOST_THUMBNAIL = 50 * 1024 * 1024
RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@router.post("/upload/youtube/v3/videos", dependencies=[Depends(authorise)])
@router.post("/resumable/upload/youtube/v3/videos", dependencies=[Depends(authorise)])
async def start_upload(
    request: Request,
    world: TheWorld,
    store: TheStore,
    kind: Annotated[str, Query(alias="uploadType")] = "media",
) -> Response:
    """Open a session, or take a whole small video at once."""
    parts = read_parts(request, PARTS)
    spend(world, store, 1, "insert")
    metadata, media = read_upload(request, await request.body(), kind)
    check_snippet({"title": "unknown"} | metadata.get("snippet", {}), needs_category=False)
    check_status(world, metadata.get("status", {}), is_public=False)
    if kind != "resumable":
        if not media:
            raise refuse(400, "mediaBodyRequired", "The request does not include the video content.")
        return answer(finish(world, store, metadata, parts))
    size = request.headers.get("x-upload-content-length", "")
    if size.isdigit() and int(size) > MOST_BYTES:
        raise refuse(400, "invalidVideoMetadata", "The video is too large.")
    with world.hold():
        session = hashlib.sha256(store.next_id("session", 1).encode()).hexdigest()[:32]
        store.table("sessions")[session] = {
            "metadata": metadata, "parts": sorted(parts), "received": 0, "video": None,
            "total": int(size) if size.isdigit() else None,
        }  # fmt: skip
    location = request.url.include_query_params(upload_id=session)
    return Response(headers={"Location": str(location), "X-GUploader-UploadID": session})


def read_upload(request: Request, body: bytes, kind: str) -> tuple[dict[str, Any], bytes]:
    """Metadata and media of an opening request."""
    try:
        if kind == "multipart":
            head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
            first, second = [
                part.get_payload(decode=True) for part in email.message_from_bytes(head + body).walk()
            ][1:]
            return orjson.loads(bytes(first)), bytes(second)
        return (orjson.loads(body or b"{}"), b"") if kind == "resumable" else ({}, body)
    except (ValueError, AttributeError):
        raise refuse(400, "parseError", "Parse Error", "global") from None


@router.put("/upload/youtube/v3/videos")
@router.put("/resumable/upload/youtube/v3/videos")
async def take_chunk(request: Request, world: TheWorld, store: TheStore, upload_id: str = "") -> Response:
    """Take bytes of a session: 308 while some are missing, the video when all are there."""
    session = store.table("sessions").get(upload_id)
    if session is None:
        raise refuse(404, "notFound", "Not Found", "global")
    body = await request.body()
    if session["video"]:
        return answer(session["video"])
    found = RANGE.fullmatch(request.headers.get("content-range", f"bytes 0-{len(body) - 1}/{len(body)}"))
    if found is None:
        raise refuse(400, "badRequest", "Failed to parse Content-Range header.", "global")
    start, end, total = found.groups()
    if total != "*":
        session["total"] = int(total)
    if start is not None:
        is_last = int(end) + 1 == session["total"]
        is_torn = int(start) != session["received"] or int(end) - int(start) + 1 != len(body)
        if is_torn or (len(body) % CHUNK and not is_last):
            raise refuse(
                400,
                "badRequest",
                "The bytes do not fit the Content-Range header or the chunk size.",
                "global",
            )
        session["received"] += len(body)
    if session["received"] == session["total"] and session["total"]:
        session["video"] = finish(world, store, session["metadata"], set(session["parts"]))
        return answer(session["video"])
    received = session["received"]
    return Response(status_code=308, headers={"Range": f"bytes=0-{received - 1}"} if received else {})


def finish(world: GuardedWorld, store: Store, metadata: dict[str, Any], parts: set[str]) -> dict[str, Any]:
    """Make the video of a complete upload; without a privacy it is public."""
    with world.hold():
        digest = hashlib.sha256(b"video" + store.next_id("video", 1).encode()).digest()
        video_id = "".join(ALPHABET[byte % 64] for byte in digest[:11])
        entry = {
            "snippet": {"title": "unknown", "description": ""} | metadata.get("snippet", {}),
            "status": {"privacyStatus": "public"} | metadata.get("status", {}),
            "uploaded_at": write_instant(world.now),
            "post_id": None,
        }
        publish(world, entry)
        store.table("videos")[video_id] = entry
        store.save()
    studio = Studio(world, store)
    video = studio.describe(find_post(studio, video_id), parts)
    # The first answer comes before YouTube has processed the video.
    if "status" in video:
        video["status"]["uploadStatus"] = "uploaded"
    return video


@router.post("/upload/youtube/v3/thumbnails/set", dependencies=[Depends(authorise)])
@router.post("/resumable/upload/youtube/v3/thumbnails/set", dependencies=[Depends(authorise)])
async def set_thumbnail(
    request: Request, world: TheWorld, store: TheStore, video_id: Annotated[str, Query(alias="videoId")]
) -> Response:
    """Give a video a picture of its own."""
    spend(world, store, WRITE_UNITS)
    studio = Studio(world, store)
    post = find_post(studio, video_id)
    body = await request.body()
    if not body:
        raise refuse(400, "mediaBodyRequired", "The request does not include the image content.")
    if len(body) > MOST_THUMBNAIL:
        raise refuse(400, "invalidImage", "The provided image content is invalid.")
    with world.hold():
        read_entry(store, post)["has_thumbnail"] = True
        store.save()
    items = [studio.write_thumbnails(video_id)]
    return answer({"kind": "youtube#thumbnailSetResponse", "etag": video_id, "items": items})
