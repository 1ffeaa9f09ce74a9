"""The review of matched records, drawn without a browser and with the API's answers made up."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

import app.identity_review as review

pytestmark = pytest.mark.case("numbers/identity")


class Api:
    """Answers `db.query` and keeps what `db.update` changes."""

    def __init__(self) -> None:
        self.decision, self.version = "proposed", 1
        self.calls: list[dict] = []

    def request(self, name, arguments, token):
        assert token == "t"
        if name == "db.update":
            self.calls.append(arguments)
            self.decision, self.version = arguments["values"]["decision"], self.version + 1
            return {}
        if "GROUP BY" in arguments["statement"]:
            return {"rows": [[self.decision, 1]]}
        if f"'{self.decision}'" not in arguments["statement"]:
            return {"rows": []}
        one, other = {"surname": "Berg", "city": "Kiel"}, {"surname": "Borg", "city": "Kiel"}
        return {"rows": [["p1", self.version, "people.csv", json.dumps(one), json.dumps(other), 0.7]]}


def draw() -> None:
    from app.identity_review import show_review

    show_review()


@pytest.fixture
def api(monkeypatch):
    made = Api()
    monkeypatch.setattr(review, "request", made.request)
    return made


@pytest.fixture
def shown(api):
    page = AppTest.from_function(draw)
    page.session_state["token"] = "t"
    return page.run()


def press(page, label):
    next(button for button in page.button if button.label == label).click()
    return page.run()


def test_two_records_stand_side_by_side_with_their_probability(shown):
    assert not shown.exception
    assert shown.metric[0].value == "70%"
    frame = shown.dataframe[0].value
    assert frame.loc[0].tolist() == ["surname", "Berg", "Borg", "no"]
    assert frame.loc[1].tolist() == ["city", "Kiel", "Kiel", "yes"]


def test_a_pair_is_merged_and_un_merged_by_the_version_shown(shown, api):
    press(shown, "One person: merge")
    assert api.calls == [{"table": "person_pair", "id": "p1", "version": 1, "values": {"decision": "merged"}}]
    shown.session_state["review-state"] = "merged"
    shown.run()
    press(shown, "Un-merge: two persons")
    assert api.calls[-1]["values"] == {"decision": "apart"}
    assert api.calls[-1]["version"] == 2


def test_without_pairs_the_page_says_how_to_make_some(monkeypatch):
    monkeypatch.setattr(review, "request", lambda *_: {"rows": []})
    page = AppTest.from_function(draw)
    page.session_state["token"] = "t"
    assert "spreaders identity match" in page.run().info[0].value
