"""The gold tables: what the Spark jobs learn from the silver ones, one writer each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from lake.audiences.features import COLUMNS as FEATURE_COLUMNS
from lake.schemas import COUNT, DAY, FLAG, INSTANT, MICROS, REAL, TEXT

# The columns of attribution_credit that hold a share, and the name of their model in all public output.
CREDIT_MODELS: Mapping[str, str] = MappingProxyType(
    {
        "first": "first",
        "last": "last",
        "last_non_direct": "last_non_direct",
        "linear": "linear",
        "position_based": "position",
        "time_decay": "time_decay",
        "markov": "markov",
        "shapley": "shapley",
    }
)
# Those whose shares follow from the path alone, and so are stored with it.
STORED_MODELS: tuple[str, ...] = tuple(name for name in CREDIT_MODELS if name != "markov")
# What attribution_total says of a name by each model.
TOTAL_FACTS: tuple[str, ...] = (
    *("conversions", "value_micros", "share"),
    *("conversions_low", "conversions_high", "share_low", "share_high"),
)


@dataclass(frozen=True, slots=True)
class GoldTable:
    """A gold table: its columns as stored, the key of a row, its Delta partition columns.

    Key and partition begin with the workspace.
    """

    name: str
    schema: Mapping[str, pl.DataType]
    key: tuple[str, ...]
    partition_by: tuple[str, ...] = ("workspace_id",)


def _table(name: str, columns: dict[str, pl.DataType], *, key: str, by: str = "") -> GoldTable:
    schema = MappingProxyType({"workspace_id": TEXT, **columns})
    return GoldTable(name, schema, ("workspace_id", *key.split()), ("workspace_id", *by.split()))


_TABLES = (
    # One row per key under which a person is known. key_kind: browser (touch.anonymous_id), person (the
    # keyed hash of a log-in), customer (<channel>|<account_id>|<customer_id>), recipient (of mails).
    _table(
        "person_key",
        {
            "key_kind": TEXT,
            "key": TEXT,
            "person_id": TEXT,
            "method": TEXT,
            "probability": REAL,
            "linked_at": INSTANT,
        },
        key="key_kind key",
    ),
    # The history of every joining and parting of persons; nothing is ever deleted.
    _table(
        "person_merge",
        {
            "happened_at": INSTANT,
            "kind": TEXT,
            "person_id": TEXT,
            "other_person_id": TEXT,
            "because": TEXT,
            "run_id": TEXT,
        },
        key="kind person_id other_person_id run_id",
    ),
    # Links between keys that a person or the matching of records found, and pairs that are never to be one
    # person. Both are only added to; the keys are those of person_key.
    _table(
        "person_link",
        {
            "key_kind": TEXT,
            "key": TEXT,
            "other_key_kind": TEXT,
            "other_key": TEXT,
            "probability": REAL,
            "because": TEXT,
            "linked_at": INSTANT,
        },
        key="key_kind key other_key_kind other_key because",
    ),
    _table(
        "person_apart",
        {
            "key_kind": TEXT,
            "key": TEXT,
            "other_key_kind": TEXT,
            "other_key": TEXT,
            "because": TEXT,
            "decided_at": INSTANT,
        },
        key="key_kind key other_key_kind other_key because",
    ),
    # The ordered touches of a person before a conversion, and those that led to none. path_id is
    # <channel>|<account_id>|<order_id>, or <person_id>|<first instant> without a conversion. A conversion
    # nobody was seen before has one row: direct, without an event.
    _table(
        "path_touch",
        {
            "window_days": COUNT,
            "path_id": TEXT,
            "person_id": TEXT,
            "is_conversion": FLAG,
            "converted_at": INSTANT,
            "day_on": DAY,
            "currency": TEXT,
            "value_micros": MICROS,
            "position": COUNT,
            "touches": COUNT,
            "event_id": TEXT,
            "occurred_at": INSTANT,
            "marketing_channel": TEXT,
            "channel_group": TEXT,
            "channel_class": TEXT,
            "campaign": TEXT,
            "ad": TEXT,
        },
        key="window_days path_id position",
        by="window_days",
    ),
    # What each touch of a conversion is credited with: one share a model, each summing to 1 over a path;
    # Markov's follow from channel_effect.
    _table(
        "attribution_credit",
        {
            "window_days": COUNT,
            "path_id": TEXT,
            "position": COUNT,
            "day_on": DAY,
            "person_id": TEXT,
            "marketing_channel": TEXT,
            "campaign": TEXT,
            "ad": TEXT,
            "currency": TEXT,
            "value_micros": MICROS,
            **dict.fromkeys(STORED_MODELS, REAL),
        },
        key="window_days path_id position",
        by="window_days",
    ),
    # Markov's removal effect of every channel. The credits of its model are shares in proportion to these
    # (Shapley's share times the effect, as part of its sum over the path), taken where they are read: they
    # move with every conversion, all of them.
    _table(
        "channel_effect",
        {"window_days": COUNT, "marketing_channel": TEXT, "effect": REAL},
        key="window_days marketing_channel",
        by="window_days",
    ),
    # The credits added up per channel, campaign or ad: columns `<model>_<fact>`, null where a model credits
    # nothing. Campaign and ad are null at coarser grains.
    _table(
        "attribution_total",
        {
            "window_days": COUNT,
            "grain": TEXT,
            "marketing_channel": TEXT,
            "campaign": TEXT,
            "ad": TEXT,
            "currency": TEXT,
            **{f"{model}_{fact}": REAL for model in CREDIT_MODELS.values() for fact in TOTAL_FACTS},
            "removal_effect": REAL,
            "computed_at": INSTANT,
        },
        key="window_days grain marketing_channel campaign ad currency",
        by="window_days",
    ),
    # The data-driven model: what channels began by their paths (path_share), moved towards what their spend
    # explains. It shares all conversions of a currency and speaks of no single one.
    _table(
        "channel_uplift",
        {
            "window_days": COUNT,
            "marketing_channel": TEXT,
            "currency": TEXT,
            "conversions": REAL,
            "value_micros": REAL,
            "share": REAL,
            "path_share": REAL,
            "share_low": REAL,
            "share_high": REAL,
            "spend_micros": MICROS,
            # What the data call for to be told beside the shares: a sentence a line, null without any.
            "doubts": TEXT,
            "computed_at": INSTANT,
        },
        key="window_days marketing_channel currency",
        by="window_days",
    ),
    # What a person did, one row each; changes only when the person does something, or a visit is older than
    # the days that count. With the three tables below it makes the profile: lake/audiences/profile.py.
    _table(
        "person_fact",
        {
            "person_id": TEXT,
            "is_known": FLAG,
            "first_seen_on": DAY,
            "acquired_channel": TEXT,
            "orders": COUNT,
            "first_order_on": DAY,
            "last_order_on": DAY,
            "last_gap_days": COUNT,
            "revenue_micros": MICROS,
            "currency": TEXT,
            "visits": COUNT,
            "mail_visits": COUNT,
            "paid_visits": COUNT,
            "last_engaged_on": DAY,
            "top_product_id": TEXT,
            "top_product_share": REAL,
        },
        key="person_id",
    ),
    # The latest day with numbers, as of which profiles speak, and the days after which a customer is at risk
    # and lapsed; one row.
    _table("profile_day", {"as_of_on": DAY, "at_risk_days": COUNT, "lapsed_days": COUNT}, key=""),
    # The least value that has a score of 2, 3, 4, 5 among customers of a currency; null where nobody has it.
    _table(
        "profile_cut",
        {
            "currency": TEXT,
            **{f"recency_{score}": DAY for score in range(2, 6)},
            **{f"frequency_{score}": COUNT for score in range(2, 6)},
            **{f"monetary_{score}": MICROS for score in range(2, 6)},
        },
        key="currency",
    ),
    # Weights of the flattened features: of each probability (propensity, likeness) and of each group of
    # persons (group_1 ...), to the highest of which a person belongs.
    _table(
        "profile_line", {"line": TEXT, "intercept": REAL, **dict.fromkeys(FEATURE_COLUMNS, REAL)}, key="line"
    ),
    # What each person bought; net_micros is the value of the lines before refunds.
    _table(
        "person_product",
        {
            "person_id": TEXT,
            "product_id": TEXT,
            "currency": TEXT,
            "orders": COUNT,
            "units": COUNT,
            "net_micros": MICROS,
            "last_order_on": DAY,
        },
        key="person_id product_id currency",
    ),
    # What sets each group of the profile's `cluster` apart, in plain words.
    _table(
        "person_cluster",
        {"cluster": TEXT, "as_of_on": DAY, "size": COUNT, "name": TEXT, "description": TEXT},
        key="cluster",
    ),
    # What the models behind the profiles say of themselves, refusals too; settings is JSON.
    _table(
        "profile_model",
        {
            "model": TEXT,
            "as_of_on": DAY,
            "rows": COUNT,
            "positives": COUNT,
            "auc": REAL,
            "told": TEXT,
            "settings": TEXT,
        },
        key="model",
    ),
    # The lake's copy of what people decided in Postgres, for the job that finds the members.
    _table(
        "audience_definition",
        {"audience_id": TEXT, "version": COUNT, "name": TEXT, "condition": TEXT, "saved_at": INSTANT},
        key="audience_id",
    ),
    # Every belief about an account's spend on a day: one row a version the vendor ever told, from the
    # instant it was loaded. A day taken back has a row too, with null amounts.
    _table(
        "spend_belief",
        {
            "channel": TEXT,
            "account_id": TEXT,
            "day_on": DAY,
            "currency": TEXT,
            "spend_micros": MICROS,
            "claimed_conversions": REAL,
            "claimed_value_micros": MICROS,
            "claim_window": TEXT,
            "load_id": TEXT,
            "load_seq": COUNT,
            "believed_at": INSTANT,
            "is_taken_back": FLAG,
        },
        key="channel account_id day_on load_id load_seq",
        by="channel",
    ),
    # until_on is null while the person is a member.
    _table(
        "audience_member",
        {
            "audience_id": TEXT,
            "version": COUNT,
            "person_id": TEXT,
            "since_on": DAY,
            "until_on": DAY,
        },
        key="audience_id version person_id since_on",
    ),
)

GOLD: Mapping[str, GoldTable] = MappingProxyType({table.name: table for table in _TABLES})
