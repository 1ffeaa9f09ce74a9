"""A running Spreaders: market, services, API, app and Dagster, from first start to Ctrl-C."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from actions.clock import clock_for
from actions.services import Services, open_services
from core.process import python_command
from core.settings import Settings
from orchestration import loop
from orchestration.attach import announced, attach, history_days, market_of, replay_site, settle
from orchestration.dagster_home import start_dagster
from orchestration.market import Market
from orchestration.processes import Processes, free_port, require_free_port
from orchestration.progress import console, show_stages


def run_once(home: Path | None, market: Market) -> dict[str, Any]:
    """Start what is needed, run the loop once and return its summary."""
    settings = settle(home, api_port=free_port())
    # The services close last: the embedded database outlives its users.
    with ExitStack() as stack, Processes(settings) as processes, show_stages() as show:
        run = loop.Run(show)
        services = stack.enter_context(_started(processes, run, market, sandbox_port=0))
        return _whole_loop(services, run, market)


def run_forever(home: Path | None, market: Market) -> None:
    """Run the loop, then keep API, app and Dagster up until Ctrl-C."""
    settings = settle(home)
    for port, setting in (
        (settings.app_port, "SPREADERS_APP_PORT"),
        (settings.dagster_port, "SPREADERS_DAGSTER_PORT"),
    ):
        require_free_port(settings.api_host, port, setting)
    with ExitStack() as stack, Processes(settings) as processes:
        with show_stages() as show:
            run = loop.Run(show)
            services = stack.enter_context(
                _started(processes, run, market, sandbox_port=settings.sandbox_port)
            )
            api = f"http://{settings.api_host}:{settings.api_port}"
            stack.enter_context(announced(services.settings, api_url=api))
            _whole_loop(services, run, market)
            with run.stage("app and schedules"):
                _start_faces(processes, services)
        _greet(services.settings, run)
        processes.wait()


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
    loop.build(services, run)
    return loop.sum_up(services, run, days=days, scenario=scenario)


def _start_faces(processes: Processes, services: Services) -> None:
    settings = services.settings
    streamlit = python_command("app", f"--server.port={settings.app_port}")
    streamlit += [f"--server.address={settings.api_host}"]
    api = f"http://{settings.api_host}:{settings.api_port}"
    env = {"SPREADERS_API_URL": api, "SPREADERS_API_NAMES": json.dumps(settings.api_names)}
    face = processes.start("app", streamlit, env)
    start_dagster(processes, services.warehouse.schema_url("dagster"))
    processes.wait_for(f"http://{settings.api_host}:{settings.app_port}/_stcore/health", "app", face)


def _greet(settings: Settings, run: loop.Run) -> None:
    host = settings.api_host
    token = settings.first_token_path.read_text(encoding="utf-8").strip()
    lines = (
        ("App", f"http://{host}:{settings.app_port}"),
        ("Login token", token),
        ("API", f"http://{host}:{settings.api_port}/docs"),
        ("MCP", f"http://{host}:{settings.api_port}/mcp/"),
        ("Dagster", f"http://{host}:{settings.dagster_port}"),
        ("Sandbox", settings.sandbox_url or "not in use"),
        ("Logs", f"{settings.logs_path}{os.sep}"),
    )
    for stage in run.stages:
        for error in stage.errors:
            console.print(f"[yellow]{stage.name}:[/] {error}", highlight=False)
    for name, value in lines:
        console.print(f"  {name:<12} [bold]{value}[/]", highlight=False, soft_wrap=True)
    console.print("  Ctrl-C stops everything.")
