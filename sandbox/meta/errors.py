"""The Graph API's error envelope and the errors every Meta product gives."""

from __future__ import annotations

import uuid
from typing import Any

from fastapi import Response

from sandbox.twin import Refused, answer


def fail(
    code: int,
    message: str,
    *,
    subcode: int | None = None,
    status: int = 400,
    kind: str = "OAuthException",
    is_transient: bool = False,
    title: str | None = None,
    explanation: str | None = None,
    blame: list[list[str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Refused:
    """Return a refusal in the Graph envelope, to be raised."""
    error: dict[str, Any] = {"message": message, "type": kind, "code": code}
    if subcode is not None:
        error["error_subcode"] = subcode
    error["is_transient"] = is_transient
    if blame is not None:
        error["error_data"] = {"blame_field_specs": blame}
    if title is not None:
        error["error_user_title"] = title
    if explanation is not None:
        error["error_user_msg"] = explanation
    error["fbtrace_id"] = "A" + uuid.uuid4().hex[:10]
    sent = {"WWW-Authenticate": f'OAuth "Facebook Platform" "invalid_request" "{message}"'} | (headers or {})
    return Refused(
        answer({"error": error}, status, {k: v.encode("ascii", "replace").decode() for k, v in sent.items()})
    )


def refuse_fault(kind: str, seconds: float, path: str) -> Response:
    """The envelope of a fault played by the gate."""
    if kind == "expired_token":
        return expired_token().answer
    if kind == "server_error":
        message = "An unexpected error has occurred. Please retry your request later."
        return fail(2, message, status=500, is_transient=True).answer
    code = 80000 if path.endswith("/insights") else 80004
    return too_many_calls(code, int(seconds // 60) or 1, {}).answer


def expired_token() -> Refused:
    """190/463."""
    message = "Error validating access token: Session has expired on Monday, 02-Nov-26 00:00:00 PST."
    return fail(190, message, subcode=463)


def too_many_calls(code: int, minutes: int, headers: dict[str, str]) -> Refused:
    """A rate limit with its use-case code; the header with the minutes to wait goes along."""
    known = '{"0":[{"type":"%s","call_count":100,"estimated_time_to_regain_access":%d}]}'
    sent = {"X-Business-Use-Case-Usage": known % (USE_CASES.get(code, "pages"), minutes)} | headers
    message = f"(#{code}) There have been too many calls from this account. Wait a bit and try again."
    return fail(code, message, subcode=2446079 if code >= 80000 else None, is_transient=False, headers=sent)


USE_CASES = {
    80000: "ads_insights",
    80004: "ads_management",
    80003: "custom_audience",
    80001: "pages",
    80002: "instagram",
}


def unknown_field(name: str, kind: str) -> Refused:
    """100: a field the node does not have."""
    return fail(100, f"(#100) Tried accessing nonexisting field ({name}) on node type ({kind})")


def missing_node(node: str, method: str = "Get") -> Refused:
    """100/33: an object that is not there, or that the token may not see."""
    message = (
        f"Unsupported {method.lower()} request. Object with ID '{node}' does not exist, cannot be loaded due "
        "to missing permissions, or does not support this operation"
    )
    return fail(100, message, subcode=33, kind="GraphMethodException")


def bad_param(name: str, why: str, subcode: int | None = None) -> Refused:
    """100: a parameter that cannot be used."""
    return fail(100, f"(#100) {why}", subcode=subcode, blame=[[name]])
