"""What the lake needs at night: small files joined, files nobody reads any more removed."""

import dagster as dg

from core.settings import Settings
from lake.delta import Lake
from lake.maintenance import maintain_all


@dg.asset(key=["upkeep", "lake"], group_name="upkeep", kinds={"deltalake"})
def lake_upkeep() -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Compact, vacuum and checkpoint every table of the lake; never beside a merge of the same table."""
    tables = maintain_all(Lake(Settings().lake_path))
    return dg.MaterializeResult(metadata={"tables": len(tables)})
