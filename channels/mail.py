"""The shared verbs of mailing that read: one declaration, answered by each mail channel."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from core.context import Context
from core.operation import operation

MailChannel = Annotated[str, Field(description="A mail channel, such as mailchimp.")]
MailId = Annotated[str, Field(description="The vendor's id of a sent mail.")]


class MailboxProvider(BaseModel):
    """What became of a mail at one mailbox provider."""

    domain: str
    sent: int
    delivered: int
    bounces: int
    opens: int
    clicks: int
    unsubscribes: int


class Deliverability(BaseModel):
    """What became of a mail after it left; `delivered` is sent less bounces."""

    mail_id: str
    sent: int
    delivered: int
    hard_bounces: int
    soft_bounces: int
    unsubscribes: int
    complaints: int
    providers: list[MailboxProvider]


class MailOpens(BaseModel):
    """Opens of a mail so far, those by machines included."""

    mail_id: str
    opens: int
    unique_opens: int
    last_open_at: datetime | None


class LinkClicks(BaseModel):
    """Clicks on one link of a mail."""

    url: str
    clicks: int
    unique_clicks: int
    last_click_at: datetime | None


class MailClicks(BaseModel):
    """Clicks in a mail so far; `people` counts each reader once."""

    mail_id: str
    clicks: int
    people: int
    last_click_at: datetime | None
    links: list[LinkClicks]


@operation("email.getDeliverability", effect="read")
def get_deliverability(ctx: Context, *, channel: MailChannel, mail_id: MailId) -> Deliverability:
    """Return how many of a mail's copies arrived, bounced or were complained about, read live.

    Whether they reached the inbox or the spam folder no vendor tells.

    Raises:
        Unsupported: the channel sends no mail.
        NotFound: no such mail, or it was not sent yet.
    """
    found: Deliverability = _ask(ctx, "email.getDeliverability", channel, mail_id)
    return found


@operation("email.trackOpens", effect="read")
def track_opens(ctx: Context, *, channel: MailChannel, mail_id: MailId) -> MailOpens:
    """Return the opens of a mail so far, read live.

    Raises:
        Unsupported: the channel sends no mail.
        NotFound: no such mail, or it was not sent yet.
    """
    found: MailOpens = _ask(ctx, "email.trackOpens", channel, mail_id)
    return found


@operation("email.trackClicks", effect="read")
def track_clicks(ctx: Context, *, channel: MailChannel, mail_id: MailId) -> MailClicks:
    """Return the clicks of a mail so far, in all and by link, read live.

    Raises:
        Unsupported: the channel sends no mail.
        NotFound: no such mail, or it was not sent yet.
    """
    found: MailClicks = _ask(ctx, "email.trackClicks", channel, mail_id)
    return found


def _ask(ctx: Context, verb: str, channel: str, mail_id: str) -> Any:
    connection = ctx.service("connect")(channel)
    return connection.channel.handler(verb)(connection, mail_id)
