"""Google Ads errors: the status envelope with a GoogleAdsFailure inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sandbox.twin import Refused, answer

STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    429: "RESOURCE_EXHAUSTED",
}
MESSAGE = {
    400: "Request contains an invalid argument.",
    401: "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie"
    " or other valid authentication credential.",
    403: "The caller does not have permission",
    429: "Resource has been exhausted (e.g. check quota).",
    500: "Internal error encountered.",
}


@dataclass(frozen=True)
class AdsError:
    """One error of a GoogleAdsFailure: its family, code, words, and the field it is about."""

    family: str
    code: str
    message: str
    path: tuple[str | tuple[str, int], ...] = ()
    trigger: str | None = None
    details: dict[str, Any] | None = None

    def write(self) -> dict[str, Any]:
        """The error as JSON."""
        body: dict[str, Any] = {"errorCode": {self.family: self.code}, "message": self.message}
        if self.trigger is not None:
            body["trigger"] = {"stringValue": self.trigger}
        if self.path:
            elements: list[dict[str, Any]] = [
                {"fieldName": part} if isinstance(part, str) else {"fieldName": part[0], "index": part[1]}
                for part in self.path
            ]
            body["location"] = {"fieldPathElements": elements}
        if self.details:
            body["details"] = self.details
        return body


def make_request_id() -> str:
    """A request id as Google Ads writes them."""
    return uuid4().hex[:22]


def write_failure(version: int, errors: Sequence[AdsError], request_id: str | None = None) -> dict[str, Any]:
    """A GoogleAdsFailure as it stands in `details`."""
    return {
        "@type": f"type.googleapis.com/google.ads.googleads.v{version}.errors.GoogleAdsFailure",
        "errors": [error.write() for error in errors],
        "requestId": request_id or make_request_id(),
    }


def refuse(version: int, *errors: AdsError, status: int = 400) -> Refused:
    """The refusal of a whole request."""
    failure = write_failure(version, errors)
    body = {"code": status, "message": MESSAGE[status], "status": STATUS[status], "details": [failure]}
    return Refused(answer({"error": body}, status, headers={"request-id": failure["requestId"]}))
