"""Every declared table by name; a new one is a migration and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.errors import BadInput
from lake.analytics.alerting import ALERT
from lake.analytics.dashboards import DASHBOARD
from lake.analytics.goals import GOAL
from lake.audiences.definitions import AUDIENCE_DEFINITION
from lake.metrics.custom import METRIC_DEFINITION
from lake.state.declared import Declared
from lake.state.note import NOTE
from lake.state.person_pair import PERSON_PAIR

TABLES: Mapping[str, Declared] = MappingProxyType(
    {
        table.name: table
        for table in (ALERT, AUDIENCE_DEFINITION, DASHBOARD, GOAL, METRIC_DEFINITION, NOTE, PERSON_PAIR)
    }
)


def declared(name: str) -> Declared:
    """Return a declared table, or say which there are."""
    if name not in TABLES:
        raise BadInput(f"Rows of {name!r} are not written here; the tables are {', '.join(sorted(TABLES))}.")
    return TABLES[name]
