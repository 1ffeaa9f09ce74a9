"""A person's profile as SQL over the stored facts: what follows from the day is worked out when it is read.

What is stored of a person changes only when the person does something: counts, sums and days. Ages, scores,
stages, groups and probabilities follow from these, from the day and from a few rules (three small tables).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from lake.audiences.features import FEATURES
from lake.audiences.segments import segment_sql

Dialect = Literal["postgres", "spark"]
DOUBLE: Mapping[Dialect, str] = MappingProxyType({"postgres": "DOUBLE PRECISION", "spark": "DOUBLE"})
FACTS, DAY, CUTS, LINES = PARTS = ("person_fact", "profile_day", "profile_cut", "profile_line")
# The scores, and the fact each ranks customers by.
SCORED: Mapping[str, str] = MappingProxyType(
    {"recency": "last_order_on", "frequency": "orders", "monetary": "revenue_micros"}
)
SCORES = range(2, 6)
CHAMPIONS = "champions"
# Names of the rows of profile_line; there are at most so many groups.
PROPENSITY, LIKENESS = "propensity", "likeness"
MOST_GROUPS = 6
GROUPS: tuple[str, ...] = tuple(f"group_{number}" for number in range(1, MOST_GROUPS + 1))
BAND = """CASE WHEN days_since_engaged IS NULL THEN NULL WHEN days_since_engaged <= 7 THEN 'hot'
    WHEN days_since_engaged <= 30 THEN 'warm' WHEN days_since_engaged <= 90 THEN 'cool' ELSE 'cold' END"""
STAGE = """CASE
    WHEN orders = 0 AND NOT is_known THEN 'visitor'
    WHEN orders = 0 THEN 'lead'
    WHEN days_since_order > lapsed_days THEN 'lapsed'
    WHEN days_since_order > at_risk_days THEN 'at_risk'
    WHEN orders = 1 THEN 'new'
    WHEN last_gap_days > lapsed_days THEN 'won_back'
    ELSE 'active'
END"""
COLUMNS = (
    "workspace_id", "person_id", "as_of_on", "is_known", "first_seen_on", "acquired_channel",
    "orders", "first_order_on", "last_order_on", "days_since_order", "revenue_micros", "currency",
    "recency_score", "frequency_score", "monetary_score", "rfm_segment", "lifecycle_stage",
    "visits", "mail_visits", "paid_visits", "last_engaged_on", "days_since_engaged", "engagement_band",
    "top_product_id", "top_product_share", "cluster", "propensity", "likeness",
)  # fmt: skip


def profile_sql(dialect: Dialect, schema: str = "") -> str:
    """Return the query of all profiles, one row a person with `COLUMNS`, over the four stored tables.

    Without a day of the profiles there is no row. A score is 1 and one more for every bound that the
    person's value reaches; a probability is `1 / (1 + exp(-line))`, where a line is an intercept and the
    weighted features of a person; the group is the one whose line is highest, of two alike the first.
    """
    lines = (PROPENSITY, LIKENESS, *GROUPS)
    aged = f"""
        SELECT fact.*, profile_day.as_of_on, profile_day.at_risk_days, profile_day.lapsed_days,
            {_days("fact.last_order_on", dialect)} AS days_since_order,
            {_days("fact.last_engaged_on", dialect)} AS days_since_engaged,
            {_days("fact.first_seen_on", dialect)} AS days_known,
            {", ".join(f"{_score(score, fact)} AS {score}_score" for score, fact in SCORED.items())}
        FROM {schema}{FACTS} AS fact
        INNER JOIN {schema}{DAY} AS profile_day ON profile_day.workspace_id = fact.workspace_id
        LEFT JOIN {schema}{CUTS} AS cut
            ON cut.workspace_id = fact.workspace_id
            AND coalesce(cut.currency, '') = coalesce(fact.currency, '')
    """
    scored = f"""
        SELECT aged.*, {segment_sql()} AS rfm_segment, {STAGE} AS lifecycle_stage, {BAND} AS engagement_band,
            {", ".join(f"{f.sql(DOUBLE[dialect])} AS {f.name}" for f in FEATURES)}
        FROM ({aged}) AS aged
    """
    joins = " ".join(
        f"LEFT JOIN {schema}{LINES} AS {name}"
        f" ON {name}.workspace_id = scored.workspace_id AND {name}.line = '{name}'"
        for name in lines
    )
    lined = f"""
        SELECT scored.*, {", ".join(f"{_line(name)} AS {name}_line" for name in lines)}
        FROM ({scored}) AS scored {joins}
    """
    made = {
        "cluster": _highest(),
        PROPENSITY: _probability(PROPENSITY),
        LIKENESS: f"CASE WHEN rfm_segment IS DISTINCT FROM '{CHAMPIONS}' THEN {_probability(LIKENESS)} END",
    }
    columns = ", ".join(f"{made[name]} AS {name}" if name in made else name for name in COLUMNS)
    return f"SELECT {columns} FROM ({lined}) AS lined"


def _days(since: str, dialect: Dialect) -> str:
    until = "profile_day.as_of_on"
    between = f"datediff({until}, {since})" if dialect == "spark" else f"({until} - {since})"
    return f"CAST({between} AS BIGINT)"


def _score(score: str, fact: str) -> str:
    reached = " + ".join(
        f"CASE WHEN fact.{fact} >= cut.{score}_{number} THEN 1 ELSE 0 END" for number in SCORES
    )
    return f"CASE WHEN fact.orders > 0 THEN CAST(1 + {reached} AS BIGINT) END"


def _line(name: str) -> str:
    terms = (f"{name}.{feature.column} * {feature.name}" for feature in FEATURES)
    return f"{name}.intercept + {' + '.join(terms)}"


def _probability(name: str) -> str:
    # Postgres refuses the exp of what is further from 0; the probability is 0 or 1 there in all digits.
    line = f"{name}_line"
    return f"CASE WHEN {line} IS NOT NULL THEN 1 / (1 + exp(greatest(least(-{line}, 700), -700))) END"


def _highest() -> str:
    cases = " ".join(f"WHEN {name}_line THEN '{number}'" for number, name in enumerate(GROUPS, 1))
    return f"CASE greatest({', '.join(f'{name}_line' for name in GROUPS)}) {cases} END"
