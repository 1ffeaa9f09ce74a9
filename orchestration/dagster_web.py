"""Dagster's web server, answering to this machine's names only: `python -m orchestration.dagster_web`.

It has no sign-in. Without the check of the Host header, a page of another site could reach it through a
visitor's browser by giving its own name this machine's address.
"""

from __future__ import annotations

from typing import Any

from dagster_webserver import app as webserver
from dagster_webserver import cli
from starlette.applications import Starlette
from starlette.middleware.trustedhost import TrustedHostMiddleware

LOCAL_NAMES = ["localhost", "127.0.0.1"]
_create = webserver.create_app_from_workspace_process_context


def create_app(*arguments: Any, **options: Any) -> Starlette:
    """Return Dagster's application behind a check of the Host header."""
    app = _create(*arguments, **options)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=LOCAL_NAMES, www_redirect=False)
    return app


def main() -> None:
    """Run the command line of Dagster's web server with the guarded application."""
    command_line: Any = cli  # its names are not exported, and it has no types
    command_line.create_app_from_workspace_process_context = create_app
    command_line.main()


if __name__ == "__main__":
    main()
