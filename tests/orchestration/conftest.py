from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import dagster as dg
import pytest

from core.settings import Settings


@pytest.fixture(scope="session")
def settings() -> Iterator[Settings]:
    """Settings of an empty home with a sandbox named, so that every channel counts as connected."""
    # Not under pytest's own folder, which every new run closes to the account the database runs under.
    with TemporaryDirectory(prefix="spreaders-") as home:
        yield Settings(
            home=Path(home), sandbox_url="http://127.0.0.1:9", timezone="Europe/Berlin", _env_file=None
        )


@pytest.fixture(scope="session")
def definitions(settings) -> Iterator[dg.Definitions]:
    """The definitions of that home; importing the module builds those of the environment's home too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPREADERS_HOME", str(settings.home))
        from orchestration.definitions import build_definitions

        yield build_definitions(settings)
