"""The API process: REST, MCP and the first-party event collector on one address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi_offline import FastAPIOffline
from starlette.routing import Route

from actions.services import Services, declare_operations, open_services
from api.collect import collect_routes
from api.files import file_routes
from api.hosts import KnownHosts
from api.identity import Caller, Identity
from api.mcp import mcp_servers, serve_faces
from api.refusals import answer_refusals
from api.rest import describe_arguments, rest_routes
from core.context import Context
from core.errors import AuthExpired, VendorDown
from core.icon import ICON_ADDRESS
from core.operation import REGISTRY
from core.settings import Settings
from core.time import Clock, SystemClock
from ingestion.collector.spool import reading_spool
from transforms.origins import read_origin_rules

Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(auto_error=False, description="The token `spreaders up` prints.")),
]


def build_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """Return the ASGI application; it opens the warehouse when it starts and closes it when it stops."""
    declare_operations()
    identity = Identity(settings)
    identity.first_token()
    identity.site_key()
    live: dict[str, Services] = {}
    more = {"collector": reading_spool(settings), "origins": read_origin_rules()}

    def speak(caller: Caller) -> Context:
        return live["services"].context(caller.actor, caller.scopes)

    async def caller(credentials: Bearer) -> Context:
        if credentials is None:
            raise AuthExpired(
                "Send the header `Authorization: Bearer <token>`; `spreaders up` prints the token."
            )
        return speak(identity.verify(credentials.credentials))

    servers = mcp_servers(REGISTRY, speak)
    faces = serve_faces(servers, identity, f"http://{settings.api_host}:{settings.api_port}")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            live["services"] = stack.enter_context(open_services(settings, clock, more))
            for server in servers.values():
                await stack.enter_async_context(server.session_manager.run())
            yield

    # The docs page loads its scripts from here, so that no other host learns of a visit.
    app = FastAPIOffline(
        title="Spreaders", version="1", lifespan=lifespan, redoc_url=None, favicon_url=ICON_ADDRESS
    )
    app.add_middleware(KnownHosts, settings=settings)
    answer_refusals(app)

    @app.get("/health", tags=["health"])
    def health(answer: Response) -> dict[str, str]:
        """Say whether process and database answer; 503 while the database is away."""
        if live["services"].warehouse.is_reachable():
            return {"status": "ok"}
        answer.status_code = VendorDown.status
        return {"status": "database away"}

    app.include_router(rest_routes(REGISTRY, caller))
    app.include_router(file_routes(caller))
    app.include_router(collect_routes(settings, identity, clock or SystemClock()))
    app.router.routes += [Route("/mcp", faces), Route("/mcp/{face:path}", faces)]
    describe_arguments(app, REGISTRY)
    return app
