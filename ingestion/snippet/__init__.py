"""The script a site includes to send its first-party events."""

from pathlib import Path

SNIPPET = Path(__file__).with_name("spreaders.js")
