"""Posts and pages of organic channels."""

from __future__ import annotations

from ingestion.csv.kinds import ACCOUNT_DAYS, POST_DAYS, POSTS
from ingestion.csv.layouts.layout import Layout, Part, one

# Lifetime totals: what was seen when the row was written.
_LIFETIME = {"is_cumulative": "true"}
_DAILY = {"is_cumulative": "false"}
_SEEN = "fivetran synced"

# Lifetime totals of posts, as Meta's pages write them; the one difference is whose posts they are.
_SUITE_POSTS = {
    "post_id": "post id",
    "title": "title|description?",
    "published_at": "publish time",
    "url": "permalink",
    "kind": "post type",
}
_SUITE_TOTALS = {
    "post_id": "post id",
    "views": "views|impressions?",
    "reach": "reach?",
    "likes": "likes|reactions?",
    "comments": "comments?",
    "shares": "shares?",
    "saves": "saves?",
    "clicks": "total clicks?",
}

SOCIAL_TABLES: tuple[Layout, ...] = (
    one(
        *("Facebook Pages posts", "facebook", POSTS),
        {
            "post_id": "id",
            "published_at": "created time",
            "title": "message",
            "kind": "status type",
            "url": "permalink url?",
        },
        also="page id",
    ),
    one(
        *("Facebook Pages post totals", "facebook", POST_DAYS),
        {
            "post_id": "post id",
            "day": "date",
            "views": "post media view|post impressions?",
            "reach": "post impressions unique?",
            "clicks": "post clicks",
            "likes": "post reactions like total + post reactions love total + post reactions wow total"
            " + post reactions haha total + post reactions sorry total + post reactions anger total?",
            "watch_millis": "post video view time?",
        },
        fixed=_LIFETIME,
    ),
    one(
        *("Facebook Pages days", "facebook", ACCOUNT_DAYS),
        {
            "day": "date",
            "followers": "page fans",
            "follows": "page fan adds",
            "unfollows": "page fan removes",
            "views": "page media view|page impressions?",
            "engagements": "page post engagements",
            "profile_views": "page views total?",
            "watch_millis": "page video view time?",
        },
        also="page id",
    ),
    one(
        *("Instagram posts", "instagram", POSTS),
        {
            "post_id": "id",
            "published_at": "created time",
            "title": "caption",
            "url": "permalink",
            "kind": "media type",
        },
        also="shortcode",
    ),
    one(
        *("Instagram post totals", "instagram", POST_DAYS),
        {
            "post_id": "id",
            "day": _SEEN,
            "views": "carousel album views + video photo views + story views + reel views",
            "reach": "carousel album reach + video photo reach + story reach + reel reach?",
            "likes": "like count",
            "comments": "comment count",
            "shares": "carousel album shares + video photo shares + story shares + reel shares?",
            "saves": "carousel album saved + video photo saved?",
        },
        fixed=_LIFETIME,
    ),
    one(
        *("Instagram account", "instagram", ACCOUNT_DAYS),
        {"day": _SEEN, "followers": "followers count"},
        also="follows count, media count",
    ),
    one(
        *("LinkedIn Pages posts", "linkedin", POSTS),
        {"post_id": "id", "published_at": "first published at|created time", "title": "commentary"},
        also="lifecycle state",
    ),
    one(
        *("LinkedIn Pages post totals", "linkedin", POST_DAYS),
        {
            "post_id": "share entity urn",
            "day": _SEEN,
            "views": "impression count",
            "likes": "like count",
            "comments": "comment count",
            "shares": "share count",
            "clicks": "click count",
        },
        fixed=_LIFETIME,
    ),
    one(
        *("X posts", "x", POSTS),
        {
            "post_id": "id",
            "published_at": "created at",
            "title": "full text|full test?",
            "kind": "tweet type?",
        },
        also="retweet count, favorite count",
    ),
    one(
        *("X organic post report", "x", POST_DAYS),
        {
            "post_id": "organic tweet id",
            "day": "date",
            "views": "impressions",
            "likes": "likes",
            "comments": "replies",
            "shares": "retweets",
            "clicks": "url clicks",
        },
        fixed=_DAILY,
    ),
    Layout(
        "YouTube channel report",
        "youtube",
        (
            Part(
                POST_DAYS,
                {
                    "post_id": "video id",
                    "day": "date",
                    "views": "views",
                    "likes": "likes",
                    "comments": "comments",
                    "shares": "shares",
                    "watch_minutes": "watch time minutes",
                },
                _DAILY,
            ),
            Part(
                ACCOUNT_DAYS,
                {
                    "day": "date",
                    "follows": "subscribers gained",
                    "unfollows": "subscribers lost",
                    "views": "views",
                    "watch_minutes": "watch time minutes",
                },
            ),
        ),
        frozenset({"channel id"}),
    ),
    one(
        *("YouTube videos", "youtube", POSTS),
        {"post_id": "id", "published_at": "snippet published at", "title": "snippet title", "kind": "kind"},
    ),
    *(
        Layout(
            f"Meta Business Suite posts ({name})",
            channel,
            (Part(POSTS, _SUITE_POSTS), Part(POST_DAYS, _SUITE_TOTALS, _LIFETIME)),
            frozenset(also),
            note="The numbers are lifetime totals as seen on the day of the import; --date says another day.",
        )
        for name, channel, also in (
            ("Instagram", "instagram", ("data comment", "account username")),
            ("Facebook", "facebook", ("data comment", "page name")),
        )
    ),
    # The numbers are of the period that was chosen on the page, which the file does not tell.
    one(
        *("YouTube Studio content", "youtube", POSTS),
        {"post_id": "content", "title": "video title", "published_at": "video publish time"},
        note="The numbers of YouTube Studio's content table are of a period that the file does not tell.",
    ),
)
