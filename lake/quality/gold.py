"""The rules of the gold tables: each is measured slice by slice, and the measures are held to rules.

Great Expectations reads pandas, SQL or Spark; twenty million credits as pandas would cost minutes
and gigabytes. Polars adds up what matters, one row a slice, and the suite judges those rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from lake.audiences.features import COLUMNS as FEATURE_COLUMNS
from lake.gold import CREDIT_MODELS
from lake.quality.rule import Rule, between

EXACT = 1e-9
# Totals add up rounded doubles of many paths.
NEARLY = 1e-6
CREDITS = "first last last_non_direct linear position_based time_decay markov shapley data_driven".split()
Measure = Callable[[pl.LazyFrame], pl.LazyFrame]


@dataclass(frozen=True, slots=True)
class GoldSuite:
    """How a gold table is measured, and what its measures must be."""

    measure: Measure
    rules: tuple[Rule, ...]


def _none(*names: str) -> tuple[Rule, ...]:
    """Return: these counts of bad rows are zero; anything else is critical."""
    return tuple(rule for name in names for rule in between(name, 0, 0, "critical"))


def _outside(name: str, low: float, high: float) -> pl.Expr:
    return (~pl.col(name).is_between(low, high)).fill_null(value=False).sum().cast(pl.Int64)


def _empty(*names: str) -> pl.Expr:
    return pl.sum_horizontal(pl.col(name).is_null().sum() for name in names).cast(pl.Int64)


def _repeated(*names: str) -> pl.Expr:
    return (pl.len() - pl.struct(list(names)).n_unique()).cast(pl.Int64)


def _sliced(slices: str, **measures: pl.Expr) -> Measure:
    def measure(rows: pl.LazyFrame) -> pl.LazyFrame:
        if slices:
            return rows.group_by(slices).agg(**measures).with_columns(pl.lit(slices).alias("slice"))
        return rows.select(**measures)

    return measure


def _credit(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return, per window, by how much the worst path's shares miss 1, and how many shares are no shares."""
    models = [name for name in CREDITS if name in rows.collect_schema()]
    gaps = rows.group_by("window_days", "path_id").agg(
        (pl.col(models).sum() - 1).abs().name.suffix("_gap"),
        pl.any_horizontal(pl.col(models).is_null() | pl.col(models).is_nan() | (pl.col(models) < -EXACT))
        .sum()
        .alias("bad"),
    )
    return gaps.group_by("window_days").agg(
        worst_gap_to_1=pl.max_horizontal(pl.col(f"{name}_gap").max() for name in models),
        shares_empty_or_negative=pl.col("bad").sum().cast(pl.Int64),
    )


def _totals(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return, per window, by how much the shares of a model at a grain miss 1 at worst; per currency."""
    models = CREDIT_MODELS.values()
    sums = rows.group_by("window_days", "grain", "currency").agg(
        (pl.col(f"{model}_share").sum() - 1).abs().alias(model) for model in models
    )
    worst = sums.group_by("window_days").agg(worst_gap_to_1=pl.max_horizontal(pl.col(*models).max()))
    odd = rows.group_by("window_days").agg(
        shares_outside_0_to_1=pl.sum_horizontal(
            _outside(f"{model}_share", -NEARLY, 1 + NEARLY) for model in models
        ),
        negative_conversions=pl.sum_horizontal(
            (pl.col(f"{model}_conversions") < -NEARLY).sum().cast(pl.Int64) for model in models
        ),
    )
    return worst.join(odd, on="window_days", how="inner")


def _shares(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return, per window, by how much the shares of a currency miss 1 at worst."""
    sums = rows.group_by("window_days", "currency").agg(
        pl.col("share").sum().alias("shares"), _outside("share", -NEARLY, 1 + NEARLY).alias("odd")
    )
    return sums.group_by("window_days").agg(
        worst_gap_to_1=(pl.col("shares") - 1).abs().max(), shares_outside_0_to_1=pl.col("odd").sum()
    )


GOLD_SUITES: Mapping[str, GoldSuite] = MappingProxyType(
    {
        "person_key": GoldSuite(
            _sliced(
                "",
                keys_of_several_persons=_repeated("key_kind", "key"),
                probabilities_outside_0_to_1=_outside("probability", 0, 1),
                empty_values=_empty("key_kind", "key", "person_id", "method", "probability"),
            ),
            _none("keys_of_several_persons", "probabilities_outside_0_to_1", "empty_values"),
        ),
        "person_merge": GoldSuite(
            _sliced("", empty_values=_empty("happened_at", "kind", "person_id", "because")),
            _none("empty_values"),
        ),
        "person_link": GoldSuite(
            _sliced(
                "",
                probabilities_outside_0_to_1=_outside("probability", 0, 1),
                empty_values=_empty("key_kind", "key", "other_key_kind", "other_key", "because"),
            ),
            _none("probabilities_outside_0_to_1", "empty_values"),
        ),
        "person_apart": GoldSuite(
            _sliced("", empty_values=_empty("key_kind", "key", "other_key_kind", "other_key", "because")),
            _none("empty_values"),
        ),
        "path_touch": GoldSuite(
            _sliced(
                "window_days",
                repeated_positions=_repeated("path_id", "position"),
                positions_outside_the_path=(~pl.col("position").is_between(1, pl.col("touches")))
                .sum()
                .cast(pl.Int64),
                empty_values=_empty("path_id", "person_id", "day_on", "marketing_channel"),
                conversions_without_instant=(pl.col("is_conversion") & pl.col("converted_at").is_null())
                .sum()
                .cast(pl.Int64),
            ),
            _none(
                "repeated_positions",
                "positions_outside_the_path",
                "empty_values",
                "conversions_without_instant",
            ),
        ),
        "attribution_credit": GoldSuite(
            _credit,
            (*between("worst_gap_to_1", 0, EXACT, "critical"), *_none("shares_empty_or_negative")),
        ),
        "attribution_total": GoldSuite(
            _totals,
            (
                *between("worst_gap_to_1", 0, NEARLY, "critical"),
                *_none("shares_outside_0_to_1", "negative_conversions"),
            ),
        ),
        "channel_effect": GoldSuite(
            _sliced(
                "window_days",
                effects_outside_0_to_1=_outside("effect", -NEARLY, 1 + NEARLY),
                empty_values=_empty("marketing_channel", "effect"),
            ),
            _none("effects_outside_0_to_1", "empty_values"),
        ),
        "channel_uplift": GoldSuite(
            _shares,
            (*between("worst_gap_to_1", 0, NEARLY, "critical"), *_none("shares_outside_0_to_1")),
        ),
        "spend_belief": GoldSuite(
            _sliced(
                "",
                repeated_beliefs=_repeated("channel", "account_id", "day_on", "load_id", "load_seq"),
                negative_spend=(pl.col("spend_micros") < 0).sum().cast(pl.Int64),
                empty_values=_empty("channel", "account_id", "day_on", "believed_at", "is_taken_back"),
            ),
            (
                *_none("empty_values"),
                *between("negative_spend", 0, 0, "warning"),
                *between("repeated_beliefs", 0, 0, "warning"),
            ),
        ),
        "person_fact": GoldSuite(
            _sliced(
                "",
                repeated_persons=_repeated("person_id"),
                shares_outside_0_to_1=_outside("top_product_share", 0, 1 + NEARLY),
                empty_values=_empty("person_id", "is_known", "orders", "visits"),
            ),
            _none("repeated_persons", "shares_outside_0_to_1", "empty_values"),
        ),
        "profile_day": GoldSuite(
            _sliced(
                "",
                rows_above_1=(pl.len().cast(pl.Int64) - 1).clip(lower_bound=0),
                lapsed_before_at_risk=(pl.col("lapsed_days") <= pl.col("at_risk_days")).sum().cast(pl.Int64),
                empty_values=_empty("as_of_on", "at_risk_days", "lapsed_days"),
            ),
            _none("rows_above_1", "lapsed_before_at_risk", "empty_values"),
        ),
        "profile_cut": GoldSuite(
            _sliced("", repeated_currencies=_repeated("currency")), _none("repeated_currencies")
        ),
        "profile_line": GoldSuite(
            _sliced(
                "",
                repeated_lines=_repeated("line"),
                empty_values=_empty("line", "intercept", *FEATURE_COLUMNS),
            ),
            _none("repeated_lines", "empty_values"),
        ),
        "person_product": GoldSuite(
            _sliced(
                "",
                repeated_products=_repeated("person_id", "product_id", "currency"),
                negative_orders=(pl.col("orders") < 0).sum().cast(pl.Int64),
                empty_values=_empty("person_id", "product_id", "orders"),
            ),
            _none("repeated_products", "negative_orders", "empty_values"),
        ),
        "person_cluster": GoldSuite(
            _sliced(
                "",
                repeated_clusters=_repeated("cluster", "as_of_on"),
                empty_values=_empty("cluster", "size", "name"),
            ),
            _none("repeated_clusters", "empty_values"),
        ),
        "profile_model": GoldSuite(
            _sliced(
                "", quality_outside_0_to_1=_outside("auc", 0, 1), empty_values=_empty("model", "as_of_on")
            ),
            _none("quality_outside_0_to_1", "empty_values"),
        ),
        "audience_definition": GoldSuite(
            _sliced(
                "",
                repeated_versions=_repeated("audience_id", "version"),
                empty_values=_empty("audience_id", "version", "name", "saved_at"),
            ),
            _none("repeated_versions", "empty_values"),
        ),
        "audience_member": GoldSuite(
            _sliced(
                "",
                ended_before_they_began=(pl.col("until_on") < pl.col("since_on"))
                .fill_null(value=False)
                .sum()
                .cast(pl.Int64),
                empty_values=_empty("audience_id", "version", "person_id", "since_on"),
            ),
            _none("ended_before_they_began", "empty_values"),
        ),
    }
)
