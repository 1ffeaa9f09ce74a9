"""The part of a scenario that describes paid channels: campaigns, response, auction, claims."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]


class Strict(BaseModel):
    """A table of the scenario: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Saturation(Strict):
    """Concave response to effective spend: 0 at no spend, 1 at endless spend."""

    form: Literal["hill", "exponential", "logistic"] = Field(
        description="hill: x^s/(x^s+k^s); exponential: 1-exp(-x/k); logistic: 2/(1+exp(-x/k))-1"
    )
    half_minor: Positive = Field(description="k: the spend a day, in minor units, that sets the scale")
    slope: Annotated[float, Field(gt=0, le=4)] = Field(
        default=1.0, description="s: steepness, used by hill only"
    )


class Lag(Strict):
    """Days from the causal touch to the order."""

    form: Literal["geometric", "gamma"] = Field(default="geometric", description="shape of the distribution")
    mean_days: Annotated[float, Field(ge=0, le=20)] = Field(
        default=2.0, description="mean of the distribution"
    )
    max_days: Annotated[int, Field(ge=0, le=60)] = Field(
        default=28, description="no order comes later than this"
    )


class Claims(Strict):
    """Which orders the platform counts as its own."""

    click_window_days: Annotated[int, Field(ge=0, le=30)] = Field(
        default=7, description="orders after a click"
    )
    view_window_days: Annotated[int, Field(ge=0, le=30)] = Field(
        default=1, description="orders after an impression"
    )
    view_share: Share = Field(default=1.0, description="share of view-through orders the platform counts")
    credit: Literal["last", "split"] = Field(
        default="last", description="last: one touch takes the order; split: clicks share it (fractions)"
    )


class Change(Strict):
    """A change of a campaign made by its owner on a day of the scenario."""

    day: Annotated[int, Field(ge=0)] = Field(description="day of the scenario, 0 is the first")
    daily_budget_minor: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="new budget a day"
    )
    status: Literal["ACTIVE", "PAUSED"] | None = Field(default=None, description="new status")


class Campaign(Strict):
    """One paid campaign."""

    name: str = Field(min_length=1, description="name, unique within the channel")
    objective: str = Field(default="SALES", description="the vendor's objective, handed on as it is")
    channel_type: str = Field(description="google: SEARCH, PERFORMANCE_MAX, DEMAND_GEN ...; meta: objective")
    networks: dict[str, Positive] = Field(min_length=1, description="network -> weight of delivery")
    daily_budget_minor: Annotated[int, Field(ge=0)] = Field(description="budget a day, minor units")
    status: Literal["ACTIVE", "PAUSED"] = Field(default="ACTIVE", description="status on the first day")
    changes: list[Change] = Field(default=[], description="planned changes of budget or status")
    ad_sets: Annotated[int, Field(ge=0, le=500)] = Field(
        default=1, description="ad sets; 0 = the campaign has none"
    )
    ads_per_ad_set: Annotated[int, Field(ge=1, le=500)] = Field(default=2, description="ads in every ad set")
    max_orders: Annotated[float, Field(ge=0)] = Field(description="incremental orders a day at endless spend")
    saturation: Saturation = Field(description="response to spend")
    adstock_decay: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.3, description="part of yesterday that lasts"
    )
    lag: Lag = Field(default=Lag(), description="days from touch to order")
    pricing: Literal["cpm", "cpc"] = Field(default="cpm", description="what the auction sells")
    price_minor: Positive = Field(description="mean price of 1,000 impressions (cpm) or of a click (cpc)")
    ctr: Annotated[float, Field(gt=0, le=1)] = Field(description="link clicks by impressions")
    frequency: Annotated[float, Field(ge=1)] = Field(default=1.6, description="impressions a person a day")
    demand_limit_minor: Annotated[int, Field(ge=0)] | None = Field(
        default=None,
        description="spend a day beyond which there is nothing to buy (search volume); none = no limit",
    )
    harvest_click: Share = Field(
        default=0.0, description="share of all buyers who also click it before buying"
    )
    harvest_view: Share = Field(default=0.0, description="share of all buyers who also see it before buying")
    click_share: Share = Field(
        default=0.7, description="share of its own buyers who clicked; the rest only saw it"
    )
    creative_spread: Annotated[float, Field(ge=0, le=2)] = Field(
        default=0.3, description="sigma of ad quality (log)"
    )


class PaidChannel(Strict):
    """One advertising account."""

    account_name: str = Field(min_length=1, description="name of the advertising account")
    timezone: str | None = Field(default=None, description="IANA zone of its days; none = the market's")
    currency: str | None = Field(
        default=None,
        pattern=r"^[A-Z]{3}$",
        description="ISO currency of the account and of its amounts here; none = the market's",
    )
    rate: Positive | None = Field(
        default=None, description="units of the market's currency for one of the account's"
    )
    claims: Claims = Field(default=Claims(), description="what the platform claims")
    price_noise: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.1, description="sigma of the price (log) a day"
    )
    price_by_weekday: Annotated[list[Positive], Field(min_length=7, max_length=7)] = Field(
        default=[1.0] * 7, description="factor on prices, Monday first"
    )
    delivery_noise: Annotated[float, Field(ge=0, le=0.5)] = Field(
        default=0.06, description="spread of budget use"
    )
    provisional_spend: list[Share] = Field(
        default=[0.04, 0.02, 0.01],
        description="invalid traffic still in the spend of the youngest days, youngest first",
    )
    campaigns: list[Campaign] = Field(min_length=1, description="the campaigns of the account")
