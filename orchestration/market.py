"""The market a home belongs to: one scenario, one length of history, for good."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from core.errors import BadInput, Conflict
from core.files import read_json_object, write_atomic
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Market:
    """What the command line chose: a scenario file, days of history, people; None leaves it open."""

    scenario: Path | None = None
    days: int | None = None
    people: int | None = None

    def arguments(self) -> list[str]:
        """Return the sandbox's command-line arguments for it; they hold in any current folder."""
        scenario = self.scenario and self.scenario.resolve()
        chosen = {"--scenario": scenario, "--days": self.days, "--people": self.people}
        return [text for name, value in chosen.items() if value is not None for text in (name, str(value))]


@dataclass(frozen=True, slots=True)
class Noted:
    """The market as the home remembers it; `digest` is of the scenario file's text."""

    scenario: str | None
    digest: str | None
    days: int | None
    people: int | None = None


def settle_market(settings: Settings, market: Market) -> Market:
    """Return the market of this home: the one it holds already, else the one chosen now.

    Raises:
        BadInput: the scenario file cannot be read.
        Conflict: the home holds another market, whose rows would not fit the new one's, or a crash tore
            the note and nothing says which market it was.
    """
    file = _file(settings)
    market = replace(market, scenario=_find(market.scenario))
    chosen = _note(market)
    held = _held(file)
    if held is None:
        if file.exists() and market == Market():
            raise Conflict(
                f"{file} is torn; say again with --scenario and --days which market the home holds."
            )
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(file, json.dumps(asdict(chosen)))
        return market
    if market.scenario is not None and chosen.digest != held.digest:
        raise Conflict(
            f"{settings.home} holds another market ({held.scenario or 'default'}); use another --home."
        )
    if market.days not in (None, held.days):
        raise Conflict(f"{settings.home} holds a market of {held.days or 365} days; use another --home.")
    if market.people not in (None, held.people):
        raise Conflict(f"{settings.home} holds a market of other people; use another --home.")
    kept = Market(Path(held.scenario) if held.scenario else None, held.days, held.people)
    if _note(kept).digest != held.digest:
        raise Conflict(f"{held.scenario} changed since this home was made; undo that or use another --home.")
    return kept


def holds_market(settings: Settings) -> bool:
    """Say whether the home remembers a market."""
    return _held(_file(settings)) is not None


def _file(settings: Settings) -> Path:
    return settings.home / "sandbox" / "market.json"


def _held(file: Path) -> Noted | None:
    """Return the market a home remembers; None without one, or when a crash tore the note."""
    try:
        return Noted(**read_json_object(file))
    except TypeError:
        return None


def shipped_scenarios() -> dict[str, Path]:
    """Return the scenarios that come with the sandbox, by name."""
    spec = importlib.util.find_spec("sandbox")  # not imported: it shares no code
    assert spec is not None and spec.submodule_search_locations  # noqa: S101, PT018 - part of this checkout
    folder = Path(spec.submodule_search_locations[0]) / "scenarios"
    return {file.stem: file for file in sorted(folder.glob("*.toml"))}


def _find(scenario: Path | None) -> Path | None:
    """Return the scenario's file: a bare name is a shipped one's.

    Raises:
        BadInput: it is neither a shipped name nor a file.
    """
    if scenario is None:
        return None
    shipped = shipped_scenarios()
    file = shipped.get(str(scenario), scenario)
    if not file.is_file():
        names = ", ".join(shipped)
        raise BadInput(f"There is no scenario {scenario}; give a TOML file or one of {names}.")
    return file.resolve()


def forget_market(settings: Settings) -> None:
    """Forget the choice: the market never came to be."""
    _file(settings).unlink(missing_ok=True)


def _note(market: Market) -> Noted:
    if market.scenario is None:
        return Noted(None, None, market.days, market.people)
    try:
        text = market.scenario.read_bytes()
    except OSError as error:
        raise BadInput(f"The scenario {market.scenario} cannot be read ({error.strerror}).") from error
    return Noted(str(market.scenario.resolve()), hashlib.sha256(text).hexdigest(), market.days, market.people)
