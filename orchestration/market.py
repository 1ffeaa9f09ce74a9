"""The market a home belongs to: one scenario, one length of history, for good."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
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
        Conflict: the home holds another market; its rows would not fit the new one's.
    """
    file = settings.home / "sandbox" / "market.json"
    chosen = _note(market)
    known = read_json_object(file)
    if not known:
        write_atomic(file, json.dumps(asdict(chosen)))
        return market
    held = Noted(**known)
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


def forget_market(settings: Settings) -> None:
    """Forget the choice: the market never came to be."""
    (settings.home / "sandbox" / "market.json").unlink(missing_ok=True)


def _note(market: Market) -> Noted:
    if market.scenario is None:
        return Noted(None, None, market.days, market.people)
    try:
        text = market.scenario.read_bytes()
    except OSError as error:
        raise BadInput(f"The scenario {market.scenario} cannot be read ({error.strerror}).") from error
    return Noted(str(market.scenario.resolve()), hashlib.sha256(text).hexdigest(), market.days, market.people)
