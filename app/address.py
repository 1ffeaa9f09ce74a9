"""What a person chose, in the page's address: kept over reloads, shared by a link, and from page to page."""

from __future__ import annotations

import streamlit as st

# Kept on every page; other choices belong to one page.
SHARED = ("period", "compare", "model")
PAGE = "address-page"
# What the address held when the page before was drawn.
CARRIED = "address-carried"


def open_page(path: str) -> None:
    """Begin a page's run: a choice carried over from another page, and no link's own, leaves the address."""
    st.session_state[PAGE] = path
    kept = st.session_state.setdefault(f"address-names-{path}", set())
    for name in [name for name in st.query_params if name not in {*SHARED, *kept}]:
        is_carried = st.session_state.get(CARRIED, {}).get(name) == st.query_params[name]
        if is_carried and st.session_state.get("address-last", path) != path:
            del st.query_params[name]
    st.session_state["address-last"] = path
    st.session_state[CARRIED] = st.query_params.to_dict()
    # Also where the page does not offer the choice: a reload there keeps it for the others.
    for name in SHARED:
        read(name, "")


def read(name: str, default: str) -> str:
    """Return a choice: from the address, else as it was chosen before, else the default."""
    value = st.query_params.get(name) or st.session_state.get(_kept(name)) or default
    if value:
        write(name, value)
    return str(value)


def write(name: str, value: str) -> None:
    """Keep a choice and put it into the address."""
    if name not in SHARED:
        st.session_state[f"address-names-{_page()}"].add(name)
    st.session_state[_kept(name)] = value
    if st.query_params.get(name) != value:
        st.query_params[name] = value
    st.session_state[CARRIED] = st.query_params.to_dict()


def clear(name: str) -> None:
    """Drop a choice."""
    st.session_state.pop(_kept(name), None)
    if name in st.query_params:
        del st.query_params[name]


def _page() -> str:
    return str(st.session_state.get(PAGE, ""))


def _kept(name: str) -> str:
    return f"address-{name}" if name in SHARED else f"address-{_page()}-{name}"
