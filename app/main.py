"""The app's frame: the menu, who is signed in, and the page that the address names."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import streamlit as st

from app import address
from app.client import ApiRefused, call
from app.places import FOLDER, MENU
from app.sessions import SESSIONS, session_of
from app.show import show_style
from core.icon import ICON

LOGO = Path(__file__).parent / "logo.svg"
SIGN_OUT = '<a class="sign-out" href="/sign-out" target="_self">Sign out</a>'


def find_token() -> str | None:
    """Return the token of the session that the browser's cookie names; it may have ended in another tab."""
    session = session_of(st.context.cookies.to_dict(), st.context.headers.get("Host") or "")
    if session is not None:
        return SESSIONS.token(session)
    token: str | None = st.session_state.get("token")
    return token


def show_signed_out() -> None:
    """Say that the session ended, and lead back to where it was."""
    st.info("You are signed out.")
    st.html('<a href="/sign-in" target="_self">Sign in</a>')


def show_demo_badge() -> None:
    """Say that the numbers are a simulated market's, and what day it is there."""
    health = call("db.getHealth")
    if health["is_demo"]:
        clock = datetime.fromisoformat(health["clock_at"])
        st.badge(f"Demo data, clock {clock:%-d %b %Y}", icon=":material/science:", color="orange")


def show() -> None:
    """Draw the frame and the page in it."""
    pages = {
        section: [
            st.Page(
                FOLDER / place.file,
                title=place.title,
                icon=place.icon,
                url_path=place.path,
                default=not place.path,
            )
            for place in places
        ]
        for section, places in MENU.items()
    }
    page = st.navigation(pages)
    st.set_page_config(page_title=f"{page.title} · Spreaders", page_icon=str(ICON), layout="wide")
    show_style()
    st.logo(LOGO, size="large")
    token = find_token()
    if token is None:
        st.session_state.pop("token", None)
        show_signed_out()
        return
    st.session_state["token"] = token
    address.open_page(page.url_path)
    try:
        show_demo_badge()
        page.run()
    except ApiRefused as refusal:
        if refusal.status == 401:
            SESSIONS.end_token(token)
            st.session_state.pop("token", None)
            show_signed_out()
        st.error(str(refusal))
    with st.sidebar:
        st.html(SIGN_OUT)


show()
