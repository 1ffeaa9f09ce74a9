"""Playlists: the uploads of the channel, and playlists made through the API."""

from __future__ import annotations

from typing import Any

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
from sandbox.youtube.videos import Studio, write_instant

router = APIRouter(dependencies=[Depends(authorise)])
ITEM_PARTS = {"id", "snippet", "contentDetails", "status"}
LIST_PARTS = {"id", "snippet", "status", "contentDetails"}


def find_playlist(store: Store, playlist_id: str) -> dict[str, Any]:
    """A playlist made through the API: title, description, privacy, items (item id -> video id)."""
    found: dict[str, Any] | None = store.table("playlists").get(playlist_id)
    if found is None:
        raise refuse(
            404,
            "playlistNotFound",
            "The playlist identified with the request's playlistId parameter cannot be found.",
        )
    return found


@router.get("/youtube/v3/playlistItems")
def list_items(request: Request, world: TheWorld, store: TheStore) -> Response:
    """Videos of a playlist; uploads come newest first."""
    spend(world, store, LIST_UNITS)
    parts = read_parts(request, ITEM_PARTS)
    playlist_id = request.query_params.get("playlistId", "")
    if not playlist_id:
        message = "No filter selected. Expected one of: id, playlistId"
        raise refuse(400, "missingRequiredParameter", message, "youtube.parameter")
    studio = Studio(world, store)
    posts = {post["id"]: post for post in studio.list_posts()}
    if playlist_id == studio.uploads_id:
        pairs = [(f"UP{video_id}", video_id) for video_id in posts]
    else:
        pairs = list(find_playlist(store, playlist_id)["items"].items())
    wanted = request.query_params.get("videoId")
    rows = [
        (i, key, video) for i, (key, video) in enumerate(pairs) if video in posts and wanted in (None, video)
    ]
    page, told = read_page(request, rows)
    items = [describe_item(studio, posts[video], (key, playlist_id, at), parts) for at, key, video in page]
    return write_list("playlistItemListResponse", items, told)


def describe_item(
    studio: Studio, post: dict[str, Any], place: tuple[str, str, int], parts: set[str]
) -> dict[str, Any]:
    """A playlistItem resource; place = item id, playlist id, position."""
    item_id, playlist_id, position = place
    video = studio.write_snippet(post)
    copied = ("publishedAt", "channelId", "title", "description", "thumbnails", "channelTitle")
    full: dict[str, Any] = {
        "snippet": {name: video[name] for name in copied}
        | {
            "playlistId": playlist_id,
            "position": position,
            "resourceId": {"kind": "youtube#video", "videoId": post["id"]},
            "videoOwnerChannelTitle": video["channelTitle"],
            "videoOwnerChannelId": video["channelId"],
        },
        "contentDetails": {"videoId": post["id"], "videoPublishedAt": video["publishedAt"]},
        "status": {"privacyStatus": studio.write_status(post)["privacyStatus"]},
    }
    return {"kind": "youtube#playlistItem", "id": item_id} | {
        part: full[part] for part in full if part in parts
    }


@router.post("/youtube/v3/playlistItems")
def add_item(request: Request, world: TheWorld, store: TheStore, body: Body) -> Response:
    """Put a video into a playlist; the same video may be in it twice."""
    spend(world, store, WRITE_UNITS)
    parts = read_parts(request, ITEM_PARTS)
    snippet = body.get("snippet", {})
    playlist = find_playlist(store, snippet.get("playlistId", ""))
    studio = Studio(world, store)
    video_id = snippet.get("resourceId", {}).get("videoId")
    post = next((post for post in studio.list_posts() if post["id"] == video_id), None)
    if post is None:
        raise refuse(404, "videoNotFound", "Video not found.")
    with world.hold():
        item_id = f"PLI{store.next_id('item', 1_000_000_001)}"
        pairs = list(playlist["items"].items())
        position = int(snippet.get("position", len(pairs)))
        pairs.insert(position, (item_id, video_id))
        playlist["items"] = dict(pairs)
        store.save()
    return answer(describe_item(studio, post, (item_id, snippet["playlistId"], position), parts))


@router.delete("/youtube/v3/playlistItems")
def remove_item(world: TheWorld, store: TheStore, id: str) -> Response:  # noqa: A002  # the vendor's name
    """Take a video out of a playlist."""
    spend(world, store, WRITE_UNITS)
    with world.hold():
        for playlist in store.table("playlists").values():
            if playlist["items"].pop(id, None) is not None:
                store.save()
                return Response(status_code=204)
    raise refuse(404, "playlistItemNotFound", "Playlist item not found.")


@router.get("/youtube/v3/playlists")
def list_playlists(request: Request, world: TheWorld, store: TheStore) -> Response:
    """The playlists made through the API."""
    spend(world, store, LIST_UNITS)
    parts = read_parts(request, LIST_PARTS)
    wanted = read_ids(request)
    studio = Studio(world, store)
    rows = [(key, entry) for key, entry in store.table("playlists").items() if not wanted or key in wanted]
    page, told = read_page(request, rows)
    items = [describe_playlist(studio, key, entry, parts) for key, entry in page]
    return write_list("playlistListResponse", items, told)


def describe_playlist(
    studio: Studio, playlist_id: str, entry: dict[str, Any], parts: set[str]
) -> dict[str, Any]:
    """A playlist resource."""
    full: dict[str, Any] = {
        "snippet": {
            "publishedAt": entry["published_at"],
            "channelId": studio.channel_id,
            "title": entry["title"],
            "description": entry["description"],
            "channelTitle": studio.account["name"],
        },
        "status": {"privacyStatus": entry["privacy"]},
        "contentDetails": {"itemCount": len(entry["items"])},
    }
    return {"kind": "youtube#playlist", "id": playlist_id} | {
        part: full[part] for part in full if part in parts
    }


@router.post("/youtube/v3/playlists")
def create_playlist(request: Request, world: TheWorld, store: TheStore, body: Body) -> Response:
    """Make a playlist."""
    spend(world, store, WRITE_UNITS)
    parts = read_parts(request, LIST_PARTS)
    entry = read_playlist(world, body)
    with world.hold():
        playlist_id = f"PLsandbox{store.next_id('playlist', 1_000_000_001)}"
        store.table("playlists")[playlist_id] = entry
        store.save()
    return answer(describe_playlist(Studio(world, store), playlist_id, entry, parts))


def read_playlist(world: GuardedWorld, body: dict[str, Any]) -> dict[str, Any]:
    """The entry of a new playlist."""
    snippet = body.get("snippet", {})
    if not snippet.get("title"):
        raise refuse(400, "playlistTitleRequired", "The request must specify a playlist title.")
    return {
        "title": snippet["title"],
        "description": snippet.get("description", ""),
        "privacy": body.get("status", {}).get("privacyStatus", "public"),
        "published_at": write_instant(world.now),
        "items": {},
    }


@router.delete("/youtube/v3/playlists")
def delete_playlist(world: TheWorld, store: TheStore, id: str) -> Response:  # noqa: A002  # the vendor's name
    """Remove a playlist."""
    spend(world, store, WRITE_UNITS)
    find_playlist(store, id)
    with world.hold():
        del store.table("playlists")[id]
        store.save()
    return Response(status_code=204)
