"""What a Spark job is: the tables it reads, the gold tables only it writes, and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transforms.spark.tables import Tables


@dataclass(frozen=True)
class Work:
    """What a job works on: one workspace's tables, the present instant (UTC), and what was set.

    Attributes:
        windows: Days before a conversion whose touches count; a job does its work for each.
        half_life_days: Age that halves a touch's part in time decay.
        markov_order: How many consecutive touches are one state of Markov's chain, 1 to 3.
    """

    tables: Tables
    now_at: datetime
    windows: tuple[int, ...] = (30,)
    half_life_days: float = 7.0
    markov_order: int = 1


@dataclass(frozen=True, slots=True)
class Job:
    """One Spark job.

    Attributes:
        name: A plain word, unique among jobs.
        reads: Tables as `<layer>.<name>`; those that do not exist yet are read as empty.
        writes: Names of gold tables; no other job writes them.
        run: Brings them in step with what it reads. Run twice on the same tables, nothing is written.
    """

    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    run: Callable[[Work], None]
