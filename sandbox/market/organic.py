"""A day on organic channels: new posts, their fading reach, engagement, followers and the buyers they win."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sandbox.market.buyers import plan_buyers
from sandbox.market.clock import draw_seconds
from sandbox.market.entities import Post
from sandbox.market.records import (
    ACCOUNT_DAY,
    BUYER,
    CHANNELS,
    CLICK,
    DAY,
    IMPRESSION,
    POST_DAY,
    TOUCH,
    Records,
    fill,
)
from sandbox.market.scenario import OrganicChannel
from sandbox.market.state import State

VIEW_DECAY = 0.5  # part of yesterday's views that still raises demand
LIFE_DAYS = 60  # a post older than this is seen by nobody
SAVED = {"instagram", "facebook"}  # channels whose viewers can save a post
SUBJECTS = [
    "Behind the scenes",
    "How we make",
    "Five ways to use",
    "New in",
    "Your questions about",
    "A look at",
]


@dataclass(frozen=True)
class Stage:
    """One channel on one day: its posts that still have reach, and its dice."""

    state: State
    rng: np.random.Generator
    channel: str
    spec: OrganicChannel
    alive: list[Post]
    day: int


def publish_planned(state: State, day: int) -> None:
    """Posts of the channel's own cadence."""
    products = state.scenario.products
    for code, (channel, spec) in enumerate(state.scenario.organic.items()):
        rng = state.dice.roll("cadence", day, code)
        for _ in range(int(rng.poisson(spec.posts_per_week / 7))):
            kinds = list(spec.kinds)
            weights = np.array(list(spec.kinds.values()))
            kind = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]
            product = products[int(rng.integers(0, len(products)))].title
            title = f"{SUBJECTS[int(rng.integers(0, len(SUBJECTS)))]} {product}"
            wall = day * DAY + int(rng.integers(8 * 3600, 19 * 3600))
            text = f"{title}. More in our shop."
            state.catalogue.add_post(channel, kind, title, text, wall)


def live_organic(state: State, day: int) -> list[Records]:
    """The buyers posts win on a day; writes the day's numbers of every post and account."""
    buyers = []
    catalogue = state.catalogue
    oldest = day - LIFE_DAYS
    catalogue.running = [post for post in catalogue.running if post.published_wall // DAY >= oldest]
    for code, (channel, spec) in enumerate(state.scenario.organic.items()):
        rng = state.dice.roll("organic", day, code)
        alive = [
            post
            for post in catalogue.running
            if post.channel == channel and not post.is_deleted and post.published_wall // DAY <= day
        ]
        stage = Stage(state, rng, channel, spec, alive, day)
        rows = show_posts(stage)
        won = win_by_posts(stage, rows)
        buyers.append(won)
        spare_clicks(stage, rows, won)
        remember_views(stage, rows)
        state.post_days.write(day, rows[rows["views"] > 0])
        follow(stage, rows)
    return buyers


def show_posts(stage: Stage) -> Records:
    """Numbers of all living posts on a day."""
    state, rng, spec, alive, day = stage.state, stage.rng, stage.spec, stage.alive, stage.day
    age = np.array([day - post.published_wall // DAY for post in alive])
    quality = np.array([post.quality for post in alive])
    late = np.array(
        [1 - (post.published_wall % DAY) / DAY if post.published_wall // DAY == day else 1 for post in alive]
    )
    mean = state.followers[stage.channel] * spec.reach_rate * (1 - spec.reach_decay)
    mean = mean * quality * spec.reach_decay**age * late * state.demand**0.2
    views = rng.poisson(np.asarray(mean, dtype=float) * rng.gamma(10, 0.1, len(alive)))
    engaged = rng.binomial(views, np.minimum(0.95, 0.35 + 0.1 * np.asarray(quality)))
    reactions = rng.binomial(views, np.minimum(0.9, spec.engagement_rate * np.sqrt(quality)))
    comments = rng.binomial(reactions, 0.07)
    shares = rng.binomial(reactions - comments, 0.06)
    saves = rng.binomial(reactions - comments - shares, 0.08 if stage.channel in SAVED else 0.0)
    return fill(
        POST_DAY, len(alive), day=day, post=[post.index for post in alive], views=views, engaged=engaged,
        reach=np.ceil(views * rng.uniform(0.72, 0.9, len(alive))),
        likes=reactions - comments - shares - saves,
        comments=comments, shares=shares, saves=saves,
        clicks=rng.binomial(views, np.minimum(0.9, spec.click_rate * np.asarray(quality))),
        watch=np.round(views * spec.watch_seconds * rng.uniform(0.8, 1.2, len(alive))),
    )  # fmt: skip


def win_by_posts(stage: Stage, rows: Records) -> Records:
    """Buyers won by a channel's posts: concave in the views of the day."""
    state, rng, spec = stage.state, stage.rng, stage.spec
    total, scale = float(rows["views"].sum()), state.scenario.scale
    share = total / (total + spec.half_views * scale)
    number = int(rng.poisson(spec.max_orders * scale * share * state.demand**0.6)) if total else 0
    if not number:
        return np.zeros(0, dtype=BUYER)
    weights = rows["views"] * np.array([post.quality for post in stage.alive])
    chosen = rng.choice(len(rows), number, p=weights / weights.sum())
    sources = np.array([post.source for post in stage.alive])[chosen]
    kind = np.where(rng.random(number) < 0.6, CLICK, IMPRESSION)
    return plan_buyers(
        state, rng, stage.day, number, channel=stage.channel, lag=spec.lag, source=sources, kind=kind,
    )  # fmt: skip


def spare_clicks(stage: Stage, rows: Records, won: Records) -> None:
    """Visits of those who click on a post and do not buy; the row's clicks hold buyers too."""
    state, rng = stage.state, stage.rng
    sources = np.array([post.source for post in stage.alive], dtype=np.int64)
    clicked = won["source"][won["kind"] == CLICK]
    taken = np.array([int((clicked == source).sum()) for source in sources], dtype=np.int64)
    rows["clicks"] = np.maximum(rows["clicks"], taken)
    spare = rows["clicks"] - taken
    number = int(spare.sum())
    state.due_touches.add(
        fill(
            TOUCH, number, at=stage.day * DAY + draw_seconds(rng, number), campaign=-1, kind=CLICK, buyer=-1,
            person=state.people.draw(rng, stage.channel, number), source=np.repeat(sources, spare),
        )
    )  # fmt: skip


def remember_views(stage: Stage, rows: Records) -> None:
    """Keep what was shown, for the demand it raises elsewhere tomorrow."""
    shown = stage.state.shown[stage.channel]
    shown.sources = np.array([post.source for post in stage.alive], dtype=np.int64)
    shown.views = rows["views"].astype(np.int64)
    shown.carry_over = VIEW_DECAY * shown.carry_over + (1 - VIEW_DECAY) * float(shown.views.sum())


def follow(stage: Stage, rows: Records) -> None:
    """Followers of an account after a day."""
    state, rng, channel = stage.state, stage.rng, stage.channel
    follows = int(rng.poisson(rows["views"].sum() * stage.spec.follow_rate + 0.2))
    unfollows = min(int(rng.poisson(state.followers[channel] * 0.0004)), int(state.followers[channel]))
    state.followers[channel] += follows - unfollows
    row = fill(
        ACCOUNT_DAY, 1, day=stage.day, channel=CHANNELS.index(channel),
        followers=round(state.followers[channel]), follows=follows, unfollows=unfollows,
        profile_views=rng.poisson(rows["views"].sum() * 0.015 + state.followers[channel] * 0.002),
    )  # fmt: skip
    state.account_days.write(stage.day, row)
