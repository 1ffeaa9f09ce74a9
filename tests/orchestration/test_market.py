"""A home keeps the market it was made with."""

from pathlib import Path

import pytest

from core.errors import BadInput, Conflict, VendorDown
from core.settings import Settings
from orchestration.attach import start_sandbox
from orchestration.market import Market, forget_market, holds_market, settle_market


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path / "home", _env_file=None)


@pytest.fixture
def scenario(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('name = "mine"\n')
    return file


def test_the_first_choice_is_kept_for_whoever_asks_for_nothing(settings, scenario):
    settle_market(settings, Market(scenario, 30))
    assert settle_market(settings, Market()) == Market(scenario, 30)


def test_a_relative_path_names_the_same_file_in_the_folder_of_the_sandbox(settings, scenario, monkeypatch):
    monkeypatch.chdir(scenario.parent)
    market = settle_market(settings, Market(Path("mine.toml"), 30))
    assert market.arguments() == ["--scenario", str(scenario.resolve()), "--days", "30"]


def test_the_same_choice_again_is_no_conflict(settings, scenario):
    settle_market(settings, Market(scenario, 30))
    assert settle_market(settings, Market(scenario, 30)) == Market(scenario, 30)


def test_another_scenario_is_refused_in_one_sentence(settings, scenario, tmp_path):
    settle_market(settings, Market(scenario, 30))
    other = tmp_path / "other.toml"
    other.write_text('name = "other"\n')
    with pytest.raises(Conflict, match=r"holds another market \(.*mine\.toml\); use another --home\.$"):
        settle_market(settings, Market(other))


def test_another_length_is_refused_in_one_sentence(settings):
    settle_market(settings, Market(None, 30))
    with pytest.raises(Conflict, match=r"holds a market of 30 days; use another --home\.$"):
        settle_market(settings, Market(None, 60))
    with pytest.raises(Conflict, match="people"):
        settle_market(settings, Market(None, None, 500))


@pytest.mark.parametrize("again", [True, False])
def test_a_scenario_file_that_changed_is_refused(settings, scenario, again):
    settle_market(settings, Market(scenario, 30))
    scenario.write_text('name = "mine"\nseed = 2\n')
    with pytest.raises(Conflict, match="use another --home"):
        settle_market(settings, Market(scenario if again else None))


def test_a_scenario_that_cannot_be_read_is_named(settings):
    with pytest.raises(
        BadInput, match=r"There is no scenario gone\.toml.*default, small, steady, tiny, volatile"
    ):
        settle_market(settings, Market(Path("gone.toml")))


def test_a_forgotten_choice_can_be_made_anew(settings, scenario):
    settle_market(settings, Market(scenario, 30))
    forget_market(settings)
    assert settle_market(settings, Market(None, 60)) == Market(None, 60)


def test_a_shipped_name_stands_beside_files(settings):
    chosen = settle_market(settings, Market(Path("small"), 3))
    assert chosen.scenario.name == "small.toml"
    assert chosen.scenario.is_absolute()
    assert settle_market(settings, Market(Path("small"))) == chosen
    assert settle_market(settings, Market()) == chosen


@pytest.mark.parametrize("torn", ["", '{"scenario": nu', "[]", "{}"])
def test_a_torn_note_is_written_anew(settings, scenario, torn):
    settle_market(settings, Market(scenario, 30))
    (settings.home / "sandbox" / "market.json").write_text(torn)
    with pytest.raises(Conflict, match="say again with --scenario and --days"):
        settle_market(settings, Market())
    settle_market(settings, Market(scenario, 30))
    assert settle_market(settings, Market()) == Market(scenario, 30)


class Refusing:
    """Processes whose sandbox does not start, as when its port is taken."""

    def __init__(self, settings):
        self.settings = settings

    def start_sandbox(self, arguments, *, port):
        raise VendorDown(f"nothing listens on {port} for {arguments}")


def test_a_sandbox_that_does_not_start_leaves_the_market_of_the_home(settings, scenario):
    with pytest.raises(VendorDown):
        start_sandbox(Refusing(settings), Market(scenario, 30), port=1)
    assert not holds_market(settings)
    settle_market(settings, Market(scenario, 30))
    with pytest.raises(VendorDown):
        start_sandbox(Refusing(settings), Market(), port=1)
    assert settle_market(settings, Market()) == Market(scenario, 30)
