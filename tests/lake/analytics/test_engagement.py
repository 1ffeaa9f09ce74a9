"""Reactions to posts, pages and mails of the market made by hand."""

from __future__ import annotations

from datetime import date

import pytest

from core.errors import BadInput
from lake.analytics.engagement import get_engagement
from lake.analytics.platforms import get_platform_metrics
from tests.transforms.market import FIRST, LAST

AUGUST = {"first_on": date(2026, 8, 1), "last_on": LAST}


def test_channels_tell_pages_and_mails_together(ctx):
    rows = {row.channel: row for row in get_engagement(ctx, **AUGUST).rows}
    assert set(rows) == {"instagram", "mailchimp"}
    assert (rows["instagram"].views, rows["instagram"].sent) == (500, None)
    mail = rows["mailchimp"]
    assert (mail.sent, mail.unique_opens, mail.open_rate, mail.click_rate) == (110, 40, 0.4, 0.1)


def test_a_post_and_a_mail_agree_with_the_platforms_own_page(ctx):
    (post,) = get_engagement(ctx, by="post", **AUGUST).rows
    same = get_platform_metrics(ctx, channel="instagram", level="post", **AUGUST).rows[0]
    assert (post.views, post.engagements, post.engagement_rate) == (200, 10, 0.05)
    assert (post.id, post.views, post.engagements) == (same.id, same.views, same.engagements)
    assert (post.likes, post.comments, post.shares) == (8, 2, None)
    (mail,) = get_engagement(ctx, by="mail", **AUGUST).rows
    assert (mail.name, mail.unique_clicks, mail.click_rate) == ("News 8", 10, 0.1)


def test_totals_are_sums_by_sums_and_over_more_than_the_rows_shown(ctx):
    answer = get_engagement(ctx, by="mail", first_on=FIRST, last_on=LAST, limit=1)
    assert len(answer.rows) == 1
    assert (answer.totals.sent, answer.totals.unique_opens, answer.totals.open_rate) == (220, 80, 0.4)


def test_one_channel_or_an_empty_period_or_another_workspace(ctx, theirs):
    assert [r.channel for r in get_engagement(ctx, channel="mailchimp", **AUGUST).rows] == ["mailchimp"]
    assert get_engagement(theirs, **AUGUST).rows == []
    assert get_engagement(theirs, by="post", **AUGUST).totals.engagement_rate is None
    with pytest.raises(BadInput, match="ends"):
        get_engagement(ctx, first_on=LAST, last_on=FIRST)
