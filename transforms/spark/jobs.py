"""Every Spark job, in the order in which they run: what one writes the later ones read."""

from __future__ import annotations

from transforms.spark import audiences, profiles
from transforms.spark.attribution import build_attribution
from transforms.spark.identity import stitch_persons
from transforms.spark.job import Job
from transforms.spark.paths import build_paths
from transforms.spark.uplift import build_uplift

JOBS: tuple[Job, ...] = (
    Job(
        "identity",
        (
            "silver.touch",
            "silver.order",
            "silver.customer",
            "silver.recipient",
            "gold.person_link",
            "gold.person_apart",
        ),
        ("person_key", "person_merge"),
        stitch_persons,
    ),
    Job("paths", ("silver.touch", "silver.order", "gold.person_key"), ("path_touch",), build_paths),
    Job("attribution", ("gold.path_touch",), ("attribution_credit", "attribution_total"), build_attribution),
    Job("uplift", ("gold.path_touch", "silver.ad_daily"), ("channel_uplift",), build_uplift),
    profiles.JOB,
    audiences.JOB,
)
