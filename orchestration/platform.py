"""The one Dagster resource: settings from the environment, the lake and vendors opened on demand."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from actions.clock import clock_for
from actions.services import Services, open_services
from core.settings import Settings


class Platform(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Gives assets the services of this home."""

    @contextmanager
    def open(self) -> Iterator[Services]:
        """Yield open services; closed when the step ends."""
        settings = Settings()
        with open_services(settings, clock_for(settings)) as services:
            yield services
