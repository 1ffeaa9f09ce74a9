"""Runs the sandbox: `python -m sandbox --scenario FILE --days N --people N --port P --state DIR`."""

from __future__ import annotations

import argparse
import json
import signal
import socket
import sys
from pathlib import Path

import uvicorn

from sandbox.guarded import read_journal
from sandbox.market import ScenarioError, World, load_scenario
from sandbox.server import build_app


class AnnouncingServer(uvicorn.Server):
    """Prints one JSON line with its address once it listens."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then say so."""
        await super().startup(sockets)
        if sockets and self.started:
            host, port = sockets[0].getsockname()[:2]
            print(json.dumps({"url": f"http://{host}:{port}"}), flush=True)  # noqa: T201


def main(arguments: list[str] | None = None) -> int:
    """Live the market, then serve until SIGTERM; 2 when the scenario or the port cannot be used."""
    ask = parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn hands the signal on when it has stopped
    try:
        scenario = load_scenario(ask.scenario, days=ask.days, seed=ask.seed, people=ask.people)
        listener = socket.create_server((ask.host, ask.port), backlog=256)
    except ScenarioError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    except OSError as error:
        sentence = f"The sandbox cannot listen on {ask.host}:{ask.port}: {error.strerror}; "
        advice = "stop what uses that port, or choose another with --port or SPREADERS_SANDBOX_PORT."
        print(sentence + advice, file=sys.stderr)  # noqa: T201
        return 2
    if ask.state is not None:
        ask.state.mkdir(parents=True, exist_ok=True)
    world = World(scenario, journal=read_journal(ask.state / "journal.json" if ask.state else None))
    config = uvicorn.Config(
        build_app(world, ask.state), log_level="warning", access_log=False, timeout_keep_alive=60
    )
    with listener:
        AnnouncingServer(config).run(sockets=[listener])
    return 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--scenario", help="TOML file or the name of a shipped scenario")
    parser.add_argument("--days", type=int, help="days the market has lived at the start")
    parser.add_argument("--people", type=int, help="people in the market; budgets and demand scale along")
    parser.add_argument("--seed", type=int, help="same seed, same market")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 = any free port")
    parser.add_argument(
        "--state", type=Path, help="folder that keeps what was done, so that a restart goes on"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
