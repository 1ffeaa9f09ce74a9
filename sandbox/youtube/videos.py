"""The videos of the channel: what the market published and what was uploaded, as YouTube describes them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import polars as pl

from sandbox.guarded import GuardedWorld
from sandbox.twin import Store
from sandbox.youtube.access import refuse

CHANNEL = "youtube"
PARTS = {"id", "snippet", "contentDetails", "status", "statistics", "processingDetails"}
STATUS = {
    "uploadStatus": "processed",
    "privacyStatus": "public",
    "license": "youtube",
    "embeddable": True,
    "publicStatsViewable": True,
    "madeForKids": False,
    "selfDeclaredMadeForKids": False,
}


def draw(text: str, low: int, high: int) -> int:
    """A number that belongs to a text, from low to high."""
    return low + int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % (high - low + 1)


def write_instant(at: datetime) -> str:
    """An instant as YouTube writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Studio:
    """The channel with its videos; the store keeps what was written through the API.

    Store table `videos`: video id -> snippet, status, post_id (null until it is public), uploaded_at.
    A video keeps the id it was uploaded with, whatever the market calls its post.
    """

    def __init__(self, world: GuardedWorld, store: Store) -> None:
        self.world = world
        self.written: dict[str, Any] = store.table("videos")
        self.names = {entry["post_id"]: key for key, entry in self.written.items() if entry.get("post_id")}

    @property
    def account(self) -> dict[str, Any]:
        """The channel's row; refused when the market has no YouTube channel."""
        accounts = self.world.accounts(CHANNEL)
        if accounts.is_empty():
            raise refuse(401, "youtubeSignupRequired", "Unauthorized", "youtube.header")
        return accounts.row(0, named=True)

    @property
    def channel_id(self) -> str:
        """The channel's id."""
        return str(self.account["account_id"])

    @property
    def uploads_id(self) -> str:
        """The id of the playlist of all uploads."""
        return f"UU{self.channel_id[2:]}"

    def list_posts(self) -> list[dict[str, Any]]:
        """All videos, newest first: id, kind, title, text, published_at (null for a private upload)."""
        posts = {
            self.names.get(row["post_id"], row["post_id"]): row
            for row in self.world.posts(CHANNEL).iter_rows(named=True)
        }
        for video_id, entry in self.written.items():
            if video_id not in posts and not entry.get("is_deleted") and "uploaded_at" in entry:
                posts[video_id] = {"kind": "video", "title": "", "text": "", "published_at": None}
        found = [{**row, "id": video_id} for video_id, row in posts.items()]
        return sorted(found, key=lambda row: (self.uploaded_at(row), row["id"]), reverse=True)

    def uploaded_at(self, post: dict[str, Any]) -> str:
        """When a video was published, or else uploaded."""
        if post["published_at"] is not None:
            return write_instant(post["published_at"])
        return str(self.written[post["id"]]["uploaded_at"])

    def totals(self) -> dict[str, dict[str, int]]:
        """Views, likes and comments of every video so far."""
        return self.world.cached("youtube totals", self.sum_posts)

    def sum_posts(self) -> dict[str, dict[str, int]]:
        """The sums by the market's post id."""
        daily = self.world.post_daily(CHANNEL, self.world.first_day, self.world.today)
        sums = daily.group_by("post_id").agg(pl.col("views", "likes", "comments").sum())
        return {row["post_id"]: row for row in sums.iter_rows(named=True)}

    def describe(self, post: dict[str, Any], parts: set[str]) -> dict[str, Any]:
        """A video resource with the parts asked for."""
        builders = {
            "snippet": self.write_snippet,
            "contentDetails": self.write_details,
            "status": self.write_status,
            "statistics": self.write_statistics,
            "processingDetails": self.write_processing,
        }
        video = {"kind": "youtube#video", "etag": f"{draw(post['id'], 0, 2**31):x}", "id": post["id"]}
        return video | {part: builders[part](post) for part in builders if part in parts}

    def write_snippet(self, post: dict[str, Any]) -> dict[str, Any]:
        """Title, description, tags ..."""
        given = self.written.get(post["id"], {}).get("snippet", {})
        title = given.get("title", post["title"])
        text = given.get("description", post["text"])
        snippet = {
            "publishedAt": self.uploaded_at(post),
            "channelId": self.channel_id,
            "title": title,
            "description": text,
            "thumbnails": self.write_thumbnails(post["id"]),
            "channelTitle": self.account["name"],
            "categoryId": given.get("categoryId", "22"),
            "liveBroadcastContent": "none",
            "localized": {"title": title, "description": text},
        }
        kept = {
            key: given[key] for key in ("tags", "defaultLanguage", "defaultAudioLanguage") if key in given
        }
        return snippet | kept

    def write_processing(self, _post: dict[str, Any]) -> dict[str, Any]:
        """Every video is processed at once."""
        return {"processingStatus": "succeeded", "fileDetailsAvailability": "available"}

    def write_thumbnails(self, video_id: str) -> dict[str, Any]:
        """The pictures of a video."""
        return {
            "default": {"url": f"https://i.ytimg.com/vi/{video_id}/default.jpg", "width": 120, "height": 90}
        }

    def duration(self, post: dict[str, Any]) -> int:
        """Seconds of a video."""
        return draw(post["id"], 15, 58) if post["kind"] == "short" else draw(post["id"], 180, 900)

    def write_details(self, post: dict[str, Any]) -> dict[str, Any]:
        """Duration and format."""
        minutes, seconds = divmod(self.duration(post), 60)
        return {
            "duration": f"PT{minutes}M{seconds}S" if minutes else f"PT{seconds}S",
            "dimension": "2d",
            "definition": "hd",
            "caption": "false",
            "licensedContent": False,
            "projection": "rectangular",
            "hasCustomThumbnail": bool(self.written.get(post["id"], {}).get("has_thumbnail")),
        }

    def write_status(self, post: dict[str, Any]) -> dict[str, Any]:
        """Privacy and what was declared; a due schedule has made the video public."""
        given = dict(self.written.get(post["id"], {}).get("status", {}))
        if "publishAt" in given and post["published_at"] is not None:
            del given["publishAt"]
            given["privacyStatus"] = "public"
        return STATUS | given

    def write_statistics(self, post: dict[str, Any]) -> dict[str, str]:
        """Counters so far, as strings."""
        post_id = self.written.get(post["id"], {}).get("post_id") or post["id"]
        sums = self.totals().get(post_id, {})
        return {
            "viewCount": str(sums.get("views", 0)),
            "likeCount": str(sums.get("likes", 0)),
            "favoriteCount": "0",
            "commentCount": str(sums.get("comments", 0)),
        }
