from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.market import ScenarioError, World, load_scenario
from sandbox.market.loading import SCENARIOS
from sandbox.market.scenario import Scenario

SMALL = (SCENARIOS / "small.toml").read_text(encoding="utf-8")
DOC = Path(__file__).parents[3] / "docs" / "scenarios.md"


def write(tmp_path, old, new):
    assert old in SMALL
    path = tmp_path / "mine.toml"
    path.write_text(SMALL.replace(old, new, 1))
    return path


MISTAKES = [
    ("people = 2000", "peoples = 2000", "unknown key `peoples`; did you mean `people`?"),
    ("refund_share = 0.1", "refunds = 0.1", "unknown key `shop.refunds`; did you mean `refund_share`?"),
    (
        'pricing = "cpc"',
        'priceing = "cpc"',
        "unknown key `paid.google_ads.campaigns[0].priceing`; did you mean `pricing`?",
    ),
    ("people = 2000", "people = -5", "`people` is -5, but should be greater than or equal to 100."),
    ("Europe/Berlin", "Berlin", "`timezone` is 'Berlin', but 'Berlin' is not an IANA time zone such as"),
    ("[paid.meta_ads]", "[paid.metaads]", "allowed are google_ads, meta_ads"),
    (
        "half_minor = 500 ",
        'half_minor = "x" ',
        "`paid.google_ads.campaigns[0].saturation.half_minor` is 'x', but should be a valid number",
    ),
    (
        'campaign = "Brand Search"',
        'campaign = "Bland"',
        "halo names campaign 'Bland', which google_ads lacks.",
    ),
    ("[paid.meta_ads]", '[paid.meta_ads]\ntimezone = "Mars"', "'Mars' is not an IANA time zone such as"),
    (
        "[paid.meta_ads]",
        '[paid.meta_ads]\ncurrency = "USD"',
        "paid.meta_ads is in USD; write its rate, the EUR for",
    ),
    ("[paid.meta_ads]", "[paid.meta_ads]\nrate = 0.9", "is in the market's currency; leave its rate out."),
    ('name = "small"\n', "", "key `name` is missing."),
    ("people = 2000", "people =", "is not valid TOML"),
]


@pytest.mark.parametrize(("old", "new", "said"), MISTAKES)
def test_a_mistake_becomes_one_clear_sentence(tmp_path, old, new, said):
    path = write(tmp_path, old, new)
    with pytest.raises(ScenarioError) as error:
        load_scenario(path)
    message = str(error.value)
    assert message.startswith(f"Scenario {path}")
    assert said in message
    assert "\n" not in message


def test_a_missing_file_names_the_shipped_scenarios():
    with pytest.raises(
        ScenarioError, match=r"nowhere.toml does not exist: .* default, small, steady, tiny, volatile"
    ):
        load_scenario("nowhere.toml")


def test_given_days_seed_and_people_replace_the_file():
    scenario = load_scenario("small", days=3, seed=5, people=4000)
    assert (scenario.days, scenario.seed, scenario.people, scenario.scale) == (3, 5, 4000, 2.0)


def test_a_wrong_argument_is_a_scenario_error():
    with pytest.raises(ScenarioError, match="`days` is 0, but should be greater than or equal to 1"):
        load_scenario("small", days=0)


@pytest.mark.parametrize("name", ["default", "steady", "volatile"])
def test_shipped_scenarios_live(name):
    world = World(load_scenario(name, days=8, people=3000))
    assert world.orders().height > 10
    assert world.truth.curves().keys() == world.scenario.paid.keys()


def test_faults_and_drift_are_handed_on():
    scenario = load_scenario("volatile", days=1, people=1000)
    assert {fault.kind for fault in scenario.faults} >= {"rate_limit", "truncated_json"}
    assert scenario.drift[0].from_day == 200


def test_a_fault_needs_exactly_one_trigger(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(SMALL + '\n[[faults]]\nchannel = "*"\nkind = "slow"\n')
    with pytest.raises(ScenarioError, match="needs exactly one of `every` and `rate`"):
        load_scenario(path)


def list_fields(model, seen):
    for name, field in model.model_fields.items():
        seen.add((model.__name__, name, field.description))
        for part in [field.annotation, *find_inner(field.annotation)]:
            if hasattr(part, "model_fields"):
                list_fields(part, seen)
    return seen


def find_inner(kind):
    inner = getattr(kind, "__args__", ())
    return [part for each in inner for part in [each, *find_inner(each)]]


def test_every_field_is_described_and_documented():
    text = DOC.read_text(encoding="utf-8")
    for model, name, description in list_fields(Scenario, set()):
        assert description, (model, name)
        assert f"| `{name}` |" in text, (model, name)
