"""The scenario: everything that describes one simulated market, checked and with every field explained."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, field_validator, model_validator

from sandbox.currency import exponent_of
from sandbox.market.settings_paid import Lag, PaidChannel, Positive, Share, Strict

PAID = ["google_ads", "meta_ads"]
ORGANIC = ["youtube", "facebook", "instagram"]


def check_paid(value: str) -> str:
    """The name of a paid channel, or a mistake."""
    if value not in PAID:
        raise ValueError(f"{value!r} is no paid channel; allowed are {', '.join(PAID)}")
    return value


def check_organic(value: str) -> str:
    """The name of an organic channel, or a mistake."""
    if value not in ORGANIC:
        raise ValueError(f"{value!r} is no organic channel; allowed are {', '.join(ORGANIC)}")
    return value


def check_any(value: str) -> str:
    """The name of a paid or organic channel, or a mistake."""
    if value not in [*PAID, *ORGANIC]:
        raise ValueError(f"{value!r} is no channel; allowed are {', '.join([*PAID, *ORGANIC])}")
    return value


ChannelName = Annotated[str, AfterValidator(check_any)]
PaidName = Annotated[str, AfterValidator(check_paid)]
OrganicName = Annotated[str, AfterValidator(check_organic)]
Week = Annotated[list[Positive], Field(min_length=7, max_length=7)]


class Product(Strict):
    """Something the shop sells."""

    title: str = Field(min_length=1, description="name in the shop")
    price_minor: Annotated[int, Field(gt=0)] = Field(description="price with tax, minor units")
    unit_cost_minor: Annotated[int, Field(ge=0)] = Field(description="cost of one piece without tax")
    weight: Positive = Field(default=1.0, description="how often it is bought, relative to the others")


class Segment(Strict):
    """A group of people who behave alike."""

    name: str = Field(min_length=1, description="name of the segment")
    share: Positive = Field(description="share of all people (shares are scaled to 1)")
    propensity: Positive = Field(default=1.0, description="how readily they buy, relative")
    price_level: Positive = Field(
        default=1.0, description="taste for dear products: above 1 dearer, below 1 cheaper"
    )
    affinity: dict[str, Positive] = Field(default={}, description="channel -> how strongly it reaches them")


class Peak(Strict):
    """A time of the year when people buy more."""

    month: Annotated[int, Field(ge=1, le=12)] = Field(description="month of the summit")
    day: Annotated[int, Field(ge=1, le=31)] = Field(description="day of the month of the summit")
    width_days: Positive = Field(description="standard deviation of the bell in days")
    lift: Annotated[float, Field(gt=-1)] = Field(description="0.8 = 80 percent more at the summit")


class Baseline(Strict):
    """Demand that would be there without marketing."""

    orders_per_day: Annotated[float, Field(ge=0)] = Field(description="mean orders a day")
    trend_per_year: Annotated[float, Field(gt=-1)] = Field(
        default=0.0, description="growth over a year, 0.1 = 10 %"
    )
    weekday: Week = Field(default=[1.0] * 7, description="factor on demand, Monday first")
    year_wave: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.1, description="amplitude of the yearly wave"
    )
    peaks: list[Peak] = Field(default=[], description="sales peaks in the year")
    noise: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.08, description="sigma of daily demand (log)"
    )
    lag: Lag = Field(default=Lag(mean_days=0.8, max_days=14), description="days from first visit to order")
    visits_per_day: Annotated[float, Field(ge=0)] = Field(description="visits a day that do not buy")
    visit_mix: dict[Literal["direct", "organic_search", "referral"], Positive] = Field(
        default={"direct": 0.45, "organic_search": 0.45, "referral": 0.1},
        description="where unpaid visits come from",
    )


class Halo(Strict):
    """Spend or views in one channel raise demand in a campaign of another."""

    source: ChannelName = Field(description="channel whose spend, or views, raise demand")
    target: PaidName = Field(description="channel of the campaign that profits")
    campaign: str = Field(description="name of the campaign that profits")
    strength: Annotated[float, Field(ge=0, le=3)] = Field(description="lift at the usual, 0.3 = 30 %")


class OrganicChannel(Strict):
    """A page, profile or video channel with its posts."""

    account_name: str = Field(min_length=1, description="name of the account")
    followers: Annotated[int, Field(ge=0)] = Field(description="followers on the first day")
    posts_per_week: Annotated[float, Field(ge=0, le=70)] = Field(description="posting cadence")
    kinds: dict[str, Positive] = Field(min_length=1, description="kind of post -> weight")
    reach_rate: Positive = Field(description="views over the life of a mean post by followers")
    reach_decay: Annotated[float, Field(ge=0, lt=1)] = Field(description="part of yesterday's views today")
    quality_spread: Annotated[float, Field(ge=0, le=2)] = Field(
        default=0.6, description="sigma of post quality (log)"
    )
    engagement_rate: Share = Field(description="likes, comments, shares and saves by views")
    click_rate: Share = Field(description="site visits by views")
    max_orders: Annotated[float, Field(ge=0)] = Field(description="incremental orders a day at endless views")
    half_views: Positive = Field(description="views a day that bring half of max_orders")
    lag: Lag = Field(default=Lag(mean_days=2.0), description="days from view to order")
    follow_rate: Share = Field(default=0.002, description="new followers by views")
    watch_seconds: Annotated[float, Field(ge=0)] = Field(
        default=0.0, description="mean seconds watched a view"
    )


class MailList(Strict):
    """A list of subscribers."""

    name: str = Field(min_length=1, description="name of the list")
    share: Share = Field(description="share of all people subscribed on the first day")
    growth_per_day: Annotated[float, Field(ge=0)] = Field(default=0.0, description="new subscribers a day")
    weekdays: list[Annotated[int, Field(ge=0, le=6)]] = Field(description="newsletter days, Monday is 0")
    every_weeks: Annotated[int, Field(ge=1, le=8)] = Field(
        default=1, description="newsletter in every n-th week"
    )
    hour: Annotated[int, Field(ge=0, le=19)] = Field(default=9, description="local hour of sending")


class Mail(Strict):
    """The mail account: lists, newsletters and how people react."""

    account_name: str = Field(min_length=1, description="name of the account")
    lists: list[MailList] = Field(min_length=1, description="the lists")
    open_rate: Share = Field(default=0.32, description="human opens by delivered mails")
    machine_share: Share = Field(default=0.35, description="people whose mailbox opens every mail by machine")
    click_rate: Share = Field(default=0.08, description="clicks by human opens")
    hard_bounce: Share = Field(default=0.001, description="sent mails that bounce for ever")
    soft_bounce: Share = Field(default=0.004, description="sent mails that bounce once")
    unsubscribe: Share = Field(default=0.0015, description="human openers who leave")
    complaint: Share = Field(default=0.0001, description="human openers who complain and leave")
    buy_by_click: Share = Field(default=0.06, description="incremental orders by clicks")
    buy_by_open: Share = Field(default=0.0008, description="incremental orders by opens without a click")
    lag: Lag = Field(default=Lag(mean_days=0.8, max_days=10), description="days from opening to order")


class Shop(Strict):
    """How orders look and what happens to them."""

    name: str = Field(min_length=1, description="name of the shop")
    domain: str = Field(pattern=r"^[a-z0-9.-]+$", description="domain of the shop")
    tax_rate: Share = Field(default=0.19, description="tax contained in prices")
    shipping_minor: Annotated[int, Field(ge=0)] = Field(default=490, description="shipping fee")
    free_shipping_from_minor: Annotated[int, Field(ge=0)] = Field(
        default=6000, description="no fee from here on"
    )
    second_line: Share = Field(default=0.25, description="orders with a second product")
    second_piece: Share = Field(default=0.12, description="lines with two pieces")
    discount_share: Share = Field(default=0.12, description="orders with a discount")
    discount_rate: Share = Field(default=0.1, description="size of the discount")
    refund_share: Share = Field(default=0.06, description="orders that are refunded in part or whole")
    refund_delay_days: Positive = Field(default=9.0, description="mean days until the refund")
    cancel_share: Share = Field(default=0.01, description="orders cancelled within hours")
    test_share: Share = Field(default=0.003, description="test orders for each real one")


class Tracking(Strict):
    """What the first-party collector fails to see."""

    blocked_people: Share = Field(default=0.12, description="people whose browser blocks every event")
    lost_events: Share = Field(default=0.06, description="events lost one by one")
    lost_landings: Share = Field(default=0.12, description="paid clicks that leave before the page loads")
    cookie_resets: Share = Field(default=0.08, description="visits that arrive with a new anonymous id")
    stripped_utm: Share = Field(
        default=0.06, description="visits whose utm parameters and click ids are lost"
    )
    identify_share: Share = Field(default=0.3, description="buyers who log in before they buy")
    second_page: Share = Field(default=0.12, description="visits with a second page view")


class Fault(Strict):
    """A failure a vendor twin plays; exactly one of every and rate."""

    channel: str = Field(description="channel of the twin, * = all")
    path: str = Field(default="/", description="prefix of the path after the channel")
    kind: Literal[
        "rate_limit", "server_error_after_effect", "server_error", "expired_token",
        "truncated_json", "shuffled_page", "repeated_page", "slow",
    ] = Field(description="what happens")  # fmt: skip
    every: Annotated[int, Field(ge=1)] | None = Field(default=None, description="on each n-th request")
    rate: Share | None = Field(default=None, description="on this share of requests")
    seconds: Annotated[float, Field(ge=0)] = Field(
        default=1.0, description="delay, or the wait a rate limit asks for"
    )

    @model_validator(mode="after")
    def check_trigger(self) -> Self:
        """Exactly one trigger."""
        if (self.every is None) == (self.rate is None):
            raise ValueError("needs exactly one of `every` and `rate`")
        return self


class Drift(Strict):
    """A vendor changes its answers on a day."""

    channel: str = Field(description="channel of the twin")
    stream_hint: str = Field(description="which records change")
    from_day: Annotated[int, Field(ge=0)] = Field(description="day of the scenario of the change")
    kind: Literal["new_field", "missing_field", "changed_type"] = Field(description="what changes")
    field: str = Field(min_length=1, description="name of the field")


def refuse_zone(name: str) -> None:
    """Raise ValueError unless the zone is known."""
    if name not in available_timezones():
        raise ValueError(f"{name!r} is not an IANA time zone such as 'Europe/Berlin'")


class Scenario(Strict):
    """A whole market; amounts are written for `amounts_for_people` and scaled to `people`."""

    name: str = Field(min_length=1, description="name of the scenario")
    description: str = Field(default="", description="what is special about it")
    seed: Annotated[int, Field(ge=0, lt=2**32)] = Field(default=1, description="same seed, same market")
    people: Annotated[int, Field(ge=100, le=5_000_000)] = Field(
        default=50_000, description="people in the market"
    )
    amounts_for_people: Annotated[int, Field(ge=100)] | None = Field(
        default=None, description="people for whom budgets and demand are written; none = people"
    )
    days: Annotated[int, Field(ge=1, le=3650)] = Field(default=365, description="days lived at the start")
    first_day: date = Field(default=date(2025, 11, 1), description="first day of the market")
    timezone: str = Field(
        default="Europe/Berlin", description="IANA zone of the accounts that name none of their own"
    )
    currency: str = Field(
        default="EUR", pattern=r"^[A-Z]{3}$", description="ISO currency of the accounts that name none"
    )
    products: list[Product] = Field(min_length=1, description="what the shop sells")
    segments: list[Segment] = Field(min_length=1, description="groups of people")
    baseline: Baseline = Field(description="demand without marketing")
    paid: dict[PaidName, PaidChannel] = Field(default={}, description="advertising accounts")
    organic: dict[OrganicName, OrganicChannel] = Field(default={}, description="pages and profiles")
    mail: Mail | None = Field(default=None, description="the mail account")
    halo: list[Halo] = Field(default=[], description="effects between channels")
    shop: Shop = Field(description="orders and refunds")
    tracking: Tracking = Field(default=Tracking(), description="what first-party events miss")
    faults: list[Fault] = Field(default=[], description="failures of vendor twins")
    drift: list[Drift] = Field(default=[], description="changes of vendor answers")

    @field_validator("timezone")
    @classmethod
    def check_timezone(cls, value: str) -> str:
        """The zone must be known."""
        refuse_zone(value)
        return value

    @model_validator(mode="after")
    def check_accounts(self) -> Self:
        """An account's zone must be known; one of another currency needs a rate, and no other has one."""
        for channel, spec in self.paid.items():
            if spec.timezone is not None:
                refuse_zone(spec.timezone)
            is_other = self.currency_of(channel) != self.currency
            if is_other and spec.rate is None:
                raise ValueError(
                    f"paid.{channel} is in {spec.currency}; write its rate, the {self.currency} for one"
                )
            if not is_other and spec.rate is not None:
                raise ValueError(f"paid.{channel} is in the market's currency; leave its rate out")
        return self

    @model_validator(mode="after")
    def check_halo(self) -> Self:
        """Halo targets must exist and campaign names must be unique."""
        for channel, spec in self.paid.items():
            names = [campaign.name for campaign in spec.campaigns]
            if len(set(names)) < len(names):
                raise ValueError(f"paid.{channel} has two campaigns of the same name")
        for rule in self.halo:
            if rule.source not in {**self.paid, **self.organic}:
                raise ValueError(f"halo names source {rule.source!r}, which the scenario does not describe")
            spec_ = self.paid.get(rule.target)
            if spec_ is None or rule.campaign not in [campaign.name for campaign in spec_.campaigns]:
                raise ValueError(f"halo names campaign {rule.campaign!r}, which {rule.target} lacks")
        return self

    def currency_of(self, channel: str) -> str:
        """ISO currency of a channel's account."""
        spec = self.paid.get(channel)
        return (spec.currency if spec else None) or self.currency

    def timezone_of(self, channel: str) -> str:
        """IANA zone of a channel's account."""
        spec = self.paid.get(channel)
        return (spec.timezone if spec else None) or self.timezone

    def worth_of(self, channel: str) -> float:
        """Minor units of the market's currency for one of the account's."""
        spec = self.paid.get(channel)
        if spec is None or spec.rate is None:
            return 1.0
        decimals = exponent_of(self.currency) - exponent_of(self.currency_of(channel))
        return float(spec.rate * 10.0**decimals)

    @property
    def scale(self) -> float:
        """Factor on all amounts: people by the people they were written for."""
        return self.people / (self.amounts_for_people or self.people)
