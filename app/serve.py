"""The app's server: sign-in routes, then Streamlit; run by `streamlit run app/serve.py`."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Thread

import streamlit as st

from app.doors import routes
from app.hosts import middleware

MAIN = Path(__file__).parent / "main.py"
# Imported before the first visitor comes, who would wait for them.
HEAVY = ("pandas", "altair", "plotly.graph_objects", "pyarrow")


def preload() -> None:
    """Import what the pages draw with."""
    for name in HEAVY:
        importlib.import_module(name)


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Import the heavy libraries beside the start."""
    Thread(target=preload, daemon=True).start()
    yield


app = st.App(MAIN, routes=routes(), middleware=middleware(), lifespan=lifespan)
