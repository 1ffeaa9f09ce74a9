"""What others do to the market: campaigns, ads, posts and mails created and changed, members added."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import numpy as np

from sandbox.market.entities import Ad, AdSet, Campaign, MailCampaign, MailList, Post
from sandbox.market.mailing import CLEANED, SUBSCRIBED, UNSUBSCRIBED, subscribe
from sandbox.market.records import DAY
from sandbox.market.settings_paid import Campaign as CampaignSpec
from sandbox.market.state import State

MORNING = 6 * 3600
Thing = TypeVar("Thing")
STATUSES = {"subscribed": SUBSCRIBED, "unsubscribed": UNSUBSCRIBED, "cleaned": CLEANED}
# A campaign made from outside responds like a smaller sister of one the scenario describes.
SISTER_ORDERS, SISTER_HARVEST = 0.6, 0.3


class ActionError(ValueError):
    """An action cannot be done; the message says why."""


def act_now(state: State) -> int:
    """Wall seconds at which actions happen: the morning after the last lived day."""
    return (state.day + 1) * DAY + MORNING


def tell_now(state: State) -> datetime:
    """The instant at which actions happen: 06:00 local of the morning after the last lived day."""
    return state.calendar.find_morning(state.day + 1)


def check_fields(changes: dict[str, Any], allowed: list[str]) -> None:
    """Only allowed fields may change; raises ActionError before anything is changed."""
    for key in changes:
        if key not in allowed:
            raise ActionError(f"{key} cannot be changed; allowed are {', '.join(allowed)}")


def check_budget(budget: Any) -> None:
    """A budget is a whole number of minor units, 0 or more; raises ActionError."""
    if not isinstance(budget, int) or budget < 0:
        raise ActionError(f"daily_budget_minor is {budget!r}, but must be a whole number of 0 or more")


def find(things: list[Thing], **wanted: Any) -> Thing:
    """The one thing whose fields have the wanted values; raises ActionError."""
    for thing in things:
        if all(getattr(thing, key) == value for key, value in wanted.items()):
            return thing
    raise ActionError(f"nothing has {', '.join(f'{key}={value!r}' for key, value in wanted.items())}")


def to_wall(state: State, moment: Any) -> int:
    """Wall seconds of an ISO text or aware datetime."""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    if at.tzinfo is None:
        raise ActionError(f"{moment} has no time zone")
    return state.calendar.wall_of(at)


def create_campaign(
    state: State,
    channel: str,
    *,
    name: str,
    daily_budget_minor: int = 0,
    status: str = "PAUSED",
    objective: str | None = None,
    channel_type: str | None = None,
) -> str:
    """A new campaign; it responds like the channel's campaign of the same type, only weaker."""
    if channel not in state.scenario.paid:
        raise ActionError(f"the scenario has no channel {channel}")
    check_budget(daily_budget_minor)
    sister = find_sister(state.scenario.paid[channel].campaigns, channel_type, objective)
    spec = sister.model_copy(
        update={
            "name": name,
            "objective": objective or sister.objective,
            "channel_type": channel_type or sister.channel_type,
            "changes": [],
            "max_orders": sister.max_orders * SISTER_ORDERS,
            "harvest_click": sister.harvest_click * SISTER_HARVEST,
            "harvest_view": sister.harvest_view * SISTER_HARVEST,
        }
    )
    at = tell_now(state)
    return state.catalogue.add_campaign(channel, spec, at, status, daily_budget_minor).campaign_id


def find_sister(specs: list[CampaignSpec], channel_type: str | None, objective: str | None) -> CampaignSpec:
    """The scenario's strongest campaign of the same type, else of the same objective, else with ads."""
    groups = [
        [spec for spec in specs if spec.channel_type == channel_type],
        [spec for spec in specs if spec.objective == objective and spec.ad_sets],
        [spec for spec in specs if spec.ad_sets and spec.demand_limit_minor is None],
        specs,
    ]
    return max(next(group for group in groups if group), key=lambda spec: spec.max_orders)


def update_campaign(state: State, channel: str, *, campaign_id: str, **changes: Any) -> None:
    """Change name, status, daily_budget_minor or objective."""
    campaign = find(state.catalogue.campaigns, channel=channel, campaign_id=campaign_id)
    change(state, campaign, changes, ["name", "status", "daily_budget_minor", "objective"])
    if campaign.reference_minor <= 1:  # made without a budget
        campaign.reference_minor = max(1.0, float(campaign.daily_budget_minor))


def create_ad_set(state: State, channel: str, *, campaign_id: str, name: str, status: str = "PAUSED") -> str:
    """A new ad set or ad group."""
    campaign = find(state.catalogue.campaigns, channel=channel, campaign_id=campaign_id)
    at = tell_now(state)
    return state.catalogue.add_ad_set(campaign, name, status, at).ad_set_id


def update_ad_set(state: State, channel: str, *, ad_set_id: str, **changes: Any) -> None:
    """Change name or status."""
    change(
        state,
        find(state.catalogue.ad_sets, channel=channel, ad_set_id=ad_set_id),
        changes,
        ["name", "status"],
    )


def create_ad(
    state: State,
    channel: str,
    *,
    ad_set_id: str,
    name: str,
    status: str = "PAUSED",
    final_url: str | None = None,
    campaign_id: str | None = None,
) -> str:
    """A new ad; utm parameters are added to final_url unless it has some."""
    ad_set = find(state.catalogue.ad_sets, channel=channel, ad_set_id=ad_set_id)
    if campaign_id not in (None, ad_set.campaign_id):
        raise ActionError(f"ad set {ad_set_id} belongs to campaign {ad_set.campaign_id}, not {campaign_id}")
    campaign = find(state.catalogue.campaigns, channel=channel, campaign_id=ad_set.campaign_id)
    at = tell_now(state)
    return state.catalogue.add_ad(campaign, ad_set, name=name, status=status, url=final_url, at=at).ad_id


def update_ad(state: State, channel: str, *, ad_id: str, **changes: Any) -> None:
    """Change name, status or final_url."""
    ad = find(state.catalogue.ads, channel=channel, ad_id=ad_id)
    change(state, ad, changes, ["name", "status", "final_url"])
    if "final_url" in changes:
        campaign = find(state.catalogue.campaigns, channel=channel, campaign_id=ad.campaign_id)
        state.catalogue.place(campaign, ad, changes["final_url"])


def change(state: State, thing: Campaign | AdSet | Ad, changes: dict[str, Any], allowed: list[str]) -> None:
    """Set fields of a thing and its updated_at."""
    check_fields(changes, allowed)
    check_budget(changes.get("daily_budget_minor", 0))
    for key, value in changes.items():
        setattr(thing, key, value)
    thing.updated_at = tell_now(state)


def publish_post(
    state: State,
    channel: str,
    *,
    kind: str | None = None,
    title: str = "",
    text: str = "",
    published_at: Any = None,
) -> str:
    """A new post, public now or at published_at."""
    wall = act_now(state) if published_at is None else max(to_wall(state, published_at), act_now(state))
    if channel not in state.scenario.organic:
        raise ActionError(f"the scenario has no channel {channel}")
    kinds = list(state.scenario.organic[channel].kinds)
    return state.catalogue.add_post(channel, kind or kinds[0], title or text[:60], text, wall).post_id


def update_post(
    state: State,
    channel: str,
    *,
    post_id: str,
    title: str | None = None,
    text: str | None = None,
    published_at: Any = None,
) -> None:
    """Change title or text, or the time of a post that still waits for it."""
    post: Post = find(state.catalogue.posts, channel=channel, post_id=post_id, is_deleted=False)
    if published_at is not None:
        if post.published_wall <= act_now(state):
            raise ActionError(f"post {post_id} is already public")
        post.published_wall = max(to_wall(state, published_at), act_now(state))
    post.title = post.title if title is None else title
    post.text = post.text if text is None else text


def delete_post(state: State, channel: str, *, post_id: str) -> None:
    """Remove a post; its past numbers stay."""
    find(state.catalogue.posts, channel=channel, post_id=post_id, is_deleted=False).is_deleted = True


def create_mail(
    state: State,
    channel: str,
    *,
    list_id: str,
    title: str = "",
    subject: str = "",
    segment: str | None = None,
) -> str:
    """A newsletter not sent yet; segment is the name of a segment of people, null = all members."""
    check_mail(channel)
    find(state.catalogue.lists, list_id=list_id)
    return state.catalogue.add_mail(list_id, title, subject, segment).mail_id


def update_mail(state: State, channel: str, *, mail_id: str, **changes: Any) -> None:
    """Change title, subject, segment or list_id; send_at null or status save takes a scheduled mail back."""
    check_mail(channel)
    mail: MailCampaign = find(state.catalogue.mails, mail_id=mail_id)
    if mail.status == "sent":
        raise ActionError(f"mail {mail_id} is already sent")
    check_fields(changes, ["title", "subject", "segment", "list_id", "send_at", "status"])
    is_recalled = changes.pop("status", None) == "save"
    is_recalled |= "send_at" in changes and changes.pop("send_at") is None
    for key, value in changes.items():
        setattr(mail, key, value)
    if is_recalled:
        mail.status, mail.send_wall = "save", None


def send_mail(state: State, channel: str, *, mail_id: str, send_at: Any = None) -> None:
    """Send now, or schedule for send_at; people react when the market lives on."""
    check_mail(channel)
    mail: MailCampaign = find(state.catalogue.mails, mail_id=mail_id)
    if mail.status == "sent":
        raise ActionError(f"mail {mail_id} is already sent")
    now = act_now(state)
    wall = now if send_at is None else to_wall(state, send_at)
    mail.send_wall = max(now, wall)
    mail.status = "sent" if wall <= now else "scheduled"


def upsert_member(
    state: State,
    channel: str,
    *,
    list_id: str,
    email: str,
    status: str = "subscribed",
    first_name: str = "",
) -> str:
    """Add a person to a list or change their status; gives the person_id, new addresses become people."""
    check_mail(channel)
    if status not in STATUSES:
        raise ActionError(f"status {status!r} is unknown; allowed are {', '.join(STATUSES)}")
    members: MailList = find(state.catalogue.lists, list_id=list_id)
    person = state.people.find(email)
    if person is None:
        person = state.people.add(email, first_name)
        for entry in state.catalogue.lists:
            entry.row_of = np.append(entry.row_of, np.int32(-1))
    now = act_now(state)
    if members.row_of[person] < 0:
        subscribe(members, np.array([person], dtype=np.int32), np.array([now], dtype=np.int64))
    row = members.row_of[person]
    is_gone_later = members.changed_wall[row] > now
    if members.status[row] != STATUSES[status] or is_gone_later:
        members.status[row] = STATUSES[status]
        members.changed_wall[row] = now
    return str(state.people.person_id[person])


def check_mail(channel: str) -> None:
    """Mail actions belong to the mail channel."""
    if channel != "mailchimp":
        raise ActionError(f"{channel} sends no mails; use mailchimp")


ACTIONS: dict[str, Callable[..., str | None]] = {
    "create_campaign": create_campaign,
    "update_campaign": update_campaign,
    "create_ad_set": create_ad_set,
    "update_ad_set": update_ad_set,
    "create_ad": create_ad,
    "update_ad": update_ad,
    "publish_post": publish_post,
    "update_post": update_post,
    "delete_post": delete_post,
    "create_mail": create_mail,
    "update_mail": update_mail,
    "send_mail": send_mail,
    "upsert_member": upsert_member,
}


def apply_action(state: State, name: str, channel: str, fields: dict[str, Any]) -> str | None:
    """Do one action by name; gives the id of what was created, raises ActionError."""
    if name not in ACTIONS:
        raise ActionError(f"action {name!r} is unknown; allowed are {', '.join(ACTIONS)}")
    try:
        return ACTIONS[name](state, channel, **fields)
    except TypeError as error:
        if "argument" not in str(error):
            raise
        raise ActionError(f"{error}") from None
