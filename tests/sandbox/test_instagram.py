"""The Instagram twin, read and written by the vendor's official SDK."""

from __future__ import annotations

import httpx
import pytest
from facebook_business.adobjects.igcomment import IGComment
from facebook_business.adobjects.igmedia import IGMedia
from facebook_business.adobjects.iguser import IGUser

# The SDK warns of lists and fields that the vendor's guides name.
pytestmark = pytest.mark.filterwarnings("ignore:.*(might not be compatible|does not allow):UserWarning")
TOKEN = {"access_token": "sandbox-access_token"}
ACCOUNT = "17841400008460056"
DAY = {"since": "2025-11-10", "until": "2025-11-11"}


@pytest.fixture(scope="module")
def web(sandbox):
    with httpx.Client(base_url=f"{sandbox.url}/instagram/v26.0", params=TOKEN, timeout=30) as client:
        yield client


@pytest.fixture
def user(sandbox, open_sdk):
    open_sdk(sandbox.url, "instagram")
    return IGUser(ACCOUNT)


@pytest.fixture
def own(own_sandbox, open_sdk):
    open_sdk(own_sandbox.url, "instagram")
    return IGUser(ACCOUNT)


@pytest.fixture(scope="module")
def ledger(sandbox):
    return {row["day"]: row for row in httpx.get(f"{sandbox.url}/_ledger/instagram").json()}


def test_the_account_shows_its_counters(user, ledger):
    shown = user.api_get(fields=["username", "followers_count", "media_count"])
    assert shown["followers_count"] == ledger["2025-11-30"]["followers"]
    assert shown["media_count"] > 0


def test_reach_is_a_series_of_the_ledgers_days(user, ledger):
    params = {
        "metric": ["reach"],
        "period": "day",
        "metric_type": "time_series",
        "since": "2025-11-05",
        "until": "2025-11-20",
    }
    [metric] = user.get_insights(params=params)
    days = [f"2025-11-{day:02}" for day in range(5, 20)]
    assert [value["value"] for value in metric["values"]] == [ledger[day]["reach"] for day in days]


def test_other_metrics_are_totals_of_one_day(user, ledger):
    params = {
        "metric": ["views", "total_interactions", "follows_and_unfollows"],
        "metric_type": "total_value",
        "period": "day",
    }
    totals = {
        metric["name"]: metric["total_value"]["value"]
        for metric in user.get_insights(params={**params, **DAY})
    }
    day = ledger["2025-11-10"]
    assert totals == {
        "views": day["views"],
        "total_interactions": day["engagements"],
        "follows_and_unfollows": day["follows"] + day["unfollows"],
    }


def test_views_are_broken_down_by_kind_of_media(user):
    params = {
        "metric": ["views"],
        "metric_type": "total_value",
        "period": "day",
        "breakdown": ["media_product_type"],
    }
    [metric] = user.get_insights(params={**params, **DAY})
    [parts] = metric["total_value"]["breakdowns"]
    assert sum(part["value"] for part in parts["results"]) == metric["total_value"]["value"]
    assert {part["dimension_values"][0] for part in parts["results"]} <= {"POST", "REEL", "STORY"}


@pytest.mark.parametrize(
    "params",
    [
        {"metric": "impressions", "metric_type": "total_value"},
        {"metric": "profile_views", "metric_type": "total_value"},
        {"metric": "views", "metric_type": "time_series"},
        {"metric": "reach", "since": "2025-09-01", "until": "2025-11-01"},
    ],
    ids=["withdrawn", "withdrawn too", "no series", "too many days"],
)
def test_what_the_vendor_does_not_answer_is_error_100(web, params):
    answer = web.get(f"/{ACCOUNT}/insights", params={"period": "day", **params})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)


def test_days_without_numbers_are_empty(web):
    params = {"metric": "reach", "period": "day", "since": "2025-01-01", "until": "2025-01-05"}
    assert web.get(f"/{ACCOUNT}/insights", params=params).json() == {"data": []}


def test_media_are_paged_newest_first_to_the_end(user):
    media = list(
        user.get_media(fields=["timestamp", "media_type", "media_product_type"], params={"limit": 6})
    )
    assert (
        len({item["id"] for item in media})
        == len(media)
        == user.api_get(fields=["media_count"])["media_count"]
    )
    assert [item["timestamp"] for item in media] == sorted(
        (item["timestamp"] for item in media), reverse=True
    )
    kinds = {(item["media_type"], item["media_product_type"]) for item in media}
    assert kinds <= {("IMAGE", "FEED"), ("CAROUSEL_ALBUM", "FEED"), ("VIDEO", "REELS")}


def test_each_kind_of_media_has_its_own_metrics(user, fail_with):
    media = list(user.get_media(fields=["media_product_type"]))
    reel = next(item for item in media if item["media_product_type"] == "REELS")
    post = next(item for item in media if item["media_product_type"] == "FEED")
    names = ["views", "ig_reels_avg_watch_time"]
    assert {metric["name"] for metric in IGMedia(reel["id"]).get_insights(params={"metric": names})} == set(
        names
    )
    assert (
        fail_with(lambda: IGMedia(post["id"]).get_insights(params={"metric": names})).api_error_code() == 100
    )
    assert (
        fail_with(
            lambda: IGMedia(reel["id"]).get_insights(params={"metric": ["profile_visits"]})
        ).api_error_code()
        == 100
    )


def test_a_photo_is_published_in_two_steps(own, fail_with):
    before = own.get_content_publishing_limit(fields=["quota_usage", "config"])[0]
    container = own.create_media(params={"image_url": "https://shop.example/a.jpg", "caption": "Sunny #mug"})
    made = own.create_media_publish(params={"creation_id": container["id"]})
    shown = IGMedia(made["id"]).api_get(fields=["caption", "media_type", "permalink"])
    assert (shown["caption"], shown["media_type"]) == ("Sunny #mug", "IMAGE")
    assert (
        fail_with(lambda: own.create_media_publish(params={"creation_id": container["id"]})).api_error_code()
        == 9007
    )
    after = own.get_content_publishing_limit(fields=["quota_usage", "config"])[0]
    assert after["quota_usage"] == before["quota_usage"] + 1
    assert not list(IGMedia(made["id"]).get_insights(params={"metric": ["views"]}))


def test_a_reel_is_ready_after_a_while_and_found_by_its_hashtag(own, own_sandbox, fail_with):
    params = {"media_type": "REELS", "video_url": "https://shop.example/a.mp4", "caption": "Look #lantern"}
    container = own.create_media(params=params)["id"]
    assert (
        fail_with(lambda: own.create_media_publish(params={"creation_id": container})).api_error_subcode()
        == 2207027
    )
    with httpx.Client(base_url=f"{own_sandbox.url}/instagram/v26.0", params=TOKEN) as web:
        states = [
            web.get(f"/{container}", params={"fields": "status_code"}).json()["status_code"] for _ in range(2)
        ]
        assert states == ["IN_PROGRESS", "FINISHED"]
        made = own.create_media_publish(params={"creation_id": container})["id"]
        [tag] = web.get("/ig_hashtag_search", params={"user_id": ACCOUNT, "q": "lantern"}).json()["data"]
        found = web.get(
            f"/{tag['id']}/top_media", params={"user_id": ACCOUNT, "fields": "id,caption"}
        ).json()["data"]
    assert [item["id"] for item in found] == [made]


@pytest.mark.parametrize(
    ("params", "code", "subcode"),
    [
        ({"image_url": "file:///a.jpg"}, 9004, 2207052),
        ({"image_url": "https://a.example/a.jpg", "caption": "x" * 2201}, 100, 2207010),
        ({"media_type": "CAROUSEL", "children": "1"}, 100, 2207028),
        ({"media_type": "HOLOGRAM"}, 100, 2207023),
    ],
)
def test_what_cannot_become_a_post_is_refused(own_sandbox, params, code, subcode):
    url = f"{own_sandbox.url}/instagram/v26.0/{ACCOUNT}/media"
    error = httpx.post(url, data={**TOKEN, **params}).json()["error"]
    assert (error["code"], error["error_subcode"]) == (code, subcode)


def test_comments_are_answered_and_hidden(own):
    commented = next(m for m in own.get_media(fields=["comments_count"]) if m["comments_count"])
    media = IGMedia(commented["id"])
    comment = IGComment(media.get_comments(fields=["text"])[0]["id"])
    answer = comment.create_reply(params={"message": "Thank you"})
    assert [reply["id"] for reply in comment.get_replies(fields=["text"])] == [answer["id"]]
    comment.api_update(params={"hide": True})
    assert comment.api_get(fields=["hidden"])["hidden"]
