"""Pending migrations are named, and applied when told to."""

from __future__ import annotations

import shutil
from uuid import uuid4

import pytest

from core.context import Context
from core.settings import Settings
from lake import roles
from lake.db.migrate import migrate
from lake.warehouse import Warehouse


@pytest.fixture
def ctx(home):
    with Warehouse.open(Settings(home=home, database_url=None)) as warehouse:
        yield Context(uuid4(), "ann", frozenset({"*"}), services={"warehouse": warehouse})


def test_a_new_file_is_pending_until_it_is_applied(ctx, tmp_path, monkeypatch):
    known = migrate(ctx)
    assert (known.pending, known.now_applied, known.is_dry_run) == ([], [], True)
    folder = shutil.copytree(roles.MIGRATIONS, tmp_path / "migrations")
    (folder / "9999_trial.sql").write_text("CREATE TABLE state.trial (a integer)")
    monkeypatch.setattr(roles, "MIGRATIONS", folder)
    assert migrate(ctx).pending == ["9999_trial"]
    done = migrate(ctx, dry_run=False)
    assert (done.applied, done.now_applied) == (known.applied, ["9999_trial"])
    again = migrate(ctx, dry_run=False)
    assert (again.applied, again.pending, again.now_applied) == ([*known.applied, "9999_trial"], [], [])
