"""The gate before decisions: data that failed a critical check, is stale or was never checked is refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import psycopg

from core.errors import SpreadersError
from lake.quality.due import read_states
from lake.quality.result import Verdict
from lake.quality.store import read_verdicts

NEVER_CHECKED = "it was never checked"
CHECK = "run `spreaders load`, then `spreaders build`, and see the Quality page"


class DataUnsound(SpreadersError):
    """The data is not fit to act on; the message names each table and why, `evidence` all of it."""

    status = 409


def require_sound(
    link: psycopg.Connection, tables: Sequence[str], *, max_age: timedelta, now: datetime
) -> list[Verdict]:
    """Return the verdicts of the tables when all of them may be acted on; warnings may.

    Silver tables, marts and gold tables go by their own names. What is not known is refused.

    Args:
        link: A connection that sees one workspace.
        tables: What a decision is made from.
        max_age: How long ago the oldest of the loads that feed a table may be.
        now: The instant of the decision (UTC).

    Raises:
        DataUnsound: a table failed a critical check, is older than `max_age`, was published since
            its last check, or was never checked.
    """
    known, states = read_verdicts(link), read_states(link)
    refused = {
        table: why
        for table in tables
        if (why := find_objection(known.get(table), states.get(table), max_age=max_age, now=now))
    }
    if refused:
        said = "; ".join(f"{table}: {why}" for table, why in refused.items())
        raise DataUnsound(f"This data is not fit to act on ({said}); {CHECK}.", tables=refused)
    return [known[table] for table in tables]


def find_objection(
    verdict: Verdict | None, state: str | None, *, max_age: timedelta, now: datetime
) -> str | None:
    """Return why a table may not be acted on, None when it may; `state` is its fingerprint as published."""
    if verdict is None:
        return NEVER_CHECKED
    if verdict.verdict == "stop":
        return " ".join(verdict.reasons) or "it failed a critical check"
    if state != verdict.fingerprint:
        return "it was published since it was last checked"
    if verdict.fresh_at is None:
        return "nothing that feeds it was ever loaded without error"
    if now - verdict.fresh_at > max_age:
        hours, most = ((span.total_seconds() / 3600) for span in (now - verdict.fresh_at, max_age))
        return f"its oldest load is {hours:,.0f} hours old, {most:,.0f} are allowed"
    return None
