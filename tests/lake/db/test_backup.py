"""What was decided comes back exactly, into its own workspace, and nothing else does."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from deltalake import write_deltalake

from core.context import Context
from core.errors import BadInput, Conflict, NotFound
from core.time import FixedClock
from lake.db.backup import backup, restore
from lake.db.declared import TABLES
from lake.db.rows import delete, insert, update
from lake.delta import Lake
from lake.roles import MIGRATIONS
from lake.state import files, store
from lake.state.note import NOTE

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
VALUES = {"day_on": "2026-08-31", "text": "Prices went up."}


@pytest.fixture
def ctx(warehouse, tmp_path):
    services = {"warehouse": warehouse, "files": tmp_path / "files", "lake": Lake(tmp_path / "lake")}
    return Context(uuid4(), "ann", frozenset({"*"}), FixedClock(NOW), services)


def notes(ctx):
    with ctx.service("warehouse").connect(ctx.workspace) as link:
        return {row.id: row for row in store.fetch_all(link, NOTE)}


def changes(answer):
    return {t.table: (t.added, t.changed, t.removed, t.kept) for t in answer.tables}


def test_a_restore_makes_the_tables_what_they_were(ctx):
    same, edited, lost = (insert(ctx, table="note", values={**VALUES, "text": t}) for t in "abc")
    made = backup(ctx)
    assert made.manifest.rows["note"] == 3
    update(ctx, table="note", id=edited.id, version=1, values={"text": "edited"})
    delete(ctx, table="note", id=lost.id, version=1)
    later = insert(ctx, table="note", values={**VALUES, "text": "later"})
    before = notes(ctx)

    trial = restore(ctx, file_id=made.file.id)
    assert changes(trial)["note"] == (1, 1, 1, 1)
    assert trial.is_dry_run
    assert notes(ctx) == before

    real = restore(ctx, file_id=made.file.id, dry_run=False)
    assert changes(real) == changes(trial)
    now = notes(ctx)
    assert {row.id: row.fields["text"] for row in now.values()} == {
        same.id: "a",
        edited.id: "b",
        lost.id: "c",
    }
    assert (now[same.id], now[lost.id]) == (same, lost)
    assert now[edited.id].version == 3
    assert later.id not in now
    assert changes(restore(ctx, file_id=made.file.id))["note"] == (0, 0, 0, 3)


def test_history_is_only_added_to(ctx):
    row = insert(ctx, table="note", values=VALUES)
    update(ctx, table="note", id=row.id, version=1, values={"text": "x"})
    made = backup(ctx)
    assert made.manifest.rows["revision"] == 1
    update(ctx, table="note", id=row.id, version=2, values={"text": "y"})
    assert changes(restore(ctx, file_id=made.file.id, dry_run=False))["revision"] == (0, 0, 0, 1)


def test_the_backup_tells_the_lakes_versions_and_holds_no_secret(ctx, server):
    import polars as pl

    folder = ctx.service("lake").path / "silver" / "order"
    for _ in range(3):
        write_deltalake(folder, pl.DataFrame({"a": [1]}), mode="append")
    made = backup(ctx)
    assert made.manifest.lake_versions == {"silver.order": 2}
    assert made.manifest.migrations == [file.stem for file in sorted(MIGRATIONS.glob("*.sql"))]
    _, path = files.find(ctx, made.file.id)
    assert path.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(path) as box:
        text = b"".join(box.read(name) for name in box.namelist()).decode()
    secret = (server[0].keys_path / "database").read_text()
    assert secret not in text
    assert set(made.manifest.rows) == {*TABLES, "alert_event", "revision"}


def test_a_backup_goes_back_to_its_own_workspace_only(ctx):
    made = backup(ctx)
    other = replace(ctx, workspace=uuid4())
    with pytest.raises(NotFound):
        restore(other, file_id=made.file.id)
    _, path = files.find(ctx, made.file.id)
    stolen = path.parents[1] / str(other.workspace) / path.name
    stolen.parent.mkdir(parents=True)
    stolen.write_bytes(path.read_bytes())
    with pytest.raises(BadInput, match="another workspace"):
        restore(other, file_id=made.file.id, sha256=made.file.sha256)


def test_damaged_bytes_are_noticed(ctx):
    insert(ctx, table="note", values=VALUES)
    made = backup(ctx)
    _, path = files.find(ctx, made.file.id)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"x")
    with pytest.raises(Conflict, match="changed since"):
        restore(ctx, file_id=made.file.id)
    path.write_bytes(b"no zip")
    with pytest.raises(BadInput, match="no backup"):
        restore(ctx, file_id=made.file.id, sha256=files.hash_of(path))


def test_a_backup_the_database_forgot_is_found_by_id_and_hash(ctx):
    insert(ctx, table="note", values=VALUES)
    made = backup(ctx)
    path = ctx.service("files") / str(ctx.workspace) / f"{made.file.id}.zip"
    lost = path.with_name(f"{'0' * 32}.zip")
    path.rename(lost)
    with pytest.raises(NotFound):
        restore(ctx, file_id="0" * 32)
    answer = restore(ctx, file_id="0" * 32, sha256=made.file.sha256)
    assert changes(answer)["note"] == (0, 0, 0, 1)
