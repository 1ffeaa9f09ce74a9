"""A day of mail: newsletters go out, people and machines open, click, bounce, leave and buy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sandbox.market.buyers import plan_buyers
from sandbox.market.entities import MailCampaign, MailList
from sandbox.market.records import (
    BUYER,
    CLICK,
    CLICKED,
    COMPLAINED,
    DAY,
    HARD,
    LEFT,
    MAIL_EVENT,
    OPEN,
    OPENED,
    SENT,
    SOFT,
    TOUCH,
    Records,
    fill,
)
from sandbox.market.scenario import Mail
from sandbox.market.state import State

SUBSCRIBED, UNSUBSCRIBED, CLEANED = range(3)
LATEST_OPEN = 4 * DAY


def plan_newsletters(state: State, day: int) -> None:
    """Create the newsletters of the account's own cadence, to be sent today."""
    if state.scenario.mail is None:
        return
    on = state.calendar.date_of(day)
    for number, spec in enumerate(state.scenario.mail.lists):
        if on.weekday() not in spec.weekdays or (day // 7) % spec.every_weeks:
            continue
        rng = state.dice.roll("newsletter", day, number)
        product = state.scenario.products[int(rng.integers(0, len(state.scenario.products)))].title
        mail = state.catalogue.add_mail(
            state.catalogue.lists[number].list_id,
            f"{spec.name} {on.isoformat()}",
            f"{product}: new this week",
            None,
        )
        mail.status, mail.send_wall = "scheduled", day * DAY + spec.hour * 3600


def live_mail(state: State, day: int) -> list[Records]:
    """Send what is due on a day; the buyers it wins."""
    spec = state.scenario.mail
    if spec is None:
        return []
    grow_lists(state, spec, day)
    buyers = []
    waiting = []
    for mail in state.catalogue.outbox:
        if mail.send_wall is None or mail.send_wall // DAY > day:
            waiting.append(mail)
        else:
            mail.status = "sent"
            buyers.append(send(state, spec, mail, day))
    state.catalogue.outbox = waiting
    return buyers


def grow_lists(state: State, spec: Mail, day: int) -> None:
    """New subscribers of a day."""
    for number, list_spec in enumerate(spec.lists):
        rng = state.dice.roll("subscribe", day, number)
        count = int(rng.poisson(list_spec.growth_per_day * state.scenario.scale))
        members = state.catalogue.lists[number]
        people = np.unique(state.people.draw(rng, "mailchimp", count))
        fresh = people[members.row_of[people] < 0]
        subscribe(members, fresh, day * DAY + rng.integers(8 * 3600, 22 * 3600, len(fresh)))


def subscribe(members: MailList, people: NDArray[np.int32], wall: NDArray[np.int64]) -> None:
    """Add people who are not yet members."""
    members.row_of[people] = len(members.person) + np.arange(len(people), dtype=np.int32)
    members.person = np.append(members.person, people.astype(np.int32))
    members.subscribed_wall = np.append(members.subscribed_wall, wall)
    members.changed_wall = np.append(members.changed_wall, wall)
    members.status = np.append(members.status, np.zeros(len(people), dtype=np.int8))


def send(state: State, spec: Mail, mail: MailCampaign, day: int) -> Records:
    """Send one newsletter: writes its events, queues clicks as visits, and wins buyers."""
    rng = state.dice.roll("send", day, mail.index)
    members = next(entry for entry in state.catalogue.lists if entry.list_id == mail.list_id)
    sent_at = mail.send_wall or day * DAY
    reached = (members.subscribed_wall <= sent_at) & (
        (members.status == SUBSCRIBED) | (members.changed_wall > sent_at)
    )
    person = members.person[reached]
    if mail.segment in state.people.segments:
        person = person[state.people.segment[person] == state.people.segments.index(mail.segment)]
    size = len(person)
    fate = rng.random(size)
    hard = fate < spec.hard_bounce
    soft = ~hard & (fate < spec.hard_bounce + spec.soft_bounce)
    good = ~hard & ~soft
    delay = np.minimum(120 + rng.exponential(5 * 3600, size), LATEST_OPEN).astype(np.int64)
    opened = good & (rng.random(size) < spec.open_rate * mail.quality * state.people.openness[person])
    clicked = opened & (rng.random(size) < spec.click_rate * mail.quality)
    machine = good & state.people.is_machine[person]
    left = opened & ~clicked & (rng.random(size) < spec.unsubscribe)
    complained = opened & ~clicked & ~left & (rng.random(size) < spec.complaint)
    quick = rng.integers(5, 900, size)
    happened = [
        (SENT, np.ones(size, dtype=bool), np.zeros(size, dtype=np.int64), False),
        (HARD, hard, quick, False),
        (SOFT, soft, quick, False),
        (OPENED, machine, quick, True),
        (OPENED, opened, delay, False),
        (CLICKED, clicked, delay + 30, False),
        (LEFT, left, delay + 90, False),
        (COMPLAINED, complained, delay + 90, False),
    ]
    events = [
        fill(
            MAIL_EVENT, int(who.sum()), at=sent_at + after[who], mail=mail.index, person=person[who],
            kind=kind, is_machine=by_machine,
        )
        for kind, who, after, by_machine in happened
    ]  # fmt: skip
    state.mail_events.write(day, np.concatenate(events))
    depart(members, person[hard], sent_at + quick[hard], CLEANED)
    gone = left | complained
    depart(members, person[gone], sent_at + delay[gone] + 90, UNSUBSCRIBED)
    return win_by_mail(
        state,
        rng,
        spec,
        mail,
        day=day,
        person=person,
        opened_at=sent_at + delay,
        opened=opened,
        clicked=clicked,
    )


def depart(members: MailList, people: NDArray[np.int32], wall: NDArray[np.int64], status: int) -> None:
    """Mark members as gone from a moment on."""
    rows = members.row_of[people]
    members.status[rows] = status
    members.changed_wall[rows] = wall


def win_by_mail(
    state: State,
    rng: np.random.Generator,
    spec: Mail,
    mail: MailCampaign,
    *,
    day: int,
    person: NDArray[np.int32],
    opened_at: NDArray[np.int64],
    opened: NDArray[np.bool_],
    clicked: NDArray[np.bool_],
) -> Records:
    """Buyers among clickers and openers; the other clicks become visits."""
    chance = np.where(clicked, spec.buy_by_click, np.where(opened, spec.buy_by_open, 0.0))
    buys = rng.random(len(person)) < chance * state.demand**0.6
    number = int(buys.sum())
    others = clicked & ~buys
    state.due_touches.add(
        fill(
            TOUCH, int(others.sum()), at=opened_at[others] + 30, person=person[others], campaign=-1,
            source=mail.source, kind=CLICK, buyer=-1,
        )
    )  # fmt: skip
    if not number:
        return np.zeros(0, dtype=BUYER)
    return plan_buyers(
        state, rng, day, number, channel="mailchimp", lag=spec.lag, source=mail.source,
        kind=np.where(clicked[buys], CLICK, OPEN), person=person[buys], start_at=opened_at[buys] + 30,
    )  # fmt: skip
