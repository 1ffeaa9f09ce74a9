"""Run the API: `python -m api`, settings from the environment."""

from __future__ import annotations

import uvicorn

from actions.clock import clock_for
from api.main import build_app
from core.files import keep_files_private
from core.settings import Settings


def main() -> None:
    """Serve until stopped."""
    keep_files_private()
    settings = Settings()
    app = build_app(settings, clock_for(settings))
    uvicorn.run(app, host=settings.api_host, port=settings.api_port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
