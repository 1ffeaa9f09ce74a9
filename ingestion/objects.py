"""How far each object of a stream was loaded, so that one found late, or missed, gets its whole history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import takewhile

import polars as pl

from channels.contract import Account, Stream
from ingestion.checkpoints import Place
from ingestion.plan import Marks, Slice, plan_slices
from lake.delta import Lake


@dataclass(frozen=True, slots=True)
class Reached:
    """How far an object was loaded: from `since` to `until`, which is None while it keeps up with its stream.

    Both are numbers as in `Marks`.
    """

    since: int | None
    until: int | None


@dataclass(slots=True)
class Group:
    """Objects that were loaded equally far, and the slices that bring them to the present."""

    marks: Marks
    keys: Sequence[str]
    slices: list[Slice] = field(default_factory=list)


def read_reached(lake: Lake, place: Place) -> dict[str, Reached]:
    """Return how far each object of the place was loaded; an object never loaded is not there."""
    rows = lake.read("ops", "object", place.workspace, _of(place))
    last = rows.sort("load_seq", "loaded_at", maintain_order=True).unique(
        "object_key", keep="last", maintain_order=True
    )
    return {
        key: Reached(since, until) for key, since, until in last.select("object_key", "since", "until").rows()
    }


def write_reached(lake: Lake, place: Place, reached: Mapping[str, Reached], seq: int, at: datetime) -> None:
    """Append how far these objects were loaded; after the rows themselves, so never ahead of them."""
    if not reached:
        return
    owner = {
        "workspace_id": place.workspace,
        "channel": place.channel,
        "stream": place.stream,
        "account_id": place.account_id,
        "load_seq": seq,
        "loaded_at": at,
    }
    rows = [
        {**owner, "object_key": key, "since": one.since, "until": one.until} for key, one in reached.items()
    ]
    lake.append("ops", "object", pl.DataFrame(rows, infer_schema_length=None))


def _of(place: Place) -> pl.Expr:
    return (
        (pl.col("channel") == place.channel)
        & (pl.col("stream") == place.stream)
        & (pl.col("account_id") == place.account_id)
    )


def group_objects(known: Iterable[str], marks: Marks, reached: Mapping[str, Reached]) -> list[Group]:
    """Return the objects by how far they were loaded; the first group moves the stream's marks.

    That is the group that keeps up with the stream, or where there is none, the one that is furthest behind.
    """
    groups: dict[tuple[int | None, int | None], list[str]] = {}
    for key in known:
        one = reached.get(key)
        until, since = (None, None) if one is None else (one.until, one.since)
        if one is not None and until is None:
            until = marks.until
            if since is not None and marks.since is not None:
                since = max(since, marks.since)
        groups.setdefault((until, since), []).append(key)
    own = (marks.until, marks.since)
    ordered = sorted(groups, key=lambda mark: (mark != own, mark[0] or 0, mark[1] or 0))
    return [Group(replace(marks, until=mark[0], since=mark[1]), groups[mark]) for mark in ordered]


def plan_groups(
    stream: Stream,
    account: Account,
    marks: Marks,
    reached: Mapping[str, Reached],
    *,
    now: datetime,
    days: int,
    known: Sequence[str],
) -> list[Group]:
    """Return what to fetch for each group of objects; see `plan_slices`."""
    groups = group_objects(known, marks, reached)
    for number, group in enumerate(groups):
        slices = plan_slices(stream, account, group.marks, now=now, days=days, known=group.keys)
        group.slices = [replace(one, is_late=number > 0) for one in slices]
    return groups


def settle_groups(
    groups: Sequence[Group],
    reached: Mapping[str, Reached],
    before: Marks,
    after: Marks,
    *,
    ended: Sequence[Slice],
    missed: Mapping[str, Slice],
) -> dict[str, Reached]:
    """Return the objects whose reach changed in a load.

    Args:
        groups: What was fetched.
        reached: How far the objects were loaded before.
        before: The stream's marks before the load.
        after: The stream's marks after it.
        ended: The slices that were read to their end.
        missed: Per object that a slice did not bring, the first such slice.
    """
    is_ended = {id(one) for one in ended}
    asked = {key for group in groups for key in group.keys}
    changed = {
        key: Reached(one.since, before.until)
        for key, one in reached.items()
        if key not in asked and one.until is None  # gone from the list: should it return, it is behind
    }
    for number, group in enumerate(groups):
        done = list(takewhile(lambda one: id(one) in is_ended, group.slices))
        now_at = _lead(after) if number == 0 else _follow(group, done)
        for key in group.keys:
            then = _miss(group, after, missed[key]) if key in missed else now_at
            if then is not None and then != reached.get(key):
                changed[key] = then
    return changed


def _lead(after: Marks) -> Reached | None:
    return Reached(after.since, None) if after.until is not None else None


def _follow(group: Group, done: Sequence[Slice]) -> Reached | None:
    """Return how far a late group came: to the present, or as far as its slices were read."""
    sinces = [one.since for one in done] + [group.marks.since]
    since = min((number for number in sinces if number is not None), default=None)
    if len(done) == len(group.slices):
        return Reached(since, None)
    watermarks = [
        number for number in (group.marks.until, *(one.until for one in done)) if number is not None
    ]
    return Reached(since, max(watermarks)) if since is not None and watermarks else None


def _miss(group: Group, after: Marks, missed: Slice) -> Reached | None:
    """Return how far an object came that was not read: to the day before the slice, or as before the load."""
    began = group.marks.since if group.marks.since is not None else after.since
    if missed.span.days is not None and began is not None:
        until = missed.span.days.first.toordinal() - 1
        if until >= began:
            return Reached(began, until)
    return None if group.marks.until is None else Reached(group.marks.since, group.marks.until)
