"""Links from a sentence to the page that explains it, with the days and filters kept."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import address
from app.look import channel_title
from app.places import FOLDER

# Channels that have no account of their own to open.
WITHOUT_ACCOUNT = {"organic_search", "referral", "direct"}


def shared_choices(**more: str) -> dict[str, str]:
    """Return the choices that every page keeps, for a link."""
    kept = {name: st.query_params[name] for name in address.SHARED if name in st.query_params}
    return {**kept, **more}


def show_links(channels: Sequence[str]) -> None:
    """Show a link to each channel; one without an account is explained by its paths."""
    with st.container(horizontal=True, gap="small"):
        for name in channels:
            if name in WITHOUT_ACCOUNT:
                continue
            st.page_link(
                FOLDER / "channels.py",
                label=f"Open {channel_title(name)}",
                icon=":material/arrow_forward:",
                query_params=shared_choices(channel=name),
            )
        st.page_link(
            FOLDER / "attribution.py",
            label="See who gets the credit",
            icon=":material/arrow_forward:",
            query_params=shared_choices(),
        )
