"""Every Spark job, in the order in which they run: what one writes the later ones read."""

from __future__ import annotations

from transforms.spark.job import Job
from transforms.spark.paths import build_paths

JOBS: tuple[Job, ...] = (
    Job("paths", ("silver.touch", "silver.order", "gold.person_key"), ("path_touch",), build_paths),
)
