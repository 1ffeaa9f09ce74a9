"""How Streamlit runs the app: options of its command line, the look in light and dark."""

from __future__ import annotations

from pathlib import Path

# `streamlit run` takes this file and these options.
SERVED = Path(__file__).parent / "serve.py"
PRIMARY = "#0F766E"
LIGHT = {
    "primaryColor": PRIMARY,
    "backgroundColor": "#FFFFFF",
    "secondaryBackgroundColor": "#F5F7F8",
    "textColor": "#1F2A37",
    "linkColor": "#0F766E",
    "borderColor": "#DDE3E7",
}
DARK = {
    "primaryColor": "#2AA79B",
    "backgroundColor": "#0F1720",
    "secondaryBackgroundColor": "#18222D",
    "textColor": "#E6EBF0",
    "linkColor": "#4FC3B7",
    "borderColor": "#33414F",
}
THEMES = {"light": LIGHT, "dark": DARK}
OPTIONS = (
    "--browser.gatherUsageStats=false",
    "--client.toolbarMode=minimal",
    "--client.showErrorDetails=none",
    "--server.fileWatcherType=none",
    # Without a base, the theme follows the system's setting.
    *(f"--theme.light.{name}={value}" for name, value in LIGHT.items()),
    *(f"--theme.dark.{name}={value}" for name, value in DARK.items()),
    "--theme.baseFontSize=15",
    '--theme.headingFontSizes=["1.9rem","1.5rem","1.2rem"]',
    "--theme.headingFontWeights=650",
    "--theme.metricValueFontSize=1.4rem",
)
