"""Frames of ordered windows that every engine works through one partition after the other.

Sail holds all rows of a table for a frame without end, but only those of one partition for a frame that ends
somewhere, however far away that is.
"""

from __future__ import annotations

from pyspark.sql import Column, Window
from pyspark.sql import functions as fn
from pyspark.sql.window import WindowSpec

# So many digits of what the kernel solves are the same on however many threads it runs; the counts and sums
# that it starts from are exact. A total is rounded once, after it was added up.
DIGITS = 12
# More rows than a partition ever has.
_MANY = 2**31 - 1


def so_far(window: WindowSpec) -> WindowSpec:
    """Return the frame from the first row to the current one."""
    return window.rowsBetween(Window.unboundedPreceding, Window.currentRow)


def whole(window: WindowSpec) -> WindowSpec:
    """Return the frame of all rows."""
    return window.rowsBetween(Window.unboundedPreceding, _MANY)


def next_known(column: str) -> Column:
    """Return the nearest value that is not null after the row, to be taken over an ordered window."""
    return fn.expr(f"lead({column}) IGNORE NULLS")
