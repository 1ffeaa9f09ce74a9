"""Every Spark job, in the order in which they run: what one writes the later ones read."""

from __future__ import annotations

from transforms.spark.job import Job

JOBS: tuple[Job, ...] = ()
