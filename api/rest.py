"""REST: every operation as POST /v1/<namespace>/<verb>."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from actions.dispatch import dispatch
from api.body import read_body
from api.refusals import REFUSALS, Refusal
from core.context import Context
from core.errors import BadInput
from core.operation import Operation, Registry

CallerOf = Callable[..., Awaitable[Context]]
COMPONENT = "#/components/schemas/{model}"


def rest_routes(registry: Registry, caller: CallerOf) -> APIRouter:
    """Return a router with one route an operation, named as the operation is."""
    router = APIRouter(prefix="/v1")
    for operation in registry:
        reference = {"$ref": COMPONENT.format(model=operation.arguments.__name__)}
        router.add_api_route(
            f"/{operation.namespace}/{operation.verb}",
            _endpoint(operation, registry, caller),
            methods=["POST"],
            operation_id=operation.name,
            summary=operation.summary,
            description=operation.doc,
            response_model=operation.returns,
            tags=[operation.namespace],
            responses={code: {"model": Refusal, "description": text} for code, text in REFUSALS.items()},
            openapi_extra={"requestBody": {"content": {"application/json": {"schema": reference}}}},
        )
    return router


def _endpoint(operation: Operation, registry: Registry, caller: CallerOf) -> Callable[..., Any]:
    # The body is read here and not by the framework: who calls is settled before what is asked.
    async def endpoint(request: Request, ctx: Context) -> Response:
        arguments = _read(await read_body(request))
        result = await run_in_threadpool(dispatch, operation.name, arguments, ctx, registry=registry)
        return Response(orjson.dumps(result), media_type="application/json")

    endpoint.__name__ = operation.name.replace(".", "_")
    endpoint.__annotations__ = {
        "request": Request,
        "ctx": Annotated[Context, Depends(caller)],
        "return": Response,
    }
    return endpoint


def _read(body: bytes) -> dict[str, Any]:
    try:
        arguments = orjson.loads(body) if body.strip() else {}
    except orjson.JSONDecodeError as error:
        raise BadInput(
            f"The body is no JSON (character {error.pos}); send the arguments as one JSON object."
        ) from None
    if not isinstance(arguments, dict):
        raise BadInput("Send the arguments as one JSON object.")
    return arguments


def describe_arguments(app: FastAPI, registry: Registry) -> None:
    """Have the application's OpenAPI document hold the arguments of every operation."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            whole = get_openapi(title=app.title, version=app.version, routes=app.routes)
            models = [(operation.arguments, "validation") for operation in registry]
            _, schemas = models_json_schema(models, ref_template=COMPONENT)  # type: ignore[arg-type]
            whole["components"]["schemas"].update(schemas.get("$defs", {}))
            app.openapi_schema = whole
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]
