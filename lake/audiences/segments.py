"""RFM segments: what a person's recency and frequency-with-money scores are called together."""

from __future__ import annotations

# A row for each recency score (1 bought longest ago), a column for each mean of the frequency and the
# monetary score, rounded up (1 bought least).
GRID: tuple[tuple[str, ...], ...] = (
    ("lost", "hibernating", "hibernating", "cannot_lose", "cannot_lose"),
    ("about_to_sleep", "about_to_sleep", "at_risk", "at_risk", "at_risk"),
    ("promising", "need_attention", "need_attention", "loyal", "loyal"),
    ("promising", "potential_loyalists", "loyal", "champions", "champions"),
    ("recent", "potential_loyalists", "loyal", "champions", "champions"),
)


def name_segment(recency: int, frequency: int, monetary: int) -> str:
    """Return the segment of three scores, each 1 to 5."""
    return GRID[recency - 1][(frequency + monetary + 1) // 2 - 1]


def segment_sql() -> str:
    """Return the same as an SQL expression over `recency_score`, `frequency_score`, `monetary_score`."""
    cases = [
        f"WHEN recency_score = {r} AND frequency_score + monetary_score + 1 IN ({2 * fm}, {2 * fm + 1})"
        f" THEN '{name}'"
        for r, row in enumerate(GRID, 1)
        for fm, name in enumerate(row, 1)
    ]
    return f"CASE {' '.join(cases)} END"
