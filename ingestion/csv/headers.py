"""Column headers in one plain spelling, and what a header says beside its name."""

from __future__ import annotations

import re

CURRENCY_IN_HEADER = re.compile(r"\(([A-Z]{3})\)")
# A part of a header in brackets that names a unit or a zone and not another thing.
ASIDE = re.compile(r"\((?:[A-Z]{3}|in [A-Z]{3}|UTC)\)")


def plain_header(header: str) -> str:
    """Return a header in lower case with single spaces: `Amount spent (EUR)` is `amount spent`."""
    return re.sub(r"[\W_]+", " ", ASIDE.sub("", header)).strip().lower()
