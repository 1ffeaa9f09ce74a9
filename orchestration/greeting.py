"""What `spreaders up` tells a person: addresses, token, and what went wrong since."""

from __future__ import annotations

import os

from core.settings import Settings
from orchestration.attach import running
from orchestration.dagster_home import LOCAL
from orchestration.progress import console

STOPPED = "Stopped; run again to go on."


def addresses(settings: Settings) -> dict[str, str]:
    """Return where app, API and Dagster of these settings listen."""
    host = settings.api_host
    return {
        "api_url": f"http://{host}:{settings.api_port}",
        "app_url": f"http://{host}:{settings.app_port}",
        "dagster_url": f"http://{LOCAL}:{settings.dagster_port}",
    }


def greet(settings: Settings) -> None:
    """Print every address and the token to sign in with."""
    _print(settings, {**addresses(settings), "sandbox_url": settings.sandbox_url or ""})


def greet_again(settings: Settings) -> None:
    """Print the addresses of the `spreaders up` that runs on this home already."""
    noted = running(settings)
    if not noted.get("app_url"):
        console.print(
            f"`spreaders up` is starting on {settings.home} in another terminal; wait for its addresses."
        )
        return
    console.print(f"`spreaders up` runs on {settings.home} already:", highlight=False, soft_wrap=True)
    _print(settings, noted)
    console.print("  `spreaders down` stops it.")


def warn(text: str) -> None:
    """Print one sentence about something that went wrong and is being mended."""
    console.print(f"[yellow]Warning:[/] {text}", highlight=False, soft_wrap=True)


def _print(settings: Settings, where: dict[str, str]) -> None:
    token = settings.first_token_path
    api = where.get("api_url", "")
    lines = (
        ("App", where.get("app_url", "")),
        ("Login token", token.read_text(encoding="utf-8").strip() if token.exists() else "not made yet"),
        ("API", f"{api}/docs"),
        ("MCP", f"{api}/mcp/"),
        ("Dagster", where.get("dagster_url", "")),
        ("Sandbox", where.get("sandbox_url") or "not in use"),
        ("Logs", f"{settings.logs_path}{os.sep}"),
    )
    for name, value in lines:
        console.print(f"  {name:<12} [bold]{value}[/]", highlight=False, soft_wrap=True)
