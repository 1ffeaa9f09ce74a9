"""What each command of `spreaders` does beside `up`, free of the command line's own words."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from actions.clock import clock_for
from actions.dispatch import dispatch
from actions.services import declare_operations, open_services
from channels.catalog import discover
from core.errors import BadInput, NotFound
from core.http import HTTPError, make_client
from core.operation import REGISTRY
from ingestion.collector.spool import reading_spool
from orchestration import loop
from orchestration.attach import (
    announced,
    attach,
    history_days,
    market_of,
    replay_site,
    running,
    running_sandbox,
    settle,
    settle_existing,
    start_sandbox,
)
from orchestration.market import Market
from orchestration.processes import Processes
from orchestration.progress import show_stages
from transforms.origins import read_origin_rules

Answer = dict[str, Any]
SITE = "site"


def load(channel: str | None, home: Path | None, market: Market) -> Answer:
    """Load what is new; the site's events wait in the collector's spool until then."""
    settings = settle(home)
    _refuse_unknown(channel)
    with Processes(settings) as processes, show_stages() as show:
        run = loop.Run(show)
        settings = attach(processes, market, port=0)
        with open_services(settings, clock_for(settings)) as services:
            loads = loop.load_all(services, run, days=history_days(settings, market.days), only=channel)
        if not run.stages:
            raise NotFound(f"{channel} is not connected; set its credentials (docs/connect-for-real.md).")
        stages = [stage.as_dict() for stage in run.stages]
        return {"ok": run.is_ok, "stages": stages, "loads": [asdict(result) for result in loads]}


def build(home: Path | None, select: Sequence[str] = (), more: Sequence[str] = ()) -> Answer:
    """Publish and rebuild what changed, or only the models that `select` and `more` name in dbt's syntax."""
    if more and not select:
        raise BadInput(f"Name models with --select, such as `spreaders build --select {' '.join(more)}`.")
    settings = settle_existing(home)
    settings = settings.model_copy(update={"sandbox_url": settings.sandbox_url or running_sandbox(settings)})
    with show_stages() as show, open_services(settings, clock_for(settings)) as services:
        run = loop.Run(show)
        if select:
            loop.build_only(services, run, " ".join([*select, *more]))
        else:
            loop.build(services, run)
        return {"ok": run.is_ok, "stages": [stage.as_dict() for stage in run.stages]}


def _refuse_unknown(channel: str | None) -> None:
    known = [*sorted(discover()), SITE]
    if channel is not None and channel not in known:
        raise NotFound(f"There is no channel {channel!r}; the channels are {', '.join(known)}.")


def call(name: str, arguments: str, home: Path | None) -> Any:
    """Call one operation as the machine's owner."""
    settings = settle_existing(home)
    try:
        given = json.loads(arguments)
    except json.JSONDecodeError as error:
        raise BadInput(f"The arguments are no JSON object: {error.msg} at character {error.pos}.") from error
    if not isinstance(given, dict):
        raise BadInput('The arguments are one JSON object, such as \'{"channel": "meta_ads"}\'.')
    running = settings.sandbox_url or running_sandbox(settings)
    settings = settings.model_copy(update={"sandbox_url": running})
    more = {"collector": reading_spool(settings), "origins": read_origin_rules()}
    with open_services(settings, clock_for(settings), more) as services:
        return dispatch(name, given, services.context("owner", frozenset({"*"})))


def list_operations() -> Iterator[str]:
    """Yield a line an operation: name, effect, first line of its documentation."""
    declare_operations()
    for operation in REGISTRY:
        yield f"{operation.name:<34} {operation.effect:<8} {operation.summary}"


def run_sandbox(home: Path | None, market: Market) -> None:
    """Run the sandbox until stopped and print its address."""
    settings = settle(home)
    with Processes(settings) as processes:
        url = start_sandbox(processes, market, port=settings.sandbox_port)
        with announced(settings.model_copy(update={"sandbox_url": url})):
            sys.stdout.write(f"{url}\n")
            sys.stdout.flush()
            processes.wait()


def advance_sandbox(days: int, home: Path | None) -> Answer:
    """Let the running sandbox's market live more days, its visitors included; return where it stands."""
    settings = settle_existing(home)
    url = settings.sandbox_url or running_sandbox(settings)
    if url is None:
        raise NotFound("No sandbox runs for this home; start one with `spreaders up` or `spreaders sandbox`.")
    try:
        with make_client() as client:
            client.post(f"{url}/_clock", json={"days": days}).raise_for_status()
        at = market_of(url)
    except HTTPError as error:
        raise BadInput(f"The sandbox at {url} did not advance: {error}") from error
    api_url = running(settings).get("api_url")
    visits = replay_site(settings.model_copy(update={"sandbox_url": url}), api_url) if api_url else 0
    return {**at, "site_events_sent": visits}
