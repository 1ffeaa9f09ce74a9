"""A running Spreaders: market, services, API, app and Dagster, from first start to Ctrl-C."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from actions.clock import clock_for
from actions.services import Services, open_services
from core.errors import SpreadersError
from core.process import python_command
from orchestration import loop
from orchestration.attach import announced, attach, history_days, market_of, replay_site, settle
from orchestration.building import building
from orchestration.dagster_home import start_dagster
from orchestration.greeting import STOPPED, addresses, greet, greet_again, warn
from orchestration.market import Market
from orchestration.processes import Processes, free_port, require_free_port
from orchestration.progress import console, show_stages
from orchestration.running import only_up
from orchestration.supervision import Supervisor


def run_once(home: Path | None, market: Market) -> dict[str, Any]:
    """Start what is needed, run the loop once and return its summary."""
    settings = settle(home, api_port=free_port())
    # The services close last: the embedded database outlives its users.
    with ExitStack() as stack, Processes(settings) as processes, show_stages() as show:
        run = loop.Run(show)
        services = stack.enter_context(_started(processes, run, market, sandbox_port=0))
        return _whole_loop(services, run, market)


def run_forever(home: Path | None, market: Market) -> None:
    """Start API and app, run the loop, start Dagster, and keep all up until Ctrl-C.

    On a home where this runs already, the addresses are printed again.
    """
    settings = settle(home)
    with ExitStack() as stack:
        if not stack.enter_context(only_up(settings.home)):
            greet_again(settings)
            return
        processes = stack.enter_context(Processes(settings))
        for port, setting in (
            (settings.app_port, "SPREADERS_APP_PORT"),
            (settings.dagster_port, "SPREADERS_DAGSTER_PORT"),
        ):
            require_free_port(settings.api_host, port, setting)
        # Children end before the services do: the embedded database outlives its users.
        with show_stages() as show:
            run = loop.Run(show)
            services = stack.enter_context(
                _started(processes, run, market, sandbox_port=settings.sandbox_port)
            )
            supervisor = stack.enter_context(Supervisor(processes, warn, [services.warehouse.revive]))
            with run.stage("app"):
                _start_app(processes)
            stack.enter_context(announced(services.settings, **addresses(services.settings)))
            console.print(f"  App  [bold]{addresses(settings)['app_url']}[/]", highlight=False)
            try:
                _whole_loop(services, run, market)
            except SpreadersError as error:
                warn(error.message)  # app and API show what there is; the schedule tries again
        dagster = services.warehouse.schema_url("dagster")
        supervisor.begin(start_dagster(processes, dagster, warn))
        for stage in run.stages:
            for text in stage.errors:
                console.print(f"[yellow]{stage.name}:[/] {text}", highlight=False)
        greet(services.settings)
        console.print("  Ctrl-C stops everything.")
        with suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)
    console.print(STOPPED)


@contextmanager
def _started(processes: Processes, run: loop.Run, market: Market, *, sandbox_port: int) -> Iterator[Services]:
    with run.stage("market"):
        settings = attach(processes, market, port=sandbox_port)
    with ExitStack() as stack:
        with run.stage("services"):
            services = stack.enter_context(open_services(settings, clock_for(settings)))
            processes.start_api()
        yield services


def _whole_loop(services: Services, run: loop.Run, market: Market) -> dict[str, Any]:
    settings = services.settings
    scenario, days = None, history_days(settings, market.days)
    if settings.sandbox_url:
        scenario = market_of(settings.sandbox_url)["scenario"]
        with run.stage("site visits") as count:
            count(rows_in=replay_site(settings, f"http://{settings.api_host}:{settings.api_port}"))
    loop.load_all(services, run, days=days)
    with building(settings.home):
        loop.build(services, run)
        return loop.sum_up(services, run, days=days, scenario=scenario)


def _start_app(processes: Processes) -> None:
    settings = processes.settings
    streamlit = python_command("app", f"--server.port={settings.app_port}")
    streamlit += [f"--server.address={settings.api_host}"]
    api = addresses(settings)["api_url"]
    env = {"SPREADERS_API_URL": api, "SPREADERS_API_NAMES": json.dumps(settings.api_names)}
    face = processes.start("app", streamlit, env)
    processes.wait_for(f"{addresses(settings)['app_url']}/_stcore/health", "app", face)
