"""The app's entrance: sign in with a token, then choose a page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.client import ApiRefused, request

PAGES = Path(__file__).parent / "pages"
LOGO = Path(__file__).parent / "logo.svg"
st.set_page_config(page_title="Spreaders", page_icon=":material/hub:", layout="wide")


def sign_in() -> None:
    """Ask for a token and keep it for this browser session only."""
    _, middle, _ = st.columns([1, 1.2, 1])
    with middle, st.form("sign-in"):
        st.image(LOGO, width=220)
        st.caption("Paste the login token that `spreaders up` printed.")
        token = st.text_input("Login token", type="password")
        if st.form_submit_button("Sign in", type="primary", width="stretch"):
            try:
                request("db.getHealth", {}, token.strip())
            except ApiRefused as refusal:
                st.error(str(refusal))
            else:
                st.session_state["token"] = token.strip()
                st.rerun()


def sign_out() -> None:
    """Forget the token."""
    del st.session_state["token"]


if "token" not in st.session_state:
    st.navigation([st.Page(sign_in, title="Sign in")], position="hidden").run()
else:
    st.logo(LOGO, size="large")
    page = st.navigation(
        [
            st.Page(PAGES / "overview.py", title="Overview", icon=":material/monitoring:", default=True),
            st.Page(PAGES / "channels.py", title="Channels", icon=":material/lan:"),
            st.Page(PAGES / "attribution.py", title="Attribution", icon=":material/route:"),
            st.Page(PAGES / "audiences.py", title="Audiences", icon=":material/groups:"),
            st.Page(PAGES / "metrics.py", title="Metrics", icon=":material/function:"),
            st.Page(PAGES / "checks.py", title="Quality", icon=":material/verified:", url_path="quality"),
            st.Page(PAGES / "quality.py", title="Data", icon=":material/fact_check:", url_path="data"),
        ]
    )
    try:
        page.run()
    except ApiRefused as refusal:
        if refusal.status == 401:
            sign_out()
            st.rerun()
        st.error(str(refusal))
    st.sidebar.button("Sign out", icon=":material/logout:", type="tertiary", on_click=sign_out)
