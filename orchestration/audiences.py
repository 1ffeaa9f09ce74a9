"""Brings what people decided about audiences to where the jobs read it."""

from __future__ import annotations

from actions.services import Services
from lake.audiences.definitions import copy_definitions
from lake.audiences.ready import ensure_ready

# Who keeps the ready-made audiences.
AUTHOR = "spreaders"


def copy_audiences(services: Services) -> int:
    """Copy the definitions into the lake, the ready-made ones first made where there never were any.

    Returns how many audiences there are.
    """
    ensure_ready(services.context(AUTHOR, frozenset({"db.insert"})))
    workspace = services.settings.workspace
    with services.warehouse.connect(workspace) as link:
        return copy_definitions(services.lake, link, str(workspace))
