"""Run the app: `python -m app`, with more of Streamlit's options behind it."""

from __future__ import annotations

import sys

from streamlit.web import cli

from app.settings import OPTIONS, SERVED


def main() -> None:
    """Serve until stopped."""
    sys.argv = ["streamlit", "run", str(SERVED), "--server.headless=true", *OPTIONS, *sys.argv[1:]]
    cli.main()


if __name__ == "__main__":
    main()
