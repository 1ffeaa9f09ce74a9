"""Every Spark job, in the order in which they run: what one writes the later ones read."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from lake.audiences.profile import PARTS
from transforms.spark.job import Job, Work


def _later(module: str, function: str) -> Callable[[Work], None]:
    """Return the function of a module that is imported at the first run: Spark's libraries take seconds."""

    def run(work: Work) -> None:
        getattr(import_module(f"transforms.spark.{module}"), function)(work)

    return run


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
        _later("identity", "stitch_persons"),
    ),
    Job(
        "paths",
        ("silver.touch", "silver.order", "gold.person_key"),
        ("path_touch",),
        _later("paths", "build_paths"),
    ),
    Job(
        "attribution",
        ("gold.path_touch",),
        ("attribution_credit", "channel_effect", "attribution_total"),
        _later("attribution", "build_attribution"),
    ),
    Job(
        "uplift",
        ("gold.path_touch", "silver.ad_daily"),
        ("channel_uplift",),
        _later("uplift", "build_uplift"),
    ),
    Job(
        "profiles",
        ("silver.touch", "silver.order", "silver.order_line", "silver.customer", "gold.person_key"),
        (*PARTS, "person_product", "person_cluster", "profile_model"),
        _later("profiles", "run"),
    ),
    Job(
        "audiences",
        ("gold.audience_definition", "gold.person_product", *(f"gold.{name}" for name in PARTS)),
        ("audience_member",),
        _later("audiences", "run"),
    ),
)
