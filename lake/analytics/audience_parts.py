"""What the answer about audiences is made of."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from lake.analytics.period import Period
from lake.audiences.condition import LONGEST


class Preview(BaseModel):
    """A definition to look at before it is kept: rules or SQL, not both."""

    model_config = ConfigDict(extra="forbid")

    rules: dict[str, Any] | None = Field(None, description="A rule tree.")
    sql: str | None = Field(None, max_length=LONGEST, description="A condition, or a SELECT of person_id.")


class AudienceDay(BaseModel):
    """One day of an audience."""

    day_on: date = Field(description="Day the profiles stood at.")
    size: int = Field(description="Members at the end of it.")
    entered: int = Field(description="Who came that day; nobody on the day it was first counted.")
    left: int = Field(description="Who left that day.")


class AudienceSummary(BaseModel):
    """An audience in the list."""

    audience_id: str = Field(description="Its id.")
    name: str = Field(description="Its name.")
    description: str = Field(description="What it is for.")
    version: int = Field(description="Present version of its definition.")
    is_counted: bool = Field(description="False until the members of this audience were first found.")
    size: int = Field(description="Members now.")
    share: float | None = Field(description="Part of all persons; null without persons.")
    entered: int = Field(description="Who came in the period.")
    left: int = Field(description="Who left in the period.")
    trend: list[AudienceDay] = Field(description="Days of the period on which it changed, and its ends.")


class Overlap(BaseModel):
    """How many persons are in two audiences at once."""

    one: str = Field(description="Id of an audience.")
    other: str = Field(description="Id of an audience; the same one gives its size.")
    both: int = Field(description="Persons in both.")
    share: float = Field(description="Part of the first one's members that are in the other too.")


class Slice(BaseModel):
    """A part of an audience beside the same part of everyone."""

    part: Literal["lifecycle_stage", "rfm_segment", "acquired_channel", "engagement_band", "cluster"] = Field(
        description="The column of the profile."
    )
    name: str | None = Field(description="Its value; null where it has none.")
    members: int = Field(description="Members of that value.")
    share: float = Field(description="Their part of the audience.")
    everyone_share: float = Field(description="The part of all persons that have the value.")


class Means(BaseModel):
    """Means over some persons; null where nobody has the number."""

    persons: int = Field(description="How many persons.")
    orders: float | None = Field(description="Orders so far.")
    spent_minor: float | None = Field(description="Spent so far, minor units of the currency.")
    days_since_order: float | None = Field(description="Days since the last order, of those with one.")
    days_since_engaged: float | None = Field(description="Days since the last visit or order.")
    visits: float | None = Field(description="Days with a visit in the last 90.")
    mail_visits: float | None = Field(description="Of these, through a mail.")
    paid_visits: float | None = Field(description="Of these, through an ad.")
    propensity: float | None = Field(description="Probability of an order in the coming weeks.")


class TopProduct(BaseModel):
    """A product the members bought."""

    product_id: str = Field(description="The shop's id.")
    title: str | None = Field(description="Its name; null where the shop no longer has it.")
    currency: str = Field(description="ISO 4217 currency.")
    buyers: int = Field(description="Members that bought it.")
    units: int = Field(description="Pieces.")
    net_minor: int = Field(description="Value of the lines, minor units.")


class AudienceVersion(BaseModel):
    """One version of a definition."""

    version: int = Field(description="1 is the first.")
    name: str = Field(description="Name then.")
    condition: str = Field(description="What it asked, as SQL.")
    is_archived: bool = Field(description="Whether it was laid aside.")
    saved_at: datetime = Field(description="When it was kept, UTC.")
    saved_by: str = Field(description="Who kept it.")


class AudienceDetail(BaseModel):
    """An audience, or a definition not yet kept, from the inside."""

    audience_id: str | None = Field(description="Its id; null for a preview.")
    name: str | None = Field(description="Its name; null for a preview.")
    description: str = Field(description="What it is for.")
    condition: str = Field(description="What it asks, as SQL.")
    rules: dict[str, Any] | None = Field(description="The same as rules; null where it says more.")
    is_sql: bool = Field(description="Whether it was written as SQL.")
    versions: list[AudienceVersion] = Field(description="Every version, newest first; none for a preview.")
    size: int = Field(description="Members now; of a preview, who would be.")
    share: float | None = Field(description="Part of all persons.")
    told: list[str] = Field(description="What sets it apart from everyone, in plain words.")
    means: Means = Field(description="Means of the members.")
    everyone: Means = Field(description="The same of everyone.")
    currency: str | None = Field(description="ISO 4217 currency of the means; null without orders.")
    composition: list[Slice] = Field(description="By stage, segment, channel, engagement and cluster.")
    top_products: list[TopProduct] = Field(description="At most ten, by value.")
    history: list[AudienceDay] = Field(description="Days of the period on which it changed, and its ends.")
    members: list[str] | None = Field(description="Keyed ids; null unless asked for, at most 100,000.")


class Comparison(BaseModel):
    """A second audience beside the first."""

    detail: AudienceDetail = Field(description="The second audience.")
    both: int = Field(description="Persons in both.")
    told: list[str] = Field(description="What sets the first apart from the second, in plain words.")


class ProfileField(BaseModel):
    """A column that rules and SQL may ask about."""

    name: str = Field(description="Its name.")
    kind: str = Field(description="text, flag, day, count, score, share or money (micros).")
    title: str = Field(description="Its title.")
    meaning: str = Field(description="What it means.")
    values: list[str] = Field(description="Its values where they are few; else empty.")
    labels: list[str] = Field(description="The values in words, in the same order.")
    operators: list[str] = Field(description="What rules may ask of it.")


class ProfileModel(BaseModel):
    """What one of the models behind the profiles says of itself."""

    model: str = Field(description="lifecycle, propensity, likeness or clusters.")
    rows: int = Field(description="Persons or orders it learnt from.")
    positives: int | None = Field(description="Of these, who did what is foretold.")
    auc: float | None = Field(description="How often it ranks one who did above one who did not.")
    told: str = Field(description="The same in a sentence, or why there is none.")


class Cluster(BaseModel):
    """A group of persons who behave alike."""

    cluster: str = Field(description="Its number; 1 spends most.")
    size: int = Field(description="Persons of the sample in it.")
    name: str = Field(description="Its name.")
    description: str = Field(description="What sets it apart.")


class AudienceInsights(BaseModel):
    """The answer of `analytics.getAudienceInsights`."""

    as_of_on: date = Field(description="The day the profiles stand at.")
    persons: int = Field(description="All persons.")
    period: Period = Field(description="The days of trends and history.")
    audiences: list[AudienceSummary] = Field(description="Every audience by name.")
    everyone: list[Slice] = Field(description="All persons by stage, segment, channel, engagement, cluster.")
    overlap: list[Overlap] = Field(description="Every pair of audiences that share persons.")
    audience: AudienceDetail | None = Field(description="The one asked for, or the preview; else null.")
    compare: Comparison | None = Field(description="The second one asked for; else null.")
    clusters: list[Cluster] = Field(description="The groups of persons.")
    models: list[ProfileModel] = Field(description="The models behind the profiles.")
    fields: list[ProfileField] = Field(description="What definitions may ask about; empty unless asked for.")
