"""The paths of YouTube that read the channel, its videos and its playlists; the other paths join here."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from sandbox.google.tokens import token_routes
from sandbox.twin import TheStore, TheWorld, Twin
from sandbox.youtube import analytics, comments, playlists, uploads, writing
from sandbox.youtube.access import (
    LIST_UNITS,
    authorise,
    play_fault,
    read_ids,
    read_page,
    read_parts,
    refuse,
    spend,
    write_list,
)
from sandbox.youtube.videos import CHANNEL, PARTS, Studio

SCOPE = (
    "https://www.googleapis.com/auth/youtube.force-ssl https://www.googleapis.com/auth/youtube.upload"
    " https://www.googleapis.com/auth/yt-analytics.readonly"
)
CHANNEL_PARTS = {"id", "snippet", "contentDetails", "statistics", "status", "brandingSettings"}
MOST_IDS = 50
router = APIRouter()
router.include_router(token_routes(SCOPE))
reading = APIRouter(dependencies=[Depends(authorise)])


@reading.get("/youtube/v3/channels")
def list_channels(request: Request, world: TheWorld, store: TheStore) -> Response:
    """The channel of the token, or the channels of the ids given."""
    spend(world, store, LIST_UNITS)
    parts = read_parts(request, CHANNEL_PARTS)
    studio = Studio(world, store)
    wanted = read_ids(request)
    is_mine = request.query_params.get("mine") == "true"
    if not (wanted or is_mine):
        message = "No filter selected. Expected one of: forHandle, forUsername, id, managedByMe, mine"
        raise refuse(400, "missingRequiredParameter", message, "youtube.parameter")
    has_channel = not world.accounts(CHANNEL).is_empty()
    found = [studio] if has_channel and (is_mine or studio.channel_id in wanted) else []
    items, told = read_page(request, [describe_channel(entry, parts) for entry in found])
    return write_list("channelListResponse", items, told)


def describe_channel(studio: Studio, parts: set[str]) -> dict[str, Any]:
    """The channel resource with the parts asked for; the public count of subscribers has three digits."""
    days = studio.world.account_daily(CHANNEL, studio.world.first_day, studio.world.today)
    followers = int(days["followers"][-1]) if days.height else 0
    views = sum(sums["views"] for sums in studio.totals().values())
    full: dict[str, Any] = {
        "snippet": {
            "title": studio.account["name"],
            "description": "",
            "publishedAt": "2019-03-01T09:00:00Z",
            "thumbnails": {
                "default": {"url": f"https://yt3.ggpht.com/{studio.channel_id}", "width": 88, "height": 88}
            },
            "localized": {"title": studio.account["name"], "description": ""},
        },
        "contentDetails": {"relatedPlaylists": {"likes": "LL", "uploads": studio.uploads_id}},
        "statistics": {
            "viewCount": str(views),
            "subscriberCount": str(int(float(f"{followers:.2e}"))),
            "hiddenSubscriberCount": False,
            "videoCount": str(len(studio.list_posts())),
        },
        "status": {"privacyStatus": "public", "isLinked": True, "longUploadsStatus": "allowed"},
        "brandingSettings": {"channel": {"title": studio.account["name"]}},
    }
    head = {"kind": "youtube#channel", "etag": studio.channel_id[-8:], "id": studio.channel_id}
    return head | {part: full[part] for part in full if part in parts}


@reading.get("/youtube/v3/videos")
def list_videos(request: Request, world: TheWorld, store: TheStore) -> Response:
    """Videos by id, at most 50; unknown ids are left out."""
    spend(world, store, LIST_UNITS)
    parts = read_parts(request, PARTS)
    studio = Studio(world, store)
    posts = {post["id"]: post for post in studio.list_posts()}
    if request.query_params.get("chart") == "mostPopular":
        totals = studio.totals()
        public = [post for post in posts.values() if studio.write_status(post)["privacyStatus"] == "public"]
        ranked = sorted(public, key=lambda post: -totals.get(post["id"], {}).get("views", 0))
        page, told = read_page(request, ranked)
        return write_list("videoListResponse", [studio.describe(post, parts) for post in page], told)
    wanted = read_ids(request)
    if not wanted:
        message = "No filter selected. Expected one of: chart, id, myRating"
        raise refuse(400, "missingRequiredParameter", message, "youtube.parameter")
    if len(wanted) > MOST_IDS:
        raise refuse(
            400, "invalidFilters", "The request specifies an invalid filter parameter.", "youtube.parameter"
        )
    found = [studio.describe(posts[key], parts) for key in dict.fromkeys(wanted) if key in posts]
    told = {"pageInfo": {"totalResults": len(found), "resultsPerPage": len(found)}}
    return write_list("videoListResponse", found, told)


@reading.get("/youtube/v3/videos:batchGetStats")
def batch_get_stats(request: Request, world: TheWorld, store: TheStore) -> Response:
    """Counters of at most 50 videos, from a quota of their own."""
    spend(world, store, 1, "stats")
    parts = read_parts(request, {"id", "snippet", "contentDetails", "statistics"})
    wanted = read_ids(request)
    if not wanted or len(wanted) > MOST_IDS:
        raise refuse(400, "invalidFilters", "The number of IDs specified must be between 1 and 50.")
    studio = Studio(world, store)
    posts = {post["id"]: post for post in studio.list_posts()}
    items = [describe_stats(studio, posts[key], parts) for key in dict.fromkeys(wanted) if key in posts]
    return write_list("batchGetStatsResponse", items)


def describe_stats(studio: Studio, post: dict[str, Any], parts: set[str]) -> dict[str, Any]:
    """A videoStat resource."""
    counters = studio.write_statistics(post)
    full = {
        "snippet": {"publishTime": studio.uploaded_at(post)},
        "contentDetails": {"duration": f"{studio.duration(post)}s"},
        "statistics": {name: counters[name] for name in ("viewCount", "likeCount", "commentCount")},
    }
    return {"kind": "youtube#videoStat", "id": post["id"]} | {
        part: full[part] for part in full if part in parts
    }


@reading.get("/youtube/v3/search")
def search(request: Request, world: TheWorld, store: TheStore) -> Response:
    """Videos of the channel whose title holds the words; 100 calls a day."""
    spend(world, store, 1, "search")
    read_parts(request, {"id", "snippet"})
    studio = Studio(world, store)
    words = request.query_params.get("q", "").lower()
    posts = [
        post
        for post in studio.list_posts()
        if words in studio.write_snippet(post)["title"].lower()
        and studio.write_status(post)["privacyStatus"] == "public"
    ]
    page, told = read_page(request, posts)
    kept = (
        "publishedAt",
        "channelId",
        "title",
        "description",
        "thumbnails",
        "channelTitle",
        "liveBroadcastContent",
    )
    items = []
    for post in page:
        snippet = studio.write_snippet(post)
        items.append(
            {
                "kind": "youtube#searchResult",
                "id": {"kind": "youtube#video", "videoId": post["id"]},
                "snippet": {name: snippet[name] for name in kept},
            }
        )
    return write_list("searchListResponse", items, told)


for part in (reading, analytics.router, playlists.router, comments.router, writing.router, uploads.router):
    router.include_router(part)


def find_records(body: Any) -> list[Any] | None:
    """The items of a list or the rows of a report."""
    found = body.get("items", body.get("rows")) if isinstance(body, dict) else None
    return found if isinstance(found, list) else None


twin = Twin("youtube", router, play_fault, find_records)
