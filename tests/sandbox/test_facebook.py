"""The Facebook page twin, read and written by the vendor's official SDK."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx
import pytest
from facebook_business.adobjects.comment import Comment
from facebook_business.adobjects.page import Page
from facebook_business.adobjects.pagepost import PagePost
from facebook_business.adobjects.user import User

# The SDK warns of lists and fields that the vendor's guides name.
pytestmark = pytest.mark.filterwarnings("ignore:.*(might not be compatible|does not allow):UserWarning")
TOKEN = {"access_token": "sandbox-access_token"}
PAGE = "104729000271828"
PAGE_TOKEN = f"sandbox-page_token-{PAGE}"


@pytest.fixture(scope="module")
def web(sandbox):
    with httpx.Client(base_url=f"{sandbox.url}/facebook/v26.0", params=TOKEN, timeout=30) as client:
        yield client


@pytest.fixture
def page(sandbox, open_sdk):
    open_sdk(sandbox.url, "facebook", token=PAGE_TOKEN)
    return Page(PAGE)


@pytest.fixture
def own_page(own_sandbox, open_sdk):
    open_sdk(own_sandbox.url, "facebook", token=PAGE_TOKEN)
    return Page(PAGE)


def read_all(client, path, **params):
    rows, answer = [], client.get(path, params=params).json()
    while True:
        rows += answer["data"]
        if "next" not in answer.get("paging", {}):
            return rows
        answer = httpx.get(answer["paging"]["next"]).json()


def test_a_person_finds_the_page_its_token_and_instagram(sandbox, open_sdk):
    open_sdk(sandbox.url, "facebook")
    [found] = User("me").get_accounts(fields=["id", "access_token", "tasks", "instagram_business_account"])
    assert (found["id"], found["access_token"]) == (PAGE, PAGE_TOKEN)
    assert "ANALYZE" in found["tasks"]
    assert found["instagram_business_account"]["id"].isdigit()


def test_page_days_are_those_of_the_ledger(page, sandbox):
    params = {
        "metric": ["page_media_view", "page_follows"],
        "period": "day",
        "since": "2025-11-05",
        "until": "2025-11-15",
    }
    metrics = {metric["name"]: metric["values"] for metric in page.get_insights(params=params)}
    ledger = {row["day"]: row for row in httpx.get(f"{sandbox.url}/_ledger/facebook").json()}
    days = [f"2025-11-{day:02}" for day in range(5, 15)]
    assert [value["value"] for value in metrics["page_media_view"]] == [ledger[day]["views"] for day in days]
    assert [value["value"] for value in metrics["page_follows"]] == [ledger[day]["followers"] for day in days]


def test_a_day_ends_at_midnight_of_the_vendors_zone(web):
    params = {"metric": "page_media_view", "period": "day", "since": "2025-11-01", "until": "2025-11-04"}
    [metric] = web.get(f"/{PAGE}/insights", params=params).json()["data"]
    ends = [value["end_time"] for value in metric["values"]]
    # The clocks of the vendor's zone went back on 2 November.
    assert ends == ["2025-11-02T07:00:00+0000", "2025-11-03T08:00:00+0000", "2025-11-04T08:00:00+0000"]


def test_a_withdrawn_metric_fails_the_whole_call(page, fail_with):
    params = {"metric": ["page_media_view", "page_impressions"], "period": "day"}
    error = fail_with(lambda: page.get_insights(params=params))
    assert (error.api_error_code(), error.api_error_message()) == (
        100,
        "(#100) The value must be a valid insights metric",
    )


def test_more_than_ninety_days_are_refused(web):
    params = {"metric": "page_media_view", "period": "day", "since": "2025-07-01", "until": "2025-11-01"}
    assert web.get(f"/{PAGE}/insights", params=params).json()["error"]["code"] == 100


def test_posts_are_paged_newest_first_to_the_end(web):
    posts = read_all(web, f"/{PAGE}/published_posts", fields="id,created_time,shares", limit=7)
    assert len({post["id"] for post in posts}) == len(posts) > 7
    assert [post["created_time"] for post in posts] == sorted(
        (post["created_time"] for post in posts), reverse=True
    )


def test_post_numbers_are_totals_of_the_market(web):
    fields = "id,shares,comments.summary(true).limit(0),reactions.summary(total_count).limit(0)"
    for post in read_all(web, f"/{PAGE}/posts", fields=fields, limit=100):
        answer = web.get(
            f"/{post['id']}/insights", params={"metric": "post_reactions_by_type_total,post_media_view"}
        )
        values = {metric["name"]: metric["values"][0]["value"] for metric in answer.json()["data"]}
        if values:
            assert values["post_reactions_by_type_total"] == {
                "like": post["reactions"]["summary"]["total_count"]
            }
        listed = read_all(web, f"/{post['id']}/comments", limit=50)
        assert len(listed) == post["comments"]["summary"]["total_count"]


def test_several_nodes_come_at_once(web):
    first, second = (post["id"] for post in web.get(f"/{PAGE}/posts", params={"limit": 2}).json()["data"])
    answer = web.get("/", params={"ids": f"{first},{second}", "fields": "message"}).json()
    assert set(answer) == {first, second}


def test_a_post_can_be_published_edited_commented_and_deleted(own_page):
    made = own_page.create_feed(params={"message": "Hello there"})
    post = PagePost(made["id"])
    assert post.api_get(fields=["message", "is_published"])["message"] == "Hello there"
    post.api_update(params={"message": "Hello again"})
    assert own_page.get_published_posts(fields=["message"])[0]["message"] == "Hello again"
    comment = Comment(post.create_comment(params={"message": "Thanks"})["id"])
    comment.api_update(params={"is_hidden": True})
    assert comment.api_get(fields=["is_hidden", "message"])["is_hidden"]
    comment.api_delete()
    assert not list(post.get_comments())
    post.api_delete()
    assert made["id"] not in [post["id"] for post in own_page.get_published_posts()]


def test_the_same_text_twice_is_a_duplicate(own_page, fail_with):
    own_page.create_feed(params={"message": "Once"})
    assert fail_with(lambda: own_page.create_feed(params={"message": "Once"})).api_error_code() == 506


def test_photos_and_videos_come_by_address(own_page):
    photo = own_page.create_photo(params={"url": "https://shop.example/a.jpg", "published": False})
    post = own_page.create_feed(params={"message": "Two", "attached_media": [{"media_fbid": photo["id"]}]})
    assert PagePost(post["id"]).api_get(fields=["status_type"])["status_type"] == "added_photos"
    video = own_page.create_video(params={"file_url": "https://shop.example/a.mp4", "description": "Film"})
    assert video["id"].isdigit()


def test_a_scheduled_post_waits_moves_and_appears(own_page, own_sandbox, fail_with):
    clock = datetime.fromisoformat(httpx.get(f"{own_sandbox.url}/_clock").json()["now"])

    def schedule(at):
        return own_page.create_feed(
            params={"message": "Later", "published": False, "scheduled_publish_time": int(at.timestamp())}
        )

    assert fail_with(lambda: schedule(clock + timedelta(minutes=5))).api_error_code() == 100
    made = schedule(clock + timedelta(hours=2))["id"]
    PagePost(made).api_update(
        params={"scheduled_publish_time": int((clock + timedelta(days=1, hours=2)).timestamp())}
    )
    waiting = httpx.get(f"{own_sandbox.url}/facebook/v26.0/{PAGE}/scheduled_posts", params=TOKEN).json()[
        "data"
    ]
    assert [post["id"] for post in waiting] == [made]
    for is_public in (False, True):
        httpx.post(f"{own_sandbox.url}/_clock", json={"days": 1}).raise_for_status()
        assert (
            made in [post["id"] for post in own_page.get_published_posts(params={"limit": 100})]
        ) == is_public


def test_writing_needs_the_pages_own_token(own_sandbox, open_sdk, fail_with):
    open_sdk(own_sandbox.url, "facebook")
    assert fail_with(lambda: Page(PAGE).create_feed(params={"message": "Mine"})).api_error_code() == 200


def test_posts_of_others_cannot_be_edited(own_page, fail_with):
    [*_, oldest] = own_page.get_published_posts(params={"limit": 100})
    assert (
        fail_with(lambda: PagePost(oldest["id"]).api_update(params={"message": "x"})).api_error_code() == 200
    )
