"""The alerts as an asset: judged after every build of the models, with a check that tells what fires."""

import dagster as dg

from lake.analytics.alerting import evaluate_alerts
from orchestration.platform import Platform

NOTHING_FIRES = "nothing_fires"
KEY = dg.AssetKey(["state", "alert_event"])


def alert_asset(models: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """Return the asset downstream of every model; its check warns, it never stops a run."""

    @dg.asset(
        key=KEY,
        deps=list(models.keys),
        group_name="state",
        kinds={"postgres"},
        check_specs=[dg.AssetCheckSpec(NOTHING_FIRES, asset=KEY)],
    )
    def alerts(platform: Platform) -> dg.MaterializeResult:  # type: ignore[type-arg]
        """Judge every active alert on the new numbers and record what fired or came to rest."""
        with platform.open() as services:
            events = evaluate_alerts(services.context("alerts", frozenset()))
        fired = [event.because for event in events if event.kind == "fired"]
        return dg.MaterializeResult(
            metadata={"events": len(events), "fired": len(fired)},
            check_results=[
                dg.AssetCheckResult(
                    passed=not fired,
                    check_name=NOTHING_FIRES,
                    severity=dg.AssetCheckSeverity.WARN,
                    metadata={"because": "\n".join(fired)},
                )
            ],
        )

    return alerts
