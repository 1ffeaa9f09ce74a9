"""The page's numbers as a PDF file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from app.client import fetch_file, request
from app.period import Choice

REPORT = "analytics.generateReport"


def write_report(arguments: Mapping[str, date], token: str) -> bytes:
    """Have the report made and return the file."""
    answer: dict[str, Any] = request(REPORT, {**arguments, "format": "pdf"}, token)
    return fetch_file(answer["file"]["id"], token)


def show_report(choice: Choice) -> None:
    """Offer the report; it is made when the button is pressed."""
    st.download_button(
        "PDF report",
        partial(write_report, choice.arguments(), st.session_state["token"]),
        file_name=f"spreaders {choice.days.first} to {choice.days.last}.pdf",
        mime="application/pdf",
        icon=":material/picture_as_pdf:",
        on_click="ignore",
        help="Overview, channels, campaigns, attribution, posts and mails of these days; takes some seconds.",
    )
