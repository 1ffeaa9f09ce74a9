"""The YouTube twin: Google's own client reads and writes it, and its answers fit the discovery documents."""

from __future__ import annotations

import importlib.resources
import io
import json
from datetime import date, timedelta

import httpx
import pytest
from google.auth.transport.requests import Request
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build_from_document
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaIoBaseUpload

# The vendor's library leaves its sockets to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
DOCUMENTS = importlib.resources.files("googleapiclient") / "discovery_cache" / "documents"
CHUNK = 256 * 1024


def read_document(name, root):
    document = json.loads((DOCUMENTS / name).read_text())
    document["rootUrl"] = document["baseUrl"] = root
    return document


def log_in(url):
    credentials = Credentials(
        None,
        refresh_token="sandbox-refresh_token",
        token_uri=f"{url}/youtube/token",
        client_id="sandbox-client_id",
        client_secret="sandbox-client_secret",
    )
    request = Request()
    credentials.refresh(request)
    request.session.close()
    return credentials


class YouTube:
    """Google's client for both APIs."""

    def __init__(self, url):
        self.root = f"{url}/youtube/"
        credentials = log_in(url)
        self.document = read_document("youtube.v3.json", self.root)
        self.data = build_from_document(self.document, credentials=credentials)
        report = read_document("youtubeAnalytics.v2.json", self.root)
        self.reports = build_from_document(report, credentials=credentials).reports()
        self.http = httpx.Client(headers={"Authorization": f"Bearer {credentials.token}"})

    def all_videos(self):
        channel = self.data.channels().list(part="contentDetails", mine=True).execute()["items"][0]
        uploads = channel["contentDetails"]["relatedPlaylists"]["uploads"]
        ask = self.data.playlistItems().list(part="contentDetails", playlistId=uploads, maxResults=3)
        ids = []
        while ask is not None:
            page = ask.execute()
            ids += [item["contentDetails"]["videoId"] for item in page["items"]]
            ask = self.data.playlistItems().list_next(ask, page)
        return ids

    def report(self, metrics, **more):
        days = {"startDate": "2020-01-01", "endDate": "2030-01-01"}
        return self.reports.query(ids="channel==MINE", metrics=metrics, **(days | more)).execute()


@pytest.fixture(scope="module")
def youtube(sandbox):
    caller = YouTube(sandbox.url)
    yield caller
    caller.http.close()
    caller.data.close()


@pytest.fixture(scope="module")
def clock(sandbox):
    return httpx.get(f"{sandbox.url}/_clock").json()


def check_schema(document, name, value):
    """Every field of a value is declared by the schema and has its type."""
    schema = document["schemas"][name] if isinstance(name, str) else name
    if "$ref" in schema:
        check_schema(document, schema["$ref"], value)
        return
    kind = schema["type"]
    types = {
        "string": str,
        "boolean": bool,
        "integer": int,
        "number": (int, float),
        "array": list,
        "object": dict,
    }
    assert kind == "any" or isinstance(value, types[kind]), (schema, value)
    if kind == "array":
        for item in value:
            check_schema(document, schema["items"], item)
    elif kind == "object" and "properties" in schema:
        for key, inner in value.items():
            assert key in schema["properties"], (schema.get("id"), key)
            check_schema(document, schema["properties"][key], inner)
    if "enum" in schema:
        assert value in schema["enum"]


def reason_of(call):
    with pytest.raises(HttpError) as caught:
        call.execute()
    return caught.value.status_code, caught.value.error_details[0]["reason"]


def test_every_list_fits_the_discovery_document(youtube):
    data = youtube.data
    ids = youtube.all_videos()[:2]
    channel = data.channels().list(part="id,snippet,statistics,contentDetails,status", mine=True).execute()
    uploads = channel["items"][0]["contentDetails"]["relatedPlaylists"]["uploads"]
    answers = {
        "ChannelListResponse": channel,
        "VideoListResponse": data.videos().list(
            part="snippet,contentDetails,status,statistics,processingDetails", id=",".join(ids)
        ).execute(),
        "BatchGetStatsResponse": data.videos().batchGetStats(
            part=["statistics", "snippet", "contentDetails"], id=ids
        ).execute(),
        "PlaylistItemListResponse": data.playlistItems().list(
            part="id,snippet,contentDetails,status", playlistId=uploads
        ).execute(),
        "CommentThreadListResponse": data.commentThreads().list(
            part="snippet,replies", allThreadsRelatedToChannelId=channel["items"][0]["id"]
        ).execute(),
        "SearchListResponse": data.search().list(part="snippet", q="").execute(),
    }  # fmt: skip
    for name, body in answers.items():
        check_schema(youtube.document, name, body)
        assert body["items"], name


def test_pages_of_uploads_reach_the_end_without_a_repeat(youtube):
    ids = youtube.all_videos()
    assert len(ids) > 3
    assert len(set(ids)) == len(ids)


def test_days_end_two_days_ago_and_add_up_to_the_ledger(youtube, clock, sandbox):
    body = youtube.report(
        "views,engagedViews,likes,subscribersGained,subscribersLost", dimensions="day", sort="day"
    )
    names = [header["name"] for header in body["columnHeaders"]]
    assert names == ["day", "views", "engagedViews", "likes", "subscribersGained", "subscribersLost"]
    rows = {row[0]: row for row in body["rows"]}
    assert max(rows) == str(date.fromisoformat(clock["today"]) - timedelta(days=2))
    ledger = {row["day"]: row for row in httpx.get(f"{sandbox.url}/_ledger/youtube").json()}
    for day, row in rows.items():
        assert (row[1], row[4], row[5]) == tuple(
            ledger[day][name] for name in ("views", "follows", "unfollows")
        )


def test_videos_of_a_day_add_up_to_the_channel(youtube):
    channel = youtube.report("views,estimatedMinutesWatched")["rows"][0]
    per_video = youtube.report(
        "views,estimatedMinutesWatched", dimensions="video", sort="-views", maxResults=200
    )
    assert sum(row[1] for row in per_video["rows"]) == channel[0]
    best = per_video["rows"][0]
    one = youtube.report("views", dimensions="day", filters=f"video=={best[0]}")
    assert sum(row[1] for row in one["rows"]) == best[1]
    both = youtube.report("views", filters=f"video=={best[0]},{per_video['rows'][1][0]}")
    assert both["rows"][0][0] == best[1] + per_video["rows"][1][1]


def test_a_report_without_data_has_no_rows(youtube, clock):
    assert "rows" not in youtube.report(
        "views", dimensions="day", startDate=clock["today"], endDate="2030-01-01"
    )


@pytest.mark.parametrize(
    "more",
    [
        {"metrics": "views", "dimensions": "day,video"},
        {"metrics": "views", "dimensions": "video"},
        {"metrics": "nonsense"},
        {"metrics": "subscribersGained", "filters": "video==a"},
    ],
)
def test_a_report_the_vendor_does_not_have_is_refused(youtube, more):
    days = {"ids": "channel==MINE", "startDate": "2026-01-01", "endDate": "2026-02-01"}
    assert reason_of(youtube.reports.query(**days, **more)) == (400, "badRequest")


def test_revenue_of_a_channel_that_earns_nothing_is_forbidden(youtube):
    days = {"ids": "channel==MINE", "startDate": "2026-01-01", "endDate": "2026-02-01"}
    assert reason_of(youtube.reports.query(**days, metrics="estimatedRevenue")) == (403, "forbidden")


def upload(youtube, size=CHUNK * 2 + 1000, **status):
    body = {
        "snippet": {"title": "Made here", "tags": ["ck_01"]},
        "status": {"privacyStatus": "private", **status},
    }
    media = MediaIoBaseUpload(io.BytesIO(b"v" * size), "video/mp4", chunksize=CHUNK, resumable=True)
    return youtube.data.videos().insert(part="snippet,status", body=body, media_body=media)


def test_a_video_is_uploaded_in_chunks_made_public_and_deleted(youtube):
    call = upload(youtube)
    steps, video = [], None
    while video is None:
        progress, video = call.next_chunk()
        steps.append(progress and progress.resumable_progress)
    assert steps == [CHUNK, CHUNK * 2, None]
    check_schema(youtube.document, "Video", video)
    assert video["status"]["uploadStatus"] == "uploaded"
    listed = youtube.data.videos().list(part="status,snippet", id=video["id"]).execute()["items"][0]
    assert (listed["status"]["uploadStatus"], listed["status"]["privacyStatus"]) == ("processed", "private")
    assert video["id"] in youtube.all_videos()
    change = {
        "id": video["id"],
        "status": {"privacyStatus": "public"},
        "snippet": {"title": "New", "categoryId": "22"},
    }
    changed = youtube.data.videos().update(part="snippet,status", body=change).execute()
    assert changed["status"]["privacyStatus"] == "public"
    assert "tags" not in changed["snippet"]
    youtube.data.videos().delete(id=video["id"]).execute()
    assert video["id"] not in youtube.all_videos()


def test_a_broken_upload_says_where_to_go_on(youtube):
    url = f"{youtube.root}upload/youtube/v3/videos?uploadType=resumable&part=snippet,status"
    start = youtube.http.post(url, json={"status": {"privacyStatus": "private"}})
    session = start.headers["Location"]
    total = CHUNK + 5
    first = youtube.http.put(
        session, content=b"v" * CHUNK, headers={"Content-Range": f"bytes 0-{CHUNK - 1}/{total}"}
    )
    assert (first.status_code, first.headers["Range"]) == (308, f"bytes=0-{CHUNK - 1}")
    asked = youtube.http.put(session, headers={"Content-Range": f"bytes */{total}"})
    assert (asked.status_code, asked.headers["Range"]) == (308, f"bytes=0-{CHUNK - 1}")
    rest = {"Content-Range": f"bytes {CHUNK}-{total - 1}/{total}"}
    video = youtube.http.put(session, content=b"vvvvv", headers=rest).json()
    again = youtube.http.put(session, headers={"Content-Range": f"bytes */{total}"})
    assert (again.status_code, again.json()["id"]) == (200, video["id"])
    assert youtube.http.put(session.replace("upload_id=", "upload_id=x")).status_code == 404


def test_only_a_private_video_can_be_scheduled(youtube):
    media = MediaIoBaseUpload(io.BytesIO(b"v"), "video/mp4", resumable=True)
    body = {
        "snippet": {"title": "Later"},
        "status": {"privacyStatus": "public", "publishAt": "2030-01-01T00:00:00Z"},
    }
    with pytest.raises(HttpError, match="scheduled publishing"):
        youtube.data.videos().insert(part="snippet,status", body=body, media_body=media).execute()


def test_a_public_upload_is_watched_when_the_market_lives_on(launch_sandbox):
    url = launch_sandbox("--days", "3", "--people", "2000").url
    youtube = YouTube(url)
    video = upload(youtube, privacyStatus="public").execute()
    httpx.post(f"{url}/_clock", json={"days": 6})
    rows = youtube.report("views", dimensions="day", filters=f"video=={video['id']}").get("rows", [])
    youtube.http.close()
    youtube.data.close()
    assert sum(row[1] for row in rows) > 0


def test_a_playlist_is_made_filled_and_removed(youtube):
    data = youtube.data
    playlist = data.playlists().insert(
        part="snippet,status", body={"snippet": {"title": "Best"}, "status": {"privacyStatus": "private"}}
    ).execute()  # fmt: skip
    check_schema(youtube.document, "Playlist", playlist)
    video = youtube.all_videos()[0]
    snippet = {"playlistId": playlist["id"], "resourceId": {"kind": "youtube#video", "videoId": video}}
    data.playlistItems().insert(part="snippet", body={"snippet": snippet}).execute()
    found = (
        data.playlistItems().list(part="snippet", playlistId=playlist["id"], videoId=video).execute()["items"]
    )
    assert [item["snippet"]["resourceId"]["videoId"] for item in found] == [video]
    data.playlists().delete(id=playlist["id"]).execute()
    assert reason_of(data.playlistItems().list(part="id", playlistId=playlist["id"])) == (
        404,
        "playlistNotFound",
    )


def test_comments_are_answered_moderated_and_deleted(youtube):
    data = youtube.data
    channel = data.channels().list(part="id", mine=True).execute()["items"][0]["id"]
    listing = {"part": "snippet,replies", "allThreadsRelatedToChannelId": channel, "maxResults": 100}
    thread = data.commentThreads().list(**listing).execute()["items"][0]
    reply = {"snippet": {"parentId": thread["id"], "textOriginal": "Thank you"}}
    made = data.comments().insert(part="snippet", body=reply).execute()
    check_schema(youtube.document, "Comment", made)
    again = data.commentThreads().list(part="snippet,replies", id=thread["id"]).execute()["items"][0]
    assert again["snippet"]["totalReplyCount"] == 1
    data.comments().setModerationStatus(id=thread["id"], moderationStatus="rejected").execute()
    left = [item["id"] for item in data.commentThreads().list(**listing).execute()["items"]]
    assert thread["id"] not in left
    data.comments().delete(id=thread["id"]).execute()
    assert reason_of(data.comments().delete(id=thread["id"])) == (404, "commentNotFound")


def test_no_token_is_refused_with_a_reason(sandbox):
    body = httpx.get(f"{sandbox.url}/youtube/youtube/v3/channels?part=id&mine=true")
    assert (body.status_code, body.json()["error"]["errors"][0]["reason"]) == (401, "authError")


def test_wrong_parameters_are_named(youtube):
    data = youtube.data
    assert reason_of(data.channels().list(part="id")) == (400, "missingRequiredParameter")
    assert reason_of(data.videos().list(part="nonsense", id="a")) == (400, "unknownPart")
    assert reason_of(data.videos().update(part="snippet", body={"id": "x"})) == (404, "videoNotFound")
    uploads = {"part": "id", "playlistId": "UU", "pageToken": "!"}
    assert reason_of(data.playlistItems().list(**uploads))[0] in (400, 404)


def test_the_days_searches_run_out_alone(launch_sandbox):
    youtube = YouTube(launch_sandbox("--days", "2", "--people", "200").url)
    url = f"{youtube.root}youtube/v3/search?part=snippet"
    statuses = [youtube.http.get(url).status_code for _ in range(101)]
    refused = youtube.http.get(url).json()["error"]["errors"][0]
    listing = youtube.http.get(f"{youtube.root}youtube/v3/channels?part=id&mine=true")
    youtube.http.close()
    youtube.data.close()
    assert statuses == [200] * 100 + [403]
    assert (refused["domain"], refused["reason"]) == ("youtube.quota", "quotaExceeded")
    assert listing.status_code == 200
