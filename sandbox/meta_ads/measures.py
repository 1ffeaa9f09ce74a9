"""The numbers behind insights: the market's ad days grouped as a query asks."""

from __future__ import annotations

import orjson
import polars as pl

from sandbox.guarded import GuardedWorld
from sandbox.meta.errors import bad_param
from sandbox.meta_ads.nodes import find_effective_status, read_rows
from sandbox.meta_ads.query import Query

CHANNEL = "meta_ads"
KEYS = {"account": [], "campaign": ["campaign_id"], "adset": ["campaign_id", "ad_set_id"],
        "ad": ["campaign_id", "ad_set_id", "ad_id"]}  # fmt: skip
NODE_COLUMN = {"account": "account_id", "campaign": "campaign_id", "adset": "ad_set_id", "ad": "ad_id"}
ARRIVED = 85  # landing page views in 100 link clicks
NEW_PEOPLE = 55  # of 100 people reached on several days, counted by day, so many are different ones
WITHIN_A_DAY = 60  # conversions in 100 after a click that come within a day of it
SUMS = [
    "impressions", "reach", "clicks", "link_clicks", "landing_page_views", "spend_minor",
    "by_click", "by_click_1d", "by_view", "click_value", "click_value_1d", "view_value",
]  # fmt: skip
AD_STATUS = "ad.effective_status"
FILTER_COLUMNS = {
    "campaign.id": "campaign_id", "campaign.name": "campaign_name", "adset.id": "ad_set_id",
    "adset.name": "adset_name", "ad.id": "ad_id", "ad.name": "ad_name", "publisher_platform": "network",
    "spend": "spend_minor",
    "impressions": "impressions", "clicks": "clicks",
}  # fmt: skip


def measure(world: GuardedWorld, query: Query) -> pl.DataFrame:
    """One line for each row of the answer, sorted: SUMS, ids, names (as JSON text), `since`, `until`."""
    rows = world.cached(("meta_ads", "ad days"), lambda: read_ad_days(world))
    rows = rows.filter(
        pl.col("day").is_between(query.since, query.until),
        pl.col(NODE_COLUMN[query.node_level]) == query.node,
    )
    rows = add_names(world, rows)
    for field, operator, values in query.filters:
        if field == AD_STATUS:
            rows = rows.filter(filter_rows("ad.id", operator, find_ads(world, values)))
        else:
            rows = rows.filter(filter_rows(field, operator, values))
    rows = rows.with_columns(bucket(query))
    keys = ["since", "until", "account_id", *KEYS[query.level]]
    names = [f"{kind}_name" for kind in ("campaign", "adset", "ad")[: len(KEYS[query.level])]]
    shown = [*keys, *(["network"] if query.breakdowns else [])]
    sums = [pl.col(name).sum() for name in SUMS if name != "reach"]
    described = [pl.col(name).first() for name in (*names, "objective")]
    return rows.group_by(shown).agg(*sums, sum_reach(query), *described).sort(shown)


def sum_reach(query: Query) -> pl.Expr:
    """People reached; over several days some are the same, so that reach does not add up."""
    total = pl.col("reach").sum()
    return (
        total if query.increment == 1 else pl.max_horizontal(pl.col("reach").max(), total * NEW_PEOPLE // 100)
    )


def read_ad_days(world: GuardedWorld) -> pl.DataFrame:
    """All days of the market with the parts every action is made of; whole numbers, so that they add up."""
    with world.hold():
        days: pl.DataFrame = world.ad_daily(CHANNEL, world.first_day, world.today)
    by_click, by_view = pl.col("conversions_click"), pl.col("conversions_view")
    share = pl.when(by_click + by_view > 0).then(by_click / (by_click + by_view)).otherwise(0.0)
    return days.with_columns(
        landing_page_views=pl.col("link_clicks") * ARRIVED // 100,
        by_click=by_click,
        by_click_1d=(by_click * WITHIN_A_DAY / 100).floor(),
        by_view=by_view,
        click_value=(pl.col("conversion_value_minor") * share).round().cast(pl.Int64),
    ).with_columns(
        view_value=pl.col("conversion_value_minor") - pl.col("click_value"),
        click_value_1d=pl.when(by_click > 0)
        .then((pl.col("click_value") * pl.col("by_click_1d") / by_click).round())
        .otherwise(0.0)
        .cast(pl.Int64),
    )


def add_names(world: GuardedWorld, rows: pl.DataFrame) -> pl.DataFrame:
    """Names as JSON text, and the objective of the campaign."""
    campaigns = world.campaigns(CHANNEL).select(
        "campaign_id", campaign_name=write_json("name"), objective=pl.col("objective")
    )
    ad_sets = world.ad_sets(CHANNEL).select("ad_set_id", adset_name=write_json("name"))
    ads = world.ads(CHANNEL).select("ad_id", ad_name=write_json("name"))
    return (
        rows.join(campaigns, on="campaign_id", how="left")
        .join(ad_sets, on="ad_set_id", how="left")
        .join(ads, on="ad_id", how="left")
    )


def write_json(column: str) -> pl.Expr:
    """A text column as JSON text."""
    return pl.col(column).map_elements(lambda text: orjson.dumps(text).decode(), return_dtype=pl.String)


def bucket(query: Query) -> list[pl.Expr]:
    """First and last day of the row a day belongs to."""
    day, last = pl.col("day"), pl.lit(query.until)
    if query.increment == 0:
        return [pl.lit(query.since).alias("since"), last.alias("until")]
    if query.increment < 0:
        first = pl.max_horizontal(day.dt.month_start(), pl.lit(query.since))
        return [first.alias("since"), pl.min_horizontal(day.dt.month_end(), last).alias("until")]
    steps = (day - pl.lit(query.since)).dt.total_days() // query.increment * query.increment
    first = pl.lit(query.since) + pl.duration(days=steps)
    end = first + pl.duration(days=query.increment - 1)
    return [first.cast(pl.Date).alias("since"), pl.min_horizontal(end.cast(pl.Date), last).alias("until")]


def find_ads(world: GuardedWorld, statuses: tuple[str, ...]) -> tuple[str, ...]:
    """The ads that have one of these effective statuses."""
    ads = read_rows(world)["ad"]
    return tuple(ad_id for ad_id, row in ads.items() if find_effective_status(world, "ad", row) in statuses)


def filter_rows(field: str, operator: str, values: tuple[str, ...]) -> pl.Expr:
    """A filter of the vendor on the market's rows."""
    if field not in FILTER_COLUMNS:
        raise bad_param(
            "filtering", f"Filtering field {field} with operation {operator.lower()} is not supported"
        )
    column = pl.col(FILTER_COLUMNS[field])
    if operator == "IN":
        return column.cast(pl.String).is_in(list(values))
    if operator == "EQUAL":
        return column.cast(pl.String) == values[0]
    if operator == "NOT_IN":
        return ~column.cast(pl.String).is_in(list(values))
    if operator == "CONTAIN":
        return column.cast(pl.String).str.contains(values[0], literal=True)
    if operator == "GREATER_THAN":
        return column > float(values[0]) * (100 if field == "spend" else 1)
    raise bad_param(
        "filtering", f"Filtering field {field} with operation {operator.lower()} is not supported"
    )
