"""Errors, named by what the caller should do next."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar


class SpreadersError(Exception):
    """Root of everything the product raises on purpose.

    The message is one sentence that says what to do. `evidence` holds what was seen (a vendor's
    code, a status, a line number) and never a secret.
    """

    status: ClassVar[int] = 500

    def __init__(self, message: str, **evidence: object) -> None:
        super().__init__(message)
        self.message = message
        self.evidence = evidence

    def as_dict(self) -> dict[str, object]:
        """Return `{"error", "message", "evidence"}`, the body of every refused call."""
        return {"error": type(self).__name__, "message": self.message, "evidence": self.evidence}


class BadInput(SpreadersError):
    """The caller sent something unusable; correct it and call again."""

    status = 422


class AuthExpired(SpreadersError):
    """The credential no longer works; connect the account again."""

    status = 401


class MissingScope(SpreadersError):
    """The credential is valid but may not do this; grant the scope."""

    status = 403


class ProviderNotConfigured(SpreadersError):
    """A key or address is missing; the message names the setting."""

    status = 424


class RateLimited(SpreadersError):
    """The vendor asks us to wait `retry_after` before the next call."""

    status = 429

    def __init__(self, message: str, retry_after: timedelta, **evidence: object) -> None:
        super().__init__(message, retry_after_seconds=retry_after.total_seconds(), **evidence)
        self.retry_after = retry_after


class VendorDown(SpreadersError):
    """The vendor did not answer usefully; a later retry is safe."""

    status = 503


class Rejected(SpreadersError):
    """The vendor understood and said no; a retry will not help."""

    status = 422


class NotFound(SpreadersError):
    """The named thing does not exist, or not for this workspace."""

    status = 404


class Conflict(SpreadersError):
    """The thing changed or is in use; read it again and decide."""

    status = 409


class Unsupported(SpreadersError):
    """The vendor offers no such thing; `source` says where that is written."""

    status = 501

    def __init__(self, message: str, source: str, **evidence: object) -> None:
        super().__init__(message, source=source, **evidence)
        self.source = source


class OutcomeUnknown(SpreadersError):
    """A write left and no answer came; look it up before any repeat."""

    status = 504


class GuardrailDenied(SpreadersError):
    """A guardrail refused the action; no way round it but changing the guardrail."""

    status = 403


class ApprovalRequired(SpreadersError):
    """A person must approve the action first."""

    status = 409
