"""Frames of the mail account: lists, members, newsletters and what people did with them."""

from __future__ import annotations

import numpy as np
import polars as pl

from sandbox.market.mailing import CLEANED, SUBSCRIBED, UNSUBSCRIBED
from sandbox.market.records import CLICKED, DAY, MAIL_KINDS
from sandbox.market.state import State

INSTANT = pl.Datetime("us", "UTC")
STATUS = {SUBSCRIBED: "subscribed", UNSUBSCRIBED: "unsubscribed", CLEANED: "cleaned"}
MORNING = 6 * 3600  # the hour after the last lived day at which the world stands


def frame_lists(state: State) -> pl.DataFrame:
    """The mailing lists."""
    rows = [(entry.list_id, entry.name, entry.created_at) for entry in state.catalogue.lists]
    return pl.DataFrame(
        rows, schema={"list_id": pl.String, "name": pl.String, "created_at": INSTANT}, orient="row"
    )


def frame_members(state: State) -> pl.DataFrame:
    """Members of all lists with their status now."""
    now = (state.day + 1) * DAY + MORNING
    people = state.people
    frames = []
    for entry in state.catalogue.lists:
        is_future = entry.changed_wall > now
        status = np.where(is_future, SUBSCRIBED, entry.status)
        changed = np.where(is_future, entry.subscribed_wall, entry.changed_wall)
        names = np.array(list(STATUS.values()))[status]
        frames.append(
            pl.DataFrame(
                [
                    people.person_id.gather(entry.person),
                    people.email.gather(entry.person),
                    pl.Series("status", names, dtype=pl.String),
                    people.first_name.gather(entry.person),
                    state.calendar.instants("subscribed_at", entry.subscribed_wall),
                    state.calendar.instants("changed_at", changed),
                ]
            ).select(pl.lit(entry.list_id).alias("list_id"), pl.all())
        )
    schema = dict.fromkeys(["list_id", "person_id", "email", "status", "first_name"], pl.String)
    empty = pl.DataFrame(schema=schema | {"subscribed_at": INSTANT, "changed_at": INSTANT})
    return pl.concat([empty, *frames]).sort("list_id", "subscribed_at", "person_id")


def frame_mail_campaigns(state: State) -> pl.DataFrame:
    """Newsletters, in order of creation."""
    rows = [
        (
            mail.mail_id, mail.list_id, mail.title, mail.subject,
            None if mail.send_wall is None else state.calendar.instant(mail.send_wall), mail.status,
            mail.segment,
        )
        for mail in state.catalogue.mails
        if mail.send_wall is None or mail.send_wall >= 0
    ]  # fmt: skip
    schema = dict.fromkeys(["mail_id", "list_id", "title", "subject"], pl.String)
    return pl.DataFrame(
        rows, schema=schema | {"send_at": INSTANT, "status": pl.String, "segment": pl.String}, orient="row"
    )


def frame_mail_events(state: State, first: int, last: int) -> pl.DataFrame:
    """Events by the day they happened, oldest first; opens come up to four days after sending."""
    first, last = max(first, 0), min(last, state.day)
    rows = state.mail_events.read(max(first - 5, 0), last)
    day = rows["at"] // DAY
    rows = rows[(day >= first) & (day <= last)]
    rows = rows[np.lexsort((rows["person"], rows["kind"], rows["mail"], rows["at"]))]
    mails = state.catalogue.mails
    domain = state.scenario.shop.domain
    url = pl.Series(
        [f"https://{domain}/{state.catalogue.sources[m.source].query()}" for m in mails], dtype=pl.String
    )
    frame = pl.DataFrame(
        [
            pl.Series("mail_id", [m.mail_id for m in mails], dtype=pl.String).gather(rows["mail"]),
            pl.Series("list_id", [m.list_id for m in mails], dtype=pl.String).gather(rows["mail"]),
            state.people.person_id.gather(rows["person"]),
            state.people.email.gather(rows["person"]),
            pl.Series("kind", MAIL_KINDS, dtype=pl.String).gather(rows["kind"]),
            pl.Series("is_machine", rows["is_machine"]),
            state.calendar.instants("at", rows["at"]),
            url.alias("url").gather(rows["mail"]),
        ]
    )
    clicked = pl.Series(rows["kind"] == CLICKED)
    return frame.with_columns(pl.when(clicked).then(pl.col("url")).alias("url"))
