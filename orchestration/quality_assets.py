"""The checks as Dagster sees them: one blocking check a table, its severity the verdict's."""

from collections.abc import Iterable, Iterator

import dagster as dg

from lake.gold import GOLD
from lake.quality.gold import GOLD_SUITES
from lake.quality.marts import MARTS
from lake.quality.result import Verdict
from lake.schemas import SILVER
from orchestration.platform import Platform
from orchestration.quality import Outcome, open_checks

SOUND = "sound"
# The published tables with a suite; each is checked where it is published, before the models read it.
CHECKED = (*SILVER, *(name for name in GOLD if name in GOLD_SUITES))
POOL = "warehouse"


def sound_specs(keys: Iterable[dg.AssetKey], *, blocking: bool = True) -> list[dg.AssetCheckSpec]:
    """Return a check for each asset; what is made from one that stops is not made where it blocks."""
    about = "Holds to its expectations; a warning lets pass, a critical failure stops what is made from it."
    return [dg.AssetCheckSpec(SOUND, asset=key, blocking=blocking, description=about) for key in keys]


def lake_specs(group: str) -> list[dg.AssetCheckSpec]:
    """Return the checks of the published silver and gold tables."""
    return sound_specs(dg.AssetKey([group, name]) for name in CHECKED)


def tell_verdicts(found: Outcome, prefix: str, names: Iterable[str]) -> Iterator[dg.AssetCheckResult]:
    """Yield the check result of every named table; what was not judged fails, an empty gold table holds."""
    known = {verdict.table: verdict for verdict in found.verdicts}
    for name in names:
        yield _tell(found, dg.AssetKey([prefix, name]), known.get(name))


def mart_checks(prefix: str = "marts") -> dg.AssetChecksDefinition:
    """Return the checks of the marts that have rules, made in one step after the models.

    A mart is read by other marts of the same dbt run, so its check cannot stand in between: what
    a failing one keeps back is decisions, by the gate.
    """
    keys = [dg.AssetKey([prefix, name]) for name in MARTS]

    @dg.multi_asset_check(specs=sound_specs(keys, blocking=False), name="marts_hold", pool=POOL)
    def hold(platform: Platform) -> Iterator[dg.AssetCheckResult]:
        with platform.build() as services, open_checks(services) as checks:
            found = checks.check_models()
        yield from tell_verdicts(found, prefix, MARTS)

    return hold


def _tell(found: Outcome, key: dg.AssetKey, verdict: Verdict | None) -> dg.AssetCheckResult:
    own = [result for result in found.results if result.table == key.path[-1]]
    if verdict is None and key.path[-1] in GOLD:
        verdict = Verdict("gold", key.path[-1], "ok", blocks=False, reasons=("It holds nothing yet.",))
    blocks = verdict is None or verdict.blocks
    reasons = list(verdict.reasons) if verdict else ["It was not checked."]
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=SOUND,
        passed=verdict is not None and verdict.verdict == "ok",
        severity=dg.AssetCheckSeverity.ERROR if blocks else dg.AssetCheckSeverity.WARN,
        metadata={
            "verdict": verdict.verdict if verdict else "unknown",
            "reasons": reasons,
            "rules": len(own),
            "failing": {result.rule: result.failing for result in own if not result.passed},
        },
    )
