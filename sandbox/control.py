"""The sandbox's own routes: the clock, the truth, the ledger, faults and the replay of the web site."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import polars as pl
from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from sandbox.faults import FaultBook, Rule
from sandbox.guarded import GuardedWorld
from sandbox.ledger import list_ledger
from sandbox.replay import CollectorRefusedError, replay_site
from sandbox.twin import TheWorld, answer

router = APIRouter()


def read_clock(world: GuardedWorld) -> dict[str, Any]:
    """Where the market stands."""
    with world.hold():
        return {
            "now": world.now.isoformat(),
            "today": world.today.isoformat(),
            "first_day": world.first_day.isoformat(),
            "days": (world.today - world.first_day).days + 1,
            "scenario": world.scenario.name,
            "currency": world.currency,
            "timezone": world.timezone,
            "version": world.version,
        }


@router.get("/_clock")
def get_clock(world: TheWorld) -> Response:
    """The market's time."""
    return answer(read_clock(world))


@router.post("/_clock")
def advance_clock(world: TheWorld, days: Annotated[int, Body(embed=True, ge=0, le=3650)] = 1) -> Response:
    """Let the market live on for `days` days."""
    world.advance(days)
    return answer(read_clock(world))


@router.get("/_truth/{what}")
def get_truth(world: TheWorld, what: str, first: date | None = None, last: date | None = None) -> Response:
    """The market's own account of causes: contribution, curves, journeys (first, last) or orders."""
    with world.hold():
        truth = world.truth
        if what == "journeys":
            found = truth.journeys(first or world.first_day, last or world.today)
        elif what in ("contribution", "curves", "orders"):
            found = getattr(truth, what)()
        else:
            return answer(
                {"error": f"/_truth/{what} does not exist: contribution, curves, journeys, orders"}, 404
            )
    return answer(to_plain(found))


def to_plain(value: Any) -> Any:
    """Frames as lists of records, inside whatever holds them."""
    if isinstance(value, pl.DataFrame):
        return value.to_dicts()
    if isinstance(value, dict):
        return {key: to_plain(inner) for key, inner in value.items()}
    return value


@router.get("/_ledger/{channel}")
def get_ledger(
    world: TheWorld, channel: str, first: date | None = None, last: date | None = None
) -> Response:
    """What the twin of a channel reports now, by account and day."""
    rows = list_ledger(world, channel, first or world.first_day, last or world.today)
    if rows is None:
        return answer({"error": f"/_ledger/{channel} does not exist: the market has no such channel"}, 404)
    return answer(rows.to_dicts())


@router.get("/_faults")
def get_faults(request: Request) -> Response:
    """The rules in force."""
    return answer(book(request).describe())


@router.post("/_faults")
def add_faults(request: Request, rules: Annotated[Rule | list[Rule], Body()]) -> Response:
    """Put one rule or a list of rules in force."""
    book(request).add(rules if isinstance(rules, list) else [rules])
    return answer(book(request).describe())


@router.delete("/_faults")
def clear_faults(request: Request) -> Response:
    """Take every rule out of force."""
    book(request).clear()
    return answer([])


def book(request: Request) -> FaultBook:
    """The fault book of the app."""
    faults: FaultBook = request.app.state.faults
    return faults


class Replay(BaseModel):
    """Which days of the web site's events go where."""

    model_config = ConfigDict(extra="forbid")

    collector_url: str = Field(description="address of the collector, http or https")
    token: str = Field("", description="sent as bearer token")
    first: date | None = Field(None, description="first day, default the market's first")
    last: date | None = Field(None, description="last day, default the market's last complete day")


@router.post("/_site/replay")
def replay(world: TheWorld, ask: Replay) -> Response:
    """Send the web site's visitors' events to a collector, in batches of 1,000."""
    with world.hold():
        events = world.site_events(ask.first or world.first_day, ask.last or world.today)
    try:
        return answer({"sent": replay_site(events, ask.collector_url, ask.token)})
    except CollectorRefusedError as error:
        return answer({"error": str(error)}, 502)


@router.get("/_site/events")
def list_events(
    world: TheWorld,
    first: date | None = None,
    last: date | None = None,
    limit: Annotated[int, Query(ge=1, le=100_000)] = 1000,
) -> Response:
    """The first events of those days, as the site would send them."""
    with world.hold():
        events = world.site_events(first or world.first_day, last or world.today)
    return answer(events.head(limit).to_dicts())
