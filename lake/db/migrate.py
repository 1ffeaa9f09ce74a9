"""Bringing the database's own tables up to this release."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from core.context import Context
from core.operation import operation

DryRun = Annotated[bool, Field(description="Whether to only name what is pending.")]


class Migrations(BaseModel):
    """The answer of `db.migrate`."""

    is_dry_run: bool = Field(description="Whether nothing was changed.")
    applied: list[str] = Field(description="Migrations the database had before, oldest first.")
    pending: list[str] = Field(description="Migrations it lacked before, in order.")
    now_applied: list[str] = Field(description="Of these, applied by this call.")


@operation("db.migrate", effect="destroy", reach="workspace")
def migrate(ctx: Context, *, dry_run: DryRun = True) -> Migrations:
    """Return which migrations the database has and lacks, and with `dry_run` false apply what it lacks.

    Each is one transaction; they concern all workspaces of this database. A process that opens the
    database applies them too, so there is something pending only after the release was renewed under a
    running one. Off unless the owner sets SPREADERS_ALLOW_DESTROY=true; a dry run is always allowed.

    Raises:
        GuardrailDenied: the owner did not allow it.
        ProviderNotConfigured: the database's user may not change its tables.
        VendorDown: the database does not answer.
    """
    warehouse = ctx.service("warehouse")
    before: list[str] = warehouse.check(ctx.workspace).migrations
    pending: list[str] = warehouse.pending_migrations()
    done: list[str] = [] if dry_run else warehouse.migrate()
    return Migrations(is_dry_run=dry_run, applied=before, pending=pending, now_applied=done)
