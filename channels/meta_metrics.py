"""Reading organic metrics of Facebook and Instagram, whose names the vendor withdraws now and then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from channels import meta
from channels.connection import Connection
from channels.contract import Gap, Record
from core.errors import NotFound, Rejected, SpreadersError, VendorDown

# A name that has failed for so many objects, and was answered by none, is asked for no more.
WITHDRAWN_AFTER = 50
# A medium of the time before the account became a professional one.
BEFORE_CONVERSION = 2108006


@dataclass(frozen=True)
class Question:
    """The metrics of one object: `about` is ours, to know the answer by."""

    about: Any
    node: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def address(self, metrics: Sequence[str]) -> str:
        """Return the relative address that asks for these metrics."""
        return f"{self.node}/insights?{urlencode({'metric': ','.join(metrics), **self.params})}"


@dataclass(slots=True)
class Names:
    """What is known of the metrics of one kind of object, over all pages of a run.

    Attributes:
        alive: Names that some object has answered.
        failed: How many objects each other name has failed for.
    """

    alive: set[str] = field(default_factory=set)
    failed: Counter[str] = field(default_factory=Counter)

    def note(self, names: Iterable[str], answer: Any) -> None:
        """Note what an object answered to these names."""
        if _is_bad_metric(answer):
            self.failed.update(names)
        elif not isinstance(answer, SpreadersError):
            self.alive.update(names)

    def split(self, metrics: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return the names to ask for together and the doubtful ones, each asked for alone."""
        together = [name for name in metrics if name in self.alive or not self.failed[name]]
        alone = [name for name in metrics if name not in together and self.failed[name] < WITHDRAWN_AFTER]
        return together, alone


@dataclass(slots=True)
class Refusals:
    """What the vendor did not answer: a refused object has no numbers; if all are refused the read failed."""

    is_any_answered: bool = False
    first: SpreadersError | None = None
    unanswered: int = 0

    def note(self, answer: Any) -> None:
        """Note the answer about one object."""
        if isinstance(answer, VendorDown):
            self.unanswered += 1
        elif isinstance(answer, SpreadersError) and not _is_without_numbers(answer):
            self.first = self.first or answer
        else:
            self.is_any_answered = True

    def settle_after(self, pages: Iterator[Sequence[Record]]) -> Iterator[Sequence[Record] | Gap]:
        """Yield pages once an object was answered, and settle after the last."""
        held: list[Sequence[Record]] = []
        for page in pages:
            held.append(page)
            if self.is_any_answered:
                yield from held
                held.clear()
        yield from self.settle()
        yield from held

    def settle(self) -> Iterator[Gap]:
        """Yield what was left out; raise the first refusal where nothing but refusals came."""
        if self.first is not None and not self.is_any_answered:
            raise self.first
        if self.unanswered:
            yield Gap(f"Meta left the numbers of {self.unanswered} objects unanswered.")


def read_metrics(
    connection: Connection,
    questions: Iterable[Question],
    metrics: Sequence[str],
    kind: str,
    token: str | None = None,
    *,
    refusals: Refusals | None = None,
) -> Iterator[tuple[Any, list[Record]]]:
    """Yield `(about, the vendor's metrics)` of the questions, in batches, in no certain order.

    One name that is none for an object fails the object's whole read (error 100): its names are then
    asked for one by one, and those it has arrive. A name no object has answered yet is asked for alone,
    and is left out once it has failed for 50 objects of this `kind`. An object that is gone, is refused
    or has no metric at all yields an empty list; one left unanswered yields nothing.

    Raises:
        SpreadersError: every object was refused, or one was left unanswered; a caller that gives
            `refusals` settles that itself, after its last page.
    """
    counted = refusals or Refusals()
    results = []
    for question, answer in _read_each(connection, list(questions), metrics, kind, token):
        counted.note(answer)
        if not isinstance(answer, VendorDown):
            results.append((question.about, [] if isinstance(answer, SpreadersError) else answer))
        elif refusals is None:
            raise answer
    if refusals is None:
        list(counted.settle())
    return iter(results)


def _read_each(
    connection: Connection, questions: list[Question], metrics: Sequence[str], kind: str, token: str | None
) -> Iterator[tuple[Question, list[Record] | SpreadersError]]:
    names: Names = connection.memo.setdefault(f"metrics {kind}", Names())
    waiting = questions
    while waiting:
        together, alone = names.split(metrics)
        asked = [*([together] if together else []), *([name] for name in alone)]
        refused = []
        for question, answers in _ask(connection, waiting, asked, token):
            is_refused = len(together) > 1 and _needs_splitting(answers[0])
            for group, answer in zip(asked, answers, strict=True):
                if not (is_refused and group is together):
                    names.note(group, answer)
            if is_refused:
                refused.append(question)
            else:
                yield question, _join(answers)
        waiting = []
        for position, question in enumerate(refused):
            one_by_one = [[name] for group in asked for name in group]
            ((_, answers),) = _ask(connection, [question], one_by_one, token)
            for group, answer in zip(one_by_one, answers, strict=True):
                names.note(group, answer)
            yield question, _join(answers)
            if names.split(metrics)[0] != together:
                waiting = refused[position + 1 :]
                break


def _ask(
    connection: Connection, questions: Sequence[Question], groups: Sequence[Sequence[str]], token: str | None
) -> list[tuple[Question, list[Any]]]:
    """Ask every question for every group of names; an answer is the vendor's list or an error."""
    addresses = [question.address(group) for question in questions for group in groups]
    answers = [_series_of(answer) for _, answer in meta.read_batch(connection, addresses, token)]
    size = len(groups)
    return [(question, answers[n * size : (n + 1) * size]) for n, question in enumerate(questions)]


def _series_of(answer: Any) -> Any:
    if isinstance(answer, SpreadersError):
        return answer
    series = answer.get("data") if isinstance(answer, Mapping) else None
    if not isinstance(series, list):
        return VendorDown("Meta answered with something else than a list of metrics; try again later.")
    return [metric for metric in series if isinstance(metric, dict)]


def _join(answers: Sequence[Any]) -> list[Record] | SpreadersError:
    """Return all metrics of an object; the error of one that has none but was refused for another reason."""
    series = [metric for answer in answers if isinstance(answer, list) for metric in answer]
    errors = [answer for answer in answers if isinstance(answer, SpreadersError)]
    down = [error for error in errors if isinstance(error, VendorDown)]
    refused = [error for error in errors if not _is_bad_metric(error)]
    if down or (refused and len(errors) == len(answers)):
        return (down or refused)[0]
    return series


def _needs_splitting(answer: Any) -> bool:
    return _is_bad_metric(answer) or (isinstance(answer, Rejected) and meta.is_too_much(answer))


def _is_bad_metric(answer: Any) -> bool:
    """Say whether the vendor refused a name: error 100 also means a bad range, which is our mistake."""
    is_invalid = isinstance(answer, Rejected) and answer.evidence.get("code") == meta.INVALID
    return is_invalid and "metric" in str(answer.evidence.get("vendor_says")).lower()


def _is_without_numbers(error: SpreadersError) -> bool:
    """Say whether the object has no numbers, and never will: it is gone, or older than the account's kind."""
    return (
        isinstance(error, NotFound)
        or _is_bad_metric(error)
        or error.evidence.get("subcode") == BEFORE_CONVERSION
    )


def fold_days(series: Iterable[Record]) -> dict[date, Record]:
    """Turn series of `{value, end_time}` into one record a day: metric name -> the vendor's value."""
    days: dict[date, Record] = {}
    for metric in series:
        for value in metric.get("values") or ():
            day = day_before(value["end_time"])
            record = days.setdefault(day, {"_day": str(day), "end_time": value["end_time"]})
            record[metric["name"]] = value["value"]
    return days


def fold_totals(series: Iterable[Record]) -> Record:
    """Turn totals, given as `values` of one or as `total_value`, into metric name -> the vendor's value."""
    totals: Record = {}
    for metric in series:
        if isinstance(metric.get("total_value"), Mapping):
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
