"""Builds the one process in which every vendor twin answers at /<channel>/..."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.middleware.trustedhost import TrustedHostMiddleware

import sandbox
from sandbox import control
from sandbox.drift import DriftBook
from sandbox.faults import FaultBook, Rule
from sandbox.gate import Gate
from sandbox.guarded import GuardedWorld
from sandbox.twin import Refused, Store, Twin, answer

LOCAL_NAMES = ["localhost", "127.0.0.1", "testserver"]
NOT_TWINS = {"market", "scenarios"}
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def build_app(world: Any, state_dir: Path | None = None) -> FastAPI:
    """The sandbox as an ASGI app; with `state_dir`, the journal and the twins' stores are kept there."""
    twins = discover_twins()
    shared = GuardedWorld(world, state_dir / "journal.json" if state_dir else None)
    faults = FaultBook([Rule(**rule.model_dump()) for rule in world.scenario.faults], world.scenario.seed)
    drift = DriftBook(world.scenario.drift, shared)
    app = FastAPI(title="Spreaders sandbox", docs_url=None, redoc_url=None, openapi_url=None)
    app.router.redirect_slashes = False
    app.state.world = shared
    app.state.faults = faults
    app.state.twins = twins
    app.state.stores = {name: Store(state_dir / f"{name}.json" if state_dir else None) for name in twins}
    app.add_exception_handler(Refused, send_refusal)
    app.include_router(control.router)
    for name, twin in twins.items():
        app.include_router(twin.router, prefix=f"/{name}")
    app.add_api_route("/{rest:path}", refuse_unknown, methods=METHODS, include_in_schema=False)
    app.add_middleware(Gate, twins=twins, faults=faults, drift=drift)
    # No page of another site reaches it by giving its own name this machine's address.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=LOCAL_NAMES, www_redirect=False)
    return app


def discover_twins() -> dict[str, Twin]:
    """The twins by channel: the attribute `twin` of every module or package in `sandbox/`."""
    found: dict[str, Twin] = {}
    for module in pkgutil.iter_modules(sandbox.__path__):
        if module.name in NOT_TWINS or module.name.startswith("_"):
            continue
        twin = getattr(importlib.import_module(f"sandbox.{module.name}"), "twin", None)
        if isinstance(twin, Twin):
            found[twin.channel] = twin
    return found


async def refuse_unknown(request: Request) -> Response:
    """501 that names the route, so that a missing emulation is never taken for the vendor's answer."""
    return answer({"error": f"{request.method} {request.url.path} is not emulated"}, 501)


async def send_refusal(_: Request, refused: Exception) -> Response:
    """The answer inside a `Refused`."""
    assert isinstance(refused, Refused)  # noqa: S101  # registered for this class alone
    return refused.answer
