"""A workspace sees its own rows and nobody else's, whatever it asks."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from actions.dispatch import dispatch
from actions.services import open_services
from core.errors import BadInput
from core.settings import Settings


@pytest.fixture(scope="module")
def ours(loaded_home):
    with open_services(Settings(home=loaded_home.path)) as services:
        yield services.context("tester", frozenset({"*"}))


@pytest.fixture(scope="module")
def others(ours):
    return replace(ours, workspace=uuid4())


def test_another_workspace_sees_no_number(ours, others):
    for name in ("analytics.getOverview", "analytics.compareChannels"):
        assert dispatch(name, {}, ours)["channels"]
        assert dispatch(name, {}, others)["channels"] == []
    for by in ("channel", "campaign"):
        assert dispatch("analytics.getROI", {"by": by}, ours)["rows"]
        assert dispatch("analytics.getROI", {"by": by}, others)["rows"] == []
    assert dispatch("analytics.getROI", {"by": "total"}, others)["totals"]["spend_minor"] == 0


def test_another_workspace_sees_no_account_no_load_and_no_check(ours, others):
    assert dispatch("analytics.getPlatformMetrics", {"channel": "meta_ads"}, ours)["rows"]
    with pytest.raises(BadInput):
        dispatch("analytics.getPlatformMetrics", {"channel": "meta_ads"}, others)
    mine, theirs = (dispatch("db.getHealth", {"with_detail": True}, who) for who in (ours, others))
    assert mine["tables"]
    assert mine["latest_on"]
    assert theirs["tables"] == []
    assert theirs["latest_on"] is None
    assert mine["detail"]["freshness"]
    assert all(theirs["detail"][name] == [] for name in ("freshness", "quarantine", "restatements", "drift"))
