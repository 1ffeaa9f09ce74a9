"""The checks as Dagster sees them: one blocking check a table, its severity the verdict's."""

from collections.abc import Iterable, Iterator, Sequence

import dagster as dg

from lake.quality.gold import GOLD_SUITES
from lake.quality.marts import MARTS
from lake.quality.result import Verdict
from lake.schemas import SILVER
from orchestration.platform import Platform
from orchestration.quality import Outcome, open_checks

SOUND = "sound"
POOL = "warehouse"


def sound_specs(keys: Iterable[dg.AssetKey]) -> list[dg.AssetCheckSpec]:
    """Return a blocking check for each asset: what is made from one that stops is not made."""
    about = "Holds to its expectations; a warning lets pass, a critical failure stops what is made from it."
    return [dg.AssetCheckSpec(SOUND, asset=key, blocking=True, description=about) for key in keys]


def silver_specs(group: str) -> list[dg.AssetCheckSpec]:
    """Return the checks of the published silver tables."""
    return sound_specs(dg.AssetKey([group, name]) for name in SILVER)


def tell_verdicts(found: Outcome, prefix: str, names: Iterable[str]) -> Iterator[dg.AssetCheckResult]:
    """Yield the check result of every named table, those that were not judged as failed."""
    known = {verdict.table: verdict for verdict in found.verdicts}
    for name in names:
        yield _tell(found, dg.AssetKey([prefix, name]), known.get(name))


def mart_checks(prefix: str = "marts") -> dg.AssetChecksDefinition:
    """Return the checks of the marts that have rules, made in one step after the models."""
    return _checks("marts_hold", prefix, list(MARTS))


def gold_checks(
    assets: Sequence[dg.AssetsDefinition], prefix: str = "gold"
) -> list[dg.AssetChecksDefinition]:
    """Return the checks of those gold tables that are assets here."""
    present = {key.path[-1] for asset in assets for key in asset.keys if key.path[0] == prefix}
    names = [name for name in GOLD_SUITES if name in present]
    return [_checks("gold_holds", prefix, names)] if names else []


def _checks(step: str, prefix: str, names: list[str]) -> dg.AssetChecksDefinition:
    specs = sound_specs(dg.AssetKey([prefix, name]) for name in names)

    @dg.multi_asset_check(specs=specs, name=step, pool=POOL)
    def hold(platform: Platform) -> Iterator[dg.AssetCheckResult]:
        with platform.open() as services, open_checks(services) as checks:
            found = checks.check_gold(names) if prefix == "gold" else checks.check_models()
        yield from tell_verdicts(found, prefix, names)

    return hold


def _tell(found: Outcome, key: dg.AssetKey, verdict: Verdict | None) -> dg.AssetCheckResult:
    own = [result for result in found.results if result.table == key.path[-1]]
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
