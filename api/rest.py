"""REST: every operation as POST /v1/<namespace>/<verb>."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel

from actions.dispatch import dispatch
from core.context import Context
from core.operation import Operation, Registry

REFUSALS = {
    401: "No token, or one that is not known here.",
    403: "The token lacks the scope, or a guardrail refused.",
    404: "The named thing does not exist in this workspace.",
    422: "The arguments do not fit.",
    424: "A key or address is missing; the message names the setting.",
    429: "The vendor asks to wait.",
    503: "The vendor did not answer.",
}


def rest_routes(registry: Registry, caller: Callable[..., Context]) -> APIRouter:
    """Return a router with one route an operation, named as the operation is."""
    router = APIRouter(prefix="/v1")
    for operation in registry:
        router.add_api_route(
            f"/{operation.namespace}/{operation.verb}",
            _endpoint(operation, caller),
            methods=["POST"],
            operation_id=operation.name,
            summary=operation.summary,
            description=operation.doc,
            response_model=operation.returns,
            tags=[operation.namespace],
            responses={code: {"description": text} for code, text in REFUSALS.items()},
        )
    return router


def _endpoint(operation: Operation, caller: Callable[..., Context]) -> Callable[..., Any]:
    def endpoint(arguments: BaseModel, ctx: Context) -> Any:
        return dispatch(operation.name, arguments.model_dump(exclude_unset=True), ctx)

    endpoint.__name__ = operation.name.replace(".", "_")
    endpoint.__annotations__ = {
        "arguments": Annotated[operation.arguments, Body()],
        "ctx": Annotated[Context, Depends(caller)],
        "return": Any,
    }
    return endpoint
