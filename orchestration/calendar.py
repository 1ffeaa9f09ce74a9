"""The workspace's own calendar: the days that visits are counted by."""

from __future__ import annotations

from uuid import UUID

from core.settings import Settings
from lake.delta import Lake


def workspace_zone(settings: Settings) -> str:
    """Return the zone of the workspace: SPREADERS_TIMEZONE, else that of its shop, else UTC.

    Orders follow the shop's calendar; visits follow the same, so that an order and the visit it was made in
    are of one day.
    """
    if "timezone" in settings.model_fields_set:
        return settings.timezone
    return find_shop_zone(Lake(settings.lake_path), settings.workspace) or settings.timezone


def find_shop_zone(lake: Lake, workspace: UUID) -> str | None:
    """Return the zone of the account with most orders, None before any order was loaded."""
    if lake.open("silver", "order") is None or lake.open("silver", "account") is None:
        return None
    keys = ["channel", "account_id"]
    orders = lake.scan("silver", "order", str(workspace)).group_by(keys).len()
    accounts = lake.scan("silver", "account", str(workspace)).select(*keys, "timezone")
    found = orders.join(accounts, on=keys).sort("len", *keys, descending=[True, False, False]).collect()
    return found["timezone"][0] if len(found) else None
