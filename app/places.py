"""The app's pages by their address; the menu and the sign-in read the same list."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "views"


@dataclass(frozen=True, slots=True)
class Place:
    """One page: `path` is its address, empty for the first page; `file` its script in `views`."""

    path: str
    title: str
    file: str
    icon: str


# Sections of the menu.
MENU: dict[str, tuple[Place, ...]] = {
    "Results": (
        Place("", "Overview", "overview.py", ":material/monitoring:"),
        Place("channels", "Channels", "channels.py", ":material/lan:"),
        Place("ads", "Every ad", "ads.py", ":material/ads_click:"),
        Place("attribution", "Attribution", "attribution.py", ":material/route:"),
        Place("metrics", "Metrics", "metrics.py", ":material/function:"),
    ),
    "People": (Place("audiences", "Audiences", "audiences.py", ":material/groups:"),),
    "Trust": (Place("data", "Data quality", "sources.py", ":material/verified:"),),
}
# Earlier addresses of a page.
MOVED = {"quality": "data"}


def all_places() -> tuple[Place, ...]:
    """Return every page in the menu's order."""
    return tuple(place for section in MENU.values() for place in section)


def is_place(address: str) -> bool:
    """Whether an address, its query left out, is one of our pages."""
    path = address.partition("?")[0]
    return path in {f"/{place.path}" for place in all_places()}
