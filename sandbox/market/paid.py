"""A day of paid delivery: what every campaign spends, shows and earns in clicks, and whom it wins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.market.buyers import plan_buyers
from sandbox.market.entities import Campaign, Source
from sandbox.market.records import CLICK, DAY, DELIVERY, IMPRESSION, Records, fill
from sandbox.market.response import draw_memory, saturate
from sandbox.market.state import State


@dataclass
class Delivered:
    """What one campaign did on a day; rows are one for each ad and network."""

    campaign: Campaign
    rows: Records
    strength: float  # spend by the budget its harvest shares hold for


def change_campaigns(state: State, day: int) -> None:
    """Apply the budget and status changes the scenario plans for a day."""
    for campaign in state.catalogue.campaigns:
        for change in campaign.spec.changes:
            if change.day != day:
                continue
            if change.daily_budget_minor is not None:
                campaign.daily_budget_minor = round(change.daily_budget_minor * state.scenario.scale)
            campaign.status = change.status or campaign.status
            campaign.updated_at = state.calendar.instant(day * DAY + 1800)


def deliver(state: State, day: int) -> tuple[list[Delivered], list[Records]]:
    """Delivery of every campaign on a day and the buyers it wins."""
    lifts = {campaign.index: find_halo(state, campaign) for campaign in state.catalogue.campaigns}
    idle = list_idle_ads(state)
    delivered, buyers = [], []
    for campaign in state.catalogue.campaigns:
        done, effective = deliver_campaign(state, campaign, day, lifts[campaign.index], idle)
        remember_spend(campaign, effective)
        buyers += win_buyers(state, campaign, day, lifts[campaign.index])
        if done is not None:
            delivered.append(done)
    return delivered, buyers


def find_halo(state: State, campaign: Campaign) -> float:
    """Factor on a campaign's demand from what other channels spent, or showed, up to yesterday."""
    return 1.0 + sum(push for _, push in list_pushes(state, campaign))


def list_pushes(state: State, campaign: Campaign) -> list[tuple[str, float]]:
    """Channels that raise a campaign's demand, each with its part of the lift."""
    return [
        (rule.source, rule.strength * min(2.0, measure_push(state, rule.source)))
        for rule in state.scenario.halo
        if rule.target == campaign.channel and rule.campaign == campaign.name
    ]


def measure_push(state: State, channel: str) -> float:
    """Carried-over spend of a paid channel by its usual spend; views of an organic one by its usual views."""
    scale = state.scenario.scale
    if channel in state.scenario.organic:
        spec = state.scenario.organic[channel]
        usual = spec.followers * scale * spec.reach_rate * spec.posts_per_week / 7
        return state.shown[channel].carry_over / max(1.0, usual)
    source = state.scenario.paid.get(channel)
    usual = sum(spec.daily_budget_minor for spec in source.campaigns) * scale if source else 0.0
    now = sum(other.carry_over for other in state.catalogue.campaigns if other.channel == channel)
    return now / max(1.0, usual)


def list_idle_ads(state: State) -> set[str | None]:
    """Ads that are not shown, because they or their ad sets are not active."""
    catalogue = state.catalogue
    idle = {ad_set.ad_set_id for ad_set in catalogue.ad_sets if ad_set.status != "ACTIVE"}
    return {ad.ad_id for ad in catalogue.ads if ad.status != "ACTIVE" or ad.ad_set_id in idle}


def list_placements(state: State, campaign: Campaign, idle: set[str | None]) -> list[Source]:
    """Where a campaign can be shown: its ads that are not idle, or itself when it has no ads."""
    sources = [state.catalogue.sources[index] for index in state.catalogue.placements[campaign.index]]
    return [source for source in sources if source.ad_id not in idle]


def deliver_campaign(
    state: State, campaign: Campaign, day: int, lift: float, idle: set[str | None]
) -> tuple[Delivered | None, float]:
    """Rows of one campaign and its effective spend (spend at usual prices)."""
    spec, paid = campaign.spec, state.scenario.paid[campaign.channel]
    placements = list_placements(state, campaign, idle)
    if campaign.status != "ACTIVE" or campaign.daily_budget_minor <= 0 or not placements:
        return None, 0.0
    rng = state.dice.roll("delivery", day, campaign.index)
    weekday = state.calendar.date_of(day).weekday()
    price_index = float(rng.lognormal(0, paid.price_noise)) * paid.price_by_weekday[weekday]
    price_index *= state.demand**0.3  # when people buy, everybody advertises
    spend = campaign.daily_budget_minor * min(
        1.2, max(0.7, 0.98 + paid.delivery_noise * rng.standard_normal())
    )
    if spec.demand_limit_minor is not None:
        noise = float(rng.lognormal(0, 0.08))
        limit = spec.demand_limit_minor * state.scenario.scale * state.demand * lift * noise
        spend = min(spend, limit * price_index)
    quality = np.array([source.quality for source in placements])
    weights = np.array([source.weight for source in placements]) * quality**1.5
    weights *= rng.gamma(12, 1 / 12, len(placements))
    share = weights / weights.sum()
    campaign.quality = float((share * quality).sum())
    spends = np.floor(spend * share + rng.random(len(share))).astype(np.int64)
    price = spec.price_minor * price_index
    ctr = np.minimum(0.9, spec.ctr * quality)
    if spec.pricing == "cpm":
        impressions = rng.poisson(spends / price * 1000)
        link_clicks = rng.binomial(impressions, ctr)
    else:
        link_clicks = rng.poisson(spends / price)
        impressions = np.maximum(link_clicks, rng.poisson(link_clicks / ctr))
    other_clicks = rng.poisson(link_clicks * 0.22) if campaign.channel == "meta_ads" else 0
    frequency = spec.frequency * rng.normal(1, 0.04, len(share)).clip(0.8, 1.2)
    rows = fill(
        DELIVERY,
        len(share),
        day=day,
        campaign=campaign.index,
        source=[source.index for source in placements],
        impressions=impressions,
        reach=np.minimum(impressions, np.ceil(impressions / np.maximum(1.0, frequency))),
        clicks=other_clicks,
        link_clicks=link_clicks,
        spend=spends,
        invalid=rng.random(len(share)) * 2,
    )
    rows = rows[(rows["impressions"] > 0) | (rows["spend"] > 0)]
    done = Delivered(campaign, rows, spend / campaign.reference_minor) if len(rows) else None
    return done, float(spends.sum()) / price_index


def remember_spend(campaign: Campaign, effective: float) -> None:
    """Carry-over after a day: in steady state it equals the spend of a day."""
    decay = campaign.spec.adstock_decay
    campaign.carry_over = decay * campaign.carry_over + (1 - decay) * effective
    campaign.spends.append(effective)


def expect_orders(campaign: Campaign, carry_over: float, scale: float) -> float:
    """Incremental orders a day at a steady effective spend, at usual demand."""
    share = saturate(campaign.spec.saturation, carry_over, scale)
    return campaign.spec.max_orders * scale * share * campaign.quality


def win_buyers(state: State, campaign: Campaign, day: int, lift: float) -> list[Records]:
    """Buyers won by a campaign on a day, and those another channel sent through it."""
    spec = campaign.spec
    rng = state.dice.roll("won", day, campaign.index)
    expected = expect_orders(campaign, campaign.carry_over, state.scenario.scale) * state.demand**0.6
    number = int(rng.poisson(expected))
    ago = draw_memory(rng, spec.adstock_decay, campaign.spends, number)
    clicked = (ago == 0) & (rng.random(number) < spec.click_share)
    won = plan_buyers(
        state, rng, day, number,
        channel=campaign.channel, campaign=campaign.index, lag=spec.lag,
        kind=np.where(clicked, CLICK, IMPRESSION), ago=ago,
    )  # fmt: skip
    if lift == 1.0 or not number:
        return [won]
    pushes = list_pushes(state, campaign)
    seen = sum(push for channel, push in pushes if channel in state.scenario.organic)
    return [
        won,
        *send_halo(state, campaign, day, expected * (lift - 1 - seen)),
        *(
            send_viewers(state, campaign, day, channel, expected * push)
            for channel, push in pushes
            if channel in state.scenario.organic and push > 0
        ),
    ]


def send_viewers(state: State, campaign: Campaign, day: int, channel: str, expected: float) -> Records:
    """Buyers whom posts made look for us: caused by a view yesterday, clicking here."""
    shown = state.shown[channel]
    rng = state.dice.roll(f"halo of {channel}", day, campaign.index)
    number = int(rng.poisson(expected)) if shown.views.sum() else 0
    chosen = rng.choice(len(shown.views), number, p=shown.views / shown.views.sum()) if number else None
    return plan_buyers(
        state, rng, day, number,
        channel=channel, source=-1 if chosen is None else shown.sources[chosen],
        lag=state.scenario.organic[channel].lag,
        kind=np.full(number, IMPRESSION), ago=np.ones(number, dtype=np.int64), through=campaign.index,
    )  # fmt: skip


def send_halo(state: State, campaign: Campaign, day: int, expected: float) -> list[Records]:
    """Buyers whom another channel made look for us: caused there, clicking here."""
    causes = {rule.source for rule in state.scenario.halo if rule.campaign == campaign.name}
    if expected <= 0:
        return []
    sources = [
        other for other in state.catalogue.campaigns if other.channel in causes and other.carry_over > 0
    ]
    if not sources:
        return []
    rng = state.dice.roll("halo", day, campaign.index)
    weights = np.array([other.carry_over for other in sources])
    counts = rng.multinomial(int(rng.poisson(expected)), weights / weights.sum())
    planned = []
    for other, count in zip(sources, counts, strict=True):
        ago = draw_memory(rng, other.spec.adstock_decay, other.spends, int(count))
        planned.append(
            plan_buyers(
                state, rng, day, int(count),
                channel=other.channel, campaign=other.index, lag=other.spec.lag,
                kind=np.full(int(count), IMPRESSION), ago=ago, through=campaign.index,
            )
        )  # fmt: skip
    return planned
