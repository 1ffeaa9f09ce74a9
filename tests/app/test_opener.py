"""The list above a table opens the row that was chosen; a table says by which model it is credited."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app.models import credit_note
from app.show import tell_apart

pytestmark = pytest.mark.case("app/14")


def draw():
    import streamlit as st

    from app.show import show_opener

    names = {"11": "Autumn", "12": "Autumn", "13": "Autumn sale"}
    show_opener("a campaign", names, lambda row_id: st.session_state.update(opened=row_id), "opener")


@pytest.mark.parametrize("row_id", ["11", "12", "13"])
def test_a_row_is_opened_even_where_another_carries_its_name(row_id):
    page = AppTest.from_function(draw, default_timeout=60).run()
    page.selectbox(key="opener").select(row_id).run()
    assert not page.exception
    assert page.session_state["opened"] == row_id
    assert page.selectbox(key="opener").value is None


def test_names_that_several_rows_carry_have_the_id_behind_them():
    names = {"11": "Autumn", "12": "Autumn", "13": "Autumn sale"}
    assert tell_apart(names) == {"11": "Autumn (11)", "12": "Autumn (12)", "13": "Autumn sale"}


def test_a_table_says_by_which_model_it_is_credited():
    assert credit_note("last_non_direct") == "Orders are credited by last non-direct touch."
    assert credit_note("last_non_direct", "linear") == (
        "Orders are credited by last non-direct touch; the cards above by even split."
    )
