import json
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from channels.connection import Answer
from channels.contract import Account, Span
from channels.records import read_frame
from channels.youtube import channel, check
from channels.youtube_operations import get_analytics, get_comments, get_trending, post_community
from core.errors import (
    AuthExpired,
    BadInput,
    MissingScope,
    NotFound,
    RateLimited,
    Rejected,
    Unsupported,
    VendorDown,
)
from core.time import Days, local_day

ACCOUNT = Account("UC1", "Shop", None, "America/Los_Angeles")
AUGUST = Days(date(2026, 8, 20), date(2026, 8, 26))
SPAN = Span(datetime(2026, 9, 1, tzinfo=UTC), days=AUGUST, known=("v1", "v2"))
TOKEN = {"access_token": "ya29.first", "expires_in": 3599, "token_type": "Bearer"}


def refused(status, reason, headers=None):
    body = {"error": {"code": status, "message": "No.", "errors": [{"reason": reason, "domain": "youtube"}]}}
    return Answer(status, headers or {}, json.dumps(body).encode(), "")


def signed(answer):
    """The vendor of a test with the token endpoint in front."""

    def with_tokens(request):
        if request.url.path == "/token":
            return httpx.Response(200, json=TOKEN)
        return answer(request)

    return with_tokens


def test_reasons_are_told_by_what_to_do_next():
    kinds = {
        (401, "authError"): AuthExpired,
        (401, "youtubeSignupRequired"): Rejected,  # a new token would not help
        (403, "forbidden"): MissingScope,
        (403, "rateLimitExceeded"): RateLimited,
        (400, "invalidPageToken"): Rejected,
        (404, "videoNotFound"): NotFound,
        (503, "backendError"): VendorDown,
    }
    for (status, reason), kind in kinds.items():
        assert type(check(refused(status, reason))) is kind, reason


def test_a_spent_quota_waits_for_midnight_in_pacific_time():
    winter = check(refused(403, "quotaExceeded", {"Date": "Tue, 01 Dec 2026 07:30:00 GMT"}))
    assert winter.retry_after == timedelta(minutes=30)
    longest_day = check(refused(403, "quotaExceeded", {"Date": "Sun, 01 Nov 2026 07:00:00 GMT"}))
    assert longest_day.retry_after == timedelta(hours=25)
    assert check(refused(403, "quotaExceeded")).retry_after == timedelta(days=1)


def test_a_spent_quota_is_not_waited_for_inside_the_call(play):
    calls = []

    def answer(request):
        calls.append(request.url.path)
        return httpx.Response(403, content=refused(403, "quotaExceeded").body)

    with pytest.raises(RateLimited):
        channel.accounts(play(channel, signed(answer)))
    assert len(calls) == 1


def table(*rows):
    names = ("day", "views", "engagedViews", "estimatedMinutesWatched")
    heads = [{"name": name, "columnType": "METRIC", "dataType": "INTEGER"} for name in names]
    body = {"kind": "youtubeAnalytics#resultTable", "columnHeaders": heads}
    return httpx.Response(200, json=body | ({"rows": rows} if rows else {}))


def test_a_table_becomes_records_by_the_names_of_its_columns_and_may_have_no_rows(play):
    def answer(request):
        asked.append(dict(request.url.params))
        return table(["2026-08-20", 1840, 1210, 2903]) if len(asked) == 1 else table()

    asked = []
    pages = list(channel.stream("video_daily").pages(play(channel, signed(answer)), ACCOUNT, SPAN))
    assert pages == [
        [
            {
                "_video_id": "v1",
                "day": "2026-08-20",
                "views": 1840,
                "engagedViews": 1210,
                "estimatedMinutesWatched": 2903,
            }
        ],
        [],
    ]
    assert [query["filters"] for query in asked] == ["video==v1", "video==v2"]
    assert (asked[0]["startDate"], asked[0]["endDate"]) == ("2026-08-20", "2026-08-26")


def test_daily_rows_are_what_happened_that_day(play):
    stream = channel.stream("video_daily")
    record = dict.fromkeys(stream.fields, 3) | {
        "_video_id": "v1",
        "day": "2026-08-20",
        "averageViewPercentage": 4.5,
    }
    row = stream.silver["post_daily"](read_frame(stream, [record]), ACCOUNT).row(0, named=True)
    assert row["is_cumulative"] is False
    assert (row["views"], row["engaged_views"], row["watch_seconds"], row["reach"]) == (3, 3, 180, None)


def test_all_uploads_are_found_through_the_playlist_and_described_fifty_at_a_time(play):
    ids = [f"v{n}" for n in range(70)]

    def answer(request):
        asked = request.url.params
        if request.url.path.endswith("/channels"):
            return httpx.Response(
                200, json={"items": [{"contentDetails": {"relatedPlaylists": {"uploads": "UU1"}}}]}
            )
        if request.url.path.endswith("/playlistItems"):
            assert asked["playlistId"] == "UU1"
            page = ids[50:] if asked.get("pageToken") else ids[:50]
            items = [{"contentDetails": {"videoId": video}} for video in page]
            more = {} if asked.get("pageToken") else {"nextPageToken": "next"}
            return httpx.Response(200, json={"items": items + items} | more)  # a page may come doubled
        described.append(asked["id"].split(","))
        return httpx.Response(200, json={"items": [{"id": video} for video in described[-1]]})

    described = []
    pages = list(channel.stream("videos").pages(play(channel, signed(answer)), ACCOUNT, SPAN))
    assert [record["id"] for page in pages for record in page] == ids
    assert [len(part) for part in described] == [50, 20]


def test_a_page_that_comes_again_for_ever_is_an_error(play, waits):
    def answer(request):
        if request.url.path.endswith("/channels"):
            return httpx.Response(
                200, json={"items": [{"contentDetails": {"relatedPlaylists": {"uploads": "UU1"}}}]}
            )
        return httpx.Response(200, json={"items": [], "nextPageToken": "same"})

    with pytest.raises(VendorDown, match="twice"):
        list(channel.stream("videos").pages(play(channel, signed(answer)), ACCOUNT, SPAN))


def test_analytics_mark_the_days_on_which_views_were_counted_anew(play, asked_of):
    def answer(request):
        metrics = request.url.params["metrics"].split(",")
        heads = [{"name": name} for name in ("day", *metrics)]
        rows = [["2026-08-23", *[1] * len(metrics)], ["2026-08-24", *[2] * len(metrics)]]
        return httpx.Response(200, json={"columnHeaders": heads, "rows": rows})

    ctx = asked_of(play(channel, signed(answer)))
    found = get_analytics(ctx, first_on=AUGUST.first, last_on=AUGUST.last)
    assert found.views_counted_anew_on == [date(2026, 8, 24)]
    assert found.complete_until == date(2026, 8, 24)
    assert [day.subscribers_gained for day in found.days] == [1, 2]
    assert get_analytics(ctx, first_on=AUGUST.first, last_on=AUGUST.first).views_counted_anew_on == []


def test_comments_are_asked_for_one_video_or_one_channel(play, asked_of):
    said = {
        "authorDisplayName": "A",
        "textOriginal": "Nice",
        "likeCount": 2,
        "publishedAt": "2026-08-01T10:00:00Z",
    }
    thread = {
        "snippet": {"videoId": "v1", "totalReplyCount": 1, "topLevelComment": {"id": "c1", "snippet": said}}
    }

    def answer(request):
        asked.update(request.url.params)
        return httpx.Response(200, json={"items": [thread, thread], "nextPageToken": "more"})

    asked = {}
    ctx = asked_of(play(channel, signed(answer)))
    comments = get_comments(ctx, video_id="v1", moderation="heldForReview", limit=1)
    assert [(c.comment_id, c.text, c.replies) for c in comments] == [("c1", "Nice", 1)]
    assert (asked["videoId"], asked["moderationStatus"]) == ("v1", "heldForReview")
    with pytest.raises(BadInput):
        get_comments(ctx, video_id="v1", channel_id="UC1")
    with pytest.raises(BadInput):
        get_comments(ctx)


def test_the_chart_says_what_it_is_made_of(play, asked_of):
    snippet = {"title": "Song", "channelTitle": "Band", "publishedAt": "2026-08-01T10:00:00Z"}

    def answer(request):
        assert request.url.params["videoCategoryId"] == "10"
        return httpx.Response(
            200, json={"items": [{"id": "v1", "snippet": snippet, "statistics": {"viewCount": "5"}}]}
        )

    found = get_trending(asked_of(play(channel, signed(answer))), region="GB", category_id="10")
    assert [(video.video_id, video.views, video.likes) for video in found.videos] == [("v1", 5, None)]
    assert "music" in found.note


def test_the_community_tab_is_refused_with_the_source(asked_of):
    with pytest.raises(Unsupported) as caught:
        post_community(asked_of(), text="Hello")
    assert "20261104" in caught.value.source


# --- against the sandbox -------------------------------------------------------------------------------


def test_the_channels_days_are_those_the_market_lived(open_channel, sandbox, market_now):
    connection = open_channel("youtube")
    account = channel.accounts(connection)[0]
    last = local_day(market_now, account.timezone) - timedelta(days=1)
    stream = channel.stream("channel_daily")
    span = Span(market_now, days=Days.ending(last, 40))
    records = [record for page in stream.pages(connection, account, span) for record in page]
    rows = stream.silver["account_daily"](read_frame(stream, records), account)
    ledger = {row["day"]: row for row in httpx.get(f"{sandbox.url}/_ledger/youtube").json()}
    for row in rows.to_dicts():
        lived = ledger[str(row["day_on"])]
        assert (row["views"], row["follows"]) == (lived["views"], lived["follows"])
    assert rows["day_on"].max() < last  # the vendor has not finished the youngest day, and does not say so


def test_operations_read_the_twin(open_channel, asked_of, market_now):
    ctx = asked_of(open_channel("youtube"))
    today = market_now.date()
    analytics = get_analytics(ctx, first_on=today - timedelta(days=10), last_on=today)
    assert analytics.complete_until < today
    trending = get_trending(ctx, region="GB", limit=3).videos
    assert len(trending) == 3
    of_video = get_analytics(
        ctx, first_on=today - timedelta(days=10), last_on=today, video_id=trending[0].video_id
    )
    assert all(day.subscribers_gained is None for day in of_video.days)
    comments = [comment for video in trending for comment in get_comments(ctx, video_id=video.video_id)]
    assert all(comment.published_at <= market_now for comment in comments)
