"""The market a home belongs to: one scenario, one length of history, for good."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from core.errors import BadInput, Conflict
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Market:
    """What the command line chose: a scenario file and the days of history; None leaves it open."""

    scenario: Path | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """The market as the home remembers it; `digest` is of the scenario file's text."""

    scenario: str | None
    digest: str | None
    days: int | None


def settle_market(settings: Settings, market: Market) -> Market:
    """Return the market of this home: the one it holds already, else the one chosen now.

    Raises:
        BadInput: the scenario file cannot be read.
        Conflict: the home holds another market; its rows would not fit the new one's.
    """
    file = settings.home / "sandbox" / "market.json"
    chosen = _note(market)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(chosen)), encoding="utf-8")
        return market
    held = Noted(**json.loads(file.read_text(encoding="utf-8")))
    if market.scenario is not None and chosen.digest != held.digest:
        raise Conflict(
            f"{settings.home} holds another market ({held.scenario or 'default'}); use another --home."
        )
    if market.days not in (None, held.days):
        raise Conflict(f"{settings.home} holds a market of {held.days or 365} days; use another --home.")
    kept = Market(Path(held.scenario) if held.scenario else None, held.days)
    if _note(kept).digest != held.digest:
        raise Conflict(f"{held.scenario} changed since this home was made; undo that or use another --home.")
    return kept


def forget_market(settings: Settings) -> None:
    """Forget the choice: the market never came to be."""
    (settings.home / "sandbox" / "market.json").unlink(missing_ok=True)


def _note(market: Market) -> Noted:
    if market.scenario is None:
        return Noted(None, None, market.days)
    try:
        text = market.scenario.read_bytes()
    except OSError as error:
        raise BadInput(f"The scenario {market.scenario} cannot be read ({error.strerror}).") from error
    return Noted(str(market.scenario.resolve()), hashlib.sha256(text).hexdigest(), market.days)
