"""The API process: REST, MCP and the first-party event collector on one address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from actions.services import Services, declare_operations, open_services
from api.collect import collect_routes
from api.identity import Caller, Identity
from api.mcp import mcp_servers
from api.rest import rest_routes
from core.context import Context
from core.errors import AuthExpired, SpreadersError
from core.operation import REGISTRY
from core.settings import Settings
from core.time import Clock, SystemClock

MAX_BODY_BYTES = 4 * 2**20
bearer = HTTPBearer(auto_error=False)
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


def build_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """Return the ASGI application; it opens the warehouse when it starts and closes it when it stops."""
    declare_operations()
    identity = Identity(settings)
    identity.first_token()
    identity.site_key()
    live: dict[str, Services] = {}

    def speak(caller: Caller) -> Context:
        return live["services"].context(caller.actor, caller.scopes)

    def caller(credentials: Bearer) -> Context:
        if credentials is None:
            raise AuthExpired(
                "Send the header `Authorization: Bearer <token>`; `spreaders up` prints the token."
            )
        return speak(identity.verify(credentials.credentials))

    address = f"http://{settings.api_host}:{settings.api_port}"
    servers = mcp_servers(REGISTRY, identity, speak, address)
    mounts = {path: server.streamable_http_app(streamable_http_path="/") for path, server in servers.items()}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            live["services"] = stack.enter_context(open_services(settings, clock))
            for server in servers.values():
                await stack.enter_async_context(server.session_manager.run())
            yield

    app = FastAPI(title="Spreaders", version="1", lifespan=lifespan, max_body_size=MAX_BODY_BYTES)
    app.add_exception_handler(SpreadersError, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_arguments)

    @app.get("/health", tags=["health"])
    def health() -> dict[str, str]:
        """Say that the process answers."""
        return {"status": "ok"}

    app.include_router(rest_routes(REGISTRY, caller))
    app.include_router(collect_routes(settings, identity, clock or SystemClock()))
    for path in sorted(mounts, key=len, reverse=True):
        app.mount(path, mounts[path])
    return app


async def _refuse(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, SpreadersError)  # noqa: S101 - the handler is registered for this class only
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, AuthExpired) else {}
    return JSONResponse(error.as_dict(), error.status, headers)


async def _refuse_arguments(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - the handler is registered for this class only
    faults = [f"{'.'.join(map(str, fault['loc'][1:])) or 'body'}: {fault['msg']}" for fault in error.errors()]
    body: dict[str, Any] = {"error": "BadInput", "message": f"{'; '.join(faults)}.", "evidence": {}}
    return JSONResponse(body, 422)
