"""One small market shared by tests that only read."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from sandbox.market import World, load_scenario

PAID = ["google_ads", "meta_ads"]
ORGANIC = ["youtube", "facebook", "instagram"]


def collect_frames(world: World) -> dict[str, pl.DataFrame]:
    """Every frame of a world, by name."""
    first, last = world.first_day, world.today
    frames = {
        name: getattr(world, name)()
        for name in (
            "mail_lists", "mail_members", "mail_campaigns", "products", "customers", "orders", "order_lines",
            "refunds",
        )
    }  # fmt: skip
    for channel in PAID:
        for name in ("accounts", "campaigns", "ad_sets", "ads"):
            frames[f"{name} {channel}"] = getattr(world, name)(channel)
        frames[f"ad_daily {channel}"] = world.ad_daily(channel, first, last)
    for channel in ORGANIC:
        frames[f"posts {channel}"] = world.posts(channel)
        frames[f"post_daily {channel}"] = world.post_daily(channel, first, last)
        frames[f"account_daily {channel}"] = world.account_daily(channel, first, last)
    frames["mail_events"] = world.mail_events(first, last)
    frames["site_events"] = world.site_events(first, last)
    frames["contribution"] = world.truth.contribution()
    frames["true orders"] = world.truth.orders()
    frames["journeys"] = world.truth.journeys(first, last)
    return frames


@pytest.fixture(scope="session")
def small() -> World:
    """The small scenario after its 30 days; nobody may change it."""
    return World(load_scenario("small"))


@pytest.fixture(scope="session")
def show_all() -> Callable[[World], dict[str, pl.DataFrame]]:
    """A function that gives every frame of a world by name."""
    return collect_frames
