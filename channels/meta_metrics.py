"""Reading organic metrics of Facebook and Instagram, whose names the vendor withdraws now and then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from channels import meta
from channels.connection import Connection
from channels.contract import Record
from core.errors import NotFound, Rejected, SpreadersError


@dataclass(frozen=True)
class Question:
    """The metrics of one object: `about` is ours, to know the answer by."""

    about: Any
    node: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def address(self, metrics: Sequence[str]) -> str:
        """Return the relative address that asks for these metrics."""
        return f"{self.node}/insights?{urlencode({'metric': ','.join(metrics), **self.params})}"


def read_metrics(
    connection: Connection,
    questions: Iterable[Question],
    metrics: Sequence[str],
    kind: str,
    token: str | None = None,
) -> Iterator[tuple[Any, list[Record]]]:
    """Yield `(about, the vendor's metrics)` for every question, in batches.

    One withdrawn name fails a whole read (error 100). Such a name is found by asking one by one, and
    is left out for this `kind` of object from then on. An object that is gone, or has no metric at
    all, yields an empty list.
    """
    withdrawn: set[str] = connection.memo.setdefault(f"withdrawn {kind}", set())
    waiting = list(questions)
    while waiting:
        alive = [name for name in metrics if name not in withdrawn]
        refused: list[Question] = []
        answers = meta.read_batch(connection, [question.address(alive) for question in waiting], token)
        for question, (_, found) in zip(waiting, answers, strict=True):
            if _is_bad_metric(found):
                refused.append(question)
            else:
                yield question.about, _series_of(found)
        waiting = []
        for position, question in enumerate(refused):
            dead = _find_dead(connection, question, alive, token)
            if dead and len(dead) < len(alive):
                withdrawn |= dead
                waiting = refused[position:]
                break
            yield question.about, []


def _is_bad_metric(found: Any) -> bool:
    """Say whether the vendor refused a name: error 100 also means a bad range, which is our mistake."""
    is_invalid = isinstance(found, Rejected) and found.evidence.get("code") == meta.INVALID
    return is_invalid and "metric" in str(found.evidence.get("vendor_says")).lower()


def _series_of(found: Any) -> list[Record]:
    if isinstance(found, NotFound):
        return []
    if isinstance(found, SpreadersError):
        raise found
    series: list[Record] = found["data"]
    return series


def _find_dead(
    connection: Connection, question: Question, alive: Sequence[str], token: str | None
) -> set[str]:
    answers = meta.read_batch(connection, [question.address([name]) for name in alive], token)
    return {name for name, (_, found) in zip(alive, answers, strict=True) if _is_bad_metric(found)}


def fold_days(series: Iterable[Record]) -> dict[date, Record]:
    """Turn series of `{value, end_time}` into one record a day: metric name -> the vendor's value."""
    days: dict[date, Record] = {}
    for metric in series:
        for value in metric.get("values", ()):
            day = day_before(value["end_time"])
            record = days.setdefault(day, {"_day": str(day), "end_time": value["end_time"]})
            record[metric["name"]] = value["value"]
    return days


def fold_totals(series: Iterable[Record]) -> Record:
    """Turn totals, given as `values` of one or as `total_value`, into metric name -> the vendor's value."""
    totals: Record = {}
    for metric in series:
        if "total_value" in metric:
            totals[metric["name"]] = metric["total_value"].get("value")
        elif metric.get("values"):
            totals[metric["name"]] = metric["values"][-1].get("value")
    return totals


def starts_at(day: date) -> int:
    """Return the Unix second a vendor day begins."""
    return int(datetime.combine(day, time(), ZoneInfo(meta.TIMEZONE)).timestamp())


def day_before(end_time: str) -> date:
    """Return the day a value belongs to: `end_time` is the midnight after it.

    Half a day is taken off, so a vendor that forgets summer time cannot shift the day.
    """
    end_at = datetime.strptime(end_time, "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC)
    return (end_at - timedelta(hours=12)).astimezone(ZoneInfo(meta.TIMEZONE)).date()
