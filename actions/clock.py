"""Which clock holds: the machine's, or the sandbox market's own day."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from core.errors import VendorDown
from core.http import HTTPError, make_client
from core.settings import Settings
from core.time import Clock, SystemClock


class SandboxClock:
    """The market's clock, asked over HTTP each time."""

    is_simulated: ClassVar[bool] = True

    def __init__(self, sandbox_url: str) -> None:
        self._url = f"{sandbox_url}/_clock"

    def now(self) -> datetime:
        """Return the market's instant in UTC."""
        try:
            with make_client() as client:
                answer = client.get(self._url).raise_for_status()
        except HTTPError as error:
            raise VendorDown(
                f"The sandbox does not answer at {self._url}; start it with `spreaders sandbox`."
            ) from error
        return datetime.fromisoformat(answer.json()["now"])


def clock_for(settings: Settings) -> Clock:
    """Return the sandbox's clock when one is in use, else the machine's."""
    return SandboxClock(settings.sandbox_url) if settings.sandbox_url else SystemClock()
