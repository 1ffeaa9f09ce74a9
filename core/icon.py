"""The icon of every page we serve, as an address that needs no request."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

ICON = Path(__file__).parent / "icon.svg"
ICON_ADDRESS = f"data:image/svg+xml;base64,{b64encode(ICON.read_bytes()).decode()}"
