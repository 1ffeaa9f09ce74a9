"""A picture of an attribution answer: what each model gives each channel, and Markov's removal effects."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from core.errors import BadInput

# The largest channels get a group of bars of their own; the rest are one group.
ENDINGS = (".png", ".svg", ".pdf")
MOST_CHANNELS = 14
OTHERS = "all others"
TITLES = {
    "first": "First",
    "last": "Last",
    "last_non_direct": "Non-direct",
    "linear": "Linear",
    "position": "Position",
    "time_decay": "Decay",
    "markov": "Markov",
    "shapley": "Shapley",
}
# Rules of thumb in greys and blues; the two models that look at the data stand out.
COLOURS = {
    "first": "#CBD2D9",
    "last": "#7B8794",
    "last_non_direct": "#52606D",
    "linear": "#BAE3FF",
    "position": "#7CC4FA",
    "time_decay": "#2186EB",
    "markov": "#E12D39",
    "shapley": "#F0B429",
}
INK, PALE = "#1F2933", "#E4E7EB"


def draw(answer: dict[str, Any], file: Path) -> None:
    """Write the picture of an answer as the file's ending says: PNG, SVG or PDF.

    Raises:
        BadInput: the ending is none of these, or the file cannot be written.
    """
    check_ending(file)
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib.figure import Figure

    channels = _largest(answer)
    models = list(answer["models"])
    has_effects = "markov" in models
    height = 1.6 + len(channels) * (0.16 + 0.075 * len(models))
    figure = Figure(figsize=(12 if has_effects else 9, max(height, 3.6)), layout="constrained")
    parts = figure.subplots(
        1, 2 if has_effects else 1, width_ratios=[3, 1] if has_effects else None, squeeze=False
    )
    _draw_shares(parts[0][0], answer, channels)
    if has_effects:
        _draw_effects(parts[0][1], answer, channels)
    figure.legend(loc="outside lower left", ncols=len(models), fontsize=9, frameon=False)
    paths, conversions = answer["paths"], answer["conversions"]
    figure.suptitle(
        f"{conversions:,.6g} conversions credited by {len(models)} models   ({paths:,} rows of paths)",
        fontsize=13, color=INK, x=0.01, ha="left", weight="bold",
    )  # fmt: skip
    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # letters the font lacks
            figure.savefig(file, dpi=150)
    except OSError as error:
        raise BadInput(f"{file} cannot be written ({error.strerror}); choose another place.") from None


def check_ending(file: Path) -> None:
    """Refuse a picture that is no PNG, SVG or PDF.

    Raises:
        BadInput: with the endings there are.
    """
    if file.suffix.lower() not in ENDINGS:
        raise BadInput(f"{file.name}: a picture is a {', '.join(ENDINGS)} file.")


def _largest(answer: dict[str, Any]) -> list[str]:
    """Return the channels to draw, the one with the largest mean share first."""
    models = answer["models"].values()
    names = {channel for rows in models for channel in rows}
    mean = {name: sum(rows[name]["share"] for rows in models) for name in names}
    ranked = sorted(names, key=lambda name: (-mean[name], name))
    return ranked if len(ranked) <= MOST_CHANNELS else [*ranked[: MOST_CHANNELS - 1], OTHERS]


def _share(rows: dict[str, dict[str, float]], channel: str, channels: list[str]) -> float:
    if channel != OTHERS or channel in rows:
        return rows[channel]["share"]
    return sum(row["share"] for name, row in rows.items() if name not in channels)


def _draw_shares(axes: Any, answer: dict[str, Any], channels: list[str]) -> None:
    models = answer["models"]
    thick = 0.82 / len(models)
    for number, (model, rows) in enumerate(models.items()):
        at = [place - 0.41 + thick * (number + 0.5) for place in range(len(channels))]
        widths = [100 * _share(rows, channel, channels) for channel in channels]
        name = f"{TITLES[model]} (order {answer['order']})" if model == "markov" else TITLES[model]
        axes.barh(at, widths, height=thick * 0.92, color=COLOURS[model], label=name)
    _dress(axes, channels, "Share of conversions (%)")


def _draw_effects(axes: Any, answer: dict[str, Any], channels: list[str]) -> None:
    rows = answer["models"]["markov"]
    effects = [100 * rows[name]["removal_effect"] if name in rows else 0.0 for name in channels]
    axes.hlines(range(len(channels)), 0, effects, color=PALE, linewidth=3)
    axes.plot(effects, range(len(channels)), "o", color=COLOURS["markov"], markersize=7)
    for place, (name, effect) in enumerate(zip(channels, effects, strict=True)):
        if name in rows:
            axes.annotate(
                f"{effect:.1f}", (effect, place), xytext=(8, 0), textcoords="offset points", va="center",
                fontsize=9, color=INK,
            )  # fmt: skip
    _dress(axes, channels, "Lost without the channel (%), Markov")
    axes.set_yticklabels([])
    axes.set_xlim(0, max(max(effects) * 1.25, 1.0))


def _dress(axes: Any, channels: list[str], title: str) -> None:
    axes.set_yticks(range(len(channels)), [name if len(name) <= 32 else f"{name[:31]}…" for name in channels])
    for label in axes.get_yticklabels():
        label.set_parse_math(False)  # a channel may have dollars in its name
    axes.set_ylim(len(channels) - 0.5, -0.5)
    axes.set_xlabel(title, color=INK)
    axes.tick_params(length=0, colors=INK)
    axes.grid(axis="x", color=PALE)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
