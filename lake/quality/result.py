"""What a check found, and what that makes of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lake.quality.rule import Rule, Severity

Layer = Literal["silver", "gold", "mart"]
ResultKind = Literal["expectation", "freshness", "anomaly"]
Judgement = Literal["ok", "warn", "stop"]
MOST_REASONS = 20


@dataclass(frozen=True, slots=True)
class Result:
    """One rule held against one table.

    `rows` were read, `failing` of them break the rule, `set_aside` of these went to quarantine.
    `examples` are a few of the offending values as text. `blocks` is whether what reads the table
    is not built.
    """

    layer: Layer
    table: str
    rule: str
    column: str
    severity: Severity
    passed: bool
    expected: str
    seen: str
    failing: int = 0
    rows: int = 0
    set_aside: int = 0
    examples: tuple[str, ...] = ()
    kind: ResultKind = "expectation"

    @property
    def is_critical(self) -> bool:
        """It fails, critically, and what breaks it is still in the table."""
        return not self.passed and self.severity == "critical" and self.set_aside < max(self.failing, 1)

    @property
    def blocks(self) -> bool:
        """It keeps what reads the table from being built; an odd figure only keeps actions back."""
        return self.is_critical and self.kind == "expectation"

    def sentence(self) -> str:
        """Return what is wrong, in one sentence."""
        aside = f", {self.set_aside} rows set aside" if self.set_aside else ""
        return f"{self.table}: {self.expected}; seen: {self.seen}{aside}."


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run made of a table.

    `fresh_at` is the oldest among the last successful loads that feed it (UTC), None where nothing
    was ever loaded. `fingerprint` names the published state that was judged.
    """

    layer: Layer
    table: str
    verdict: Judgement
    blocks: bool
    reasons: tuple[str, ...]
    fresh_at: datetime | None = None
    fingerprint: str | None = None


def judge(
    layer: Layer,
    table: str,
    results: Sequence[Result],
    *,
    inherited: Sequence[Verdict] = (),
    fresh_at: datetime | None = None,
    fingerprint: str | None = None,
) -> Verdict:
    """Return the verdict of a table from its results and the verdicts of the tables it is made from."""
    failed = sorted((r for r in results if not r.passed), key=lambda r: not r.is_critical)
    parents = [parent for parent in inherited if parent.verdict == "stop"]
    reasons = [result.sentence() for result in failed]
    reasons += [f"{table} is made from {parent.table}, which does not hold." for parent in parents]
    is_stop = bool(parents) or any(result.is_critical for result in failed)
    stale = [parent.fresh_at for parent in inherited if parent.fresh_at]
    return Verdict(
        layer,
        table,
        "stop" if is_stop else "warn" if failed else "ok",
        any(result.blocks for result in failed) or any(parent.blocks for parent in parents),
        tuple(reasons[:MOST_REASONS]),
        fresh_at or min(stale, default=None),
        fingerprint,
    )


def as_result(
    layer: Layer, table: str, rule: Rule, *, rows: int, failing: int, examples: Sequence[str]
) -> Result:
    """Return the result of a rule that was held against `rows` rows."""
    seen = "none break it" if not failing else f"{failing:,} of {rows:,} rows break it"
    if failing and examples:
        seen += f", such as {', '.join(examples[:3])}"
    return Result(
        layer,
        table,
        rule.name,
        ", ".join(rule.columns),
        rule.severity,
        not failing,
        rule.expected(),
        seen,
        failing,
        rows,
        examples=tuple(examples),
    )
