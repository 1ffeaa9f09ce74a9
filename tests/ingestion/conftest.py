from __future__ import annotations

from datetime import timedelta

import pytest


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr("ingestion.accounts.LONGEST_PAUSE", timedelta(0))
