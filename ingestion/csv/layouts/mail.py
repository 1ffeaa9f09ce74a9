"""Reports and event lists of mail tools."""

from __future__ import annotations

from ingestion.csv.kinds import EVENTS, MAIL_NAMES, MAILS
from ingestion.csv.layouts.layout import Layout, Part, one

# What each tool calls an event, and what it counts as.
EVENT_WORDS: dict[str, str] = {
    **dict.fromkeys(("sent", "send", "received email", "emailsend"), "sent"),
    **dict.fromkeys(("open", "opened email", "emailopen"), "open"),
    **dict.fromkeys(("click", "clicked email", "emailclick"), "click"),
    **dict.fromkeys(("bounce", "bounced email", "emailbounce"), "bounce"),
    **dict.fromkeys(("unsubscribe", "unsubscribed", "emailunsubscribe"), "unsubscribe"),
    **dict.fromkeys(("spamreport", "marked email as spam", "emailcomplaint", "abuse"), "complaint"),
}

MAIL_TABLES: tuple[Layout, ...] = (
    one(
        *("Mailchimp campaign report", "mailchimp", MAILS),
        {
            "mail_id": "unique id",
            "title": "title",
            "subject": "subject",
            "list_id": "list|audience?",
            "sent_at": "send date",
            "sent": "total recipients",
            "hard_bounces": "hard bounces",
            "soft_bounces": "soft bounces",
            "opens": "total opens",
            "unique_opens": "unique opens",
            "clicks": "total clicks",
            "unique_clicks": "unique clicks",
            "unsubscribes": "unsubscribes",
            "complaints": "abuse complaints?",
            "claimed_orders": "total orders?",
            "claimed_value": "total revenue|total gross sales?",
        },
    ),
    one(
        *("Klaviyo campaign export", "klaviyo", MAILS),
        {
            "mail_id": "campaign id|campaign name",
            "title": "campaign name",
            "subject": "subject?",
            "list_id": "list|lists?",
            "sent_at": "send time|send date?",
            "sent": "total recipients|recipients",
            "hard_bounces": "bounces|bounced?",
            "opens": "total opens|opens?",
            "unique_opens": "unique opens",
            "clicks": "total clicks|clicks?",
            "unique_clicks": "unique clicks",
            "unsubscribes": "unsubscribes|unsubscribed?",
            "complaints": "spam complaints?",
            "claimed_orders": "unique placed order|placed order?",
            "claimed_value": "placed order value|revenue?",
        },
        also="unique clicks",
    ),
    one(
        *("HubSpot e-mail report", "hubspot", MAILS),
        {
            "mail_id": "email id|email name",
            "title": "email name",
            "subject": "subject?",
            "sent_at": "send date|publish date",
            "sent": "sent",
            "unique_opens": "opened|opens?",
            "unique_clicks": "clicked|clicks?",
            "hard_bounces": "hard bounced|hard bounces?",
            "soft_bounces": "soft bounced|soft bounces?",
            "unsubscribes": "unsubscribed|unsubscribes?",
            "complaints": "marked as spam|spam reports|spam report?",
        },
        also="delivered",
    ),
    one(
        *("Iterable campaign_metrics table", "iterable", MAILS),
        {
            "mail_id": "id",
            "sent": "total email sends",
            "hard_bounces": "total email bounced",
            "opens": "total email opens",
            "unique_opens": "unique emails opens|unique email opens or clicks?",
            "clicks": "total email clicked",
            "unique_clicks": "unique email clicks",
            "unsubscribes": "total unsubscribes",
            "complaints": "total complaints",
            "claimed_orders": "total purchases",
            "claimed_value": "revenue",
        },
        also="date, average order value",
    ),
    Layout(
        "E-mail experiment, one row per customer",
        "email_experiment",
        (
            Part(
                MAILS,
                {
                    "mail_id": "segment",
                    "visits": "visit",
                    "claimed_orders": "conversion",
                    "claimed_value": "spend",
                },
                {"sent": "1"},
            ),
        ),
        frozenset({"history segment", "recency", "newbie"}),
        note="Each arm is one mail: how many got it, their orders and spend. The arm without a mail was sent"
        " none. Visits have no place among opens and clicks, and customers' own columns no id, so both stay"
        " out of the silver table.",
        withheld=("segment", "no e mail"),
    ),
    one(
        *("Mailchimp campaign recipients", "mailchimp", EVENTS),
        {"mail_id": "campaign id", "person": "member id", "list_id": "list id"},
        also="combination id",
        fixed={"event": "sent"},
    ),
    one(
        *("Mailchimp automation recipients", "mailchimp", EVENTS),
        {"mail_id": "automation email id", "person": "member id", "list_id": "list id"},
        fixed={"event": "sent"},
    ),
    one(
        *("Mailchimp recipient activity", "mailchimp", EVENTS),
        {
            "mail_id": "campaign id|automation email id",
            "person": "member id",
            "event": "action",
            "bounce": "bounce type?",
            "occurred_at": "timestamp",
            "list_id": "list id",
        },
    ),
    one(
        *("Mailchimp unsubscribes", "mailchimp", EVENTS),
        {"mail_id": "campaign id", "person": "member id", "occurred_at": "timestamp", "list_id": "list id"},
        also="reason",
        fixed={"event": "unsubscribe"},
    ),
    one(
        *("Klaviyo event table", "klaviyo", EVENTS),
        {
            "mail_id": "campaign id",
            "person": "person id",
            "event": "type",
            "occurred_at": "datetime",
            "title": "property campaign name|propertycampaignname?",
            "subject": "property subject|propertysubject?",
        },
        also="metric id",
    ),
    one(
        *("HubSpot email_event table", "hubspot", EVENTS),
        {
            "mail_id": "email campaign id",
            "person": "recipient",
            "event": "type",
            "occurred_at": "created",
        },
        also="sent by id, portal id",
    ),
    one(
        *("Iterable event table", "iterable", EVENTS),
        {
            "mail_id": "campaign id",
            "person": "email|fivetran user id",
            "event": "event name",
            "occurred_at": "created at",
        },
        also="message bus id",
    ),
    one(
        *("Mailchimp campaigns", "mailchimp", MAIL_NAMES),
        {
            "mail_id": "id",
            "title": "title",
            "subject": "subject line",
            "sent_at": "send time",
            "list_id": "list id?",
        },
    ),
    one(
        *("Klaviyo campaigns", "klaviyo", MAIL_NAMES),
        {"mail_id": "id", "title": "name", "subject": "subject", "sent_at": "sent at"},
        also="campaign type",
    ),
    one(
        *("HubSpot email_campaign table", "hubspot", MAIL_NAMES),
        {"mail_id": "id", "title": "name", "subject": "subject"},
        also="content id, app name",
    ),
    one(
        *("Iterable campaign_history table", "iterable", MAIL_NAMES),
        {"mail_id": "id", "title": "name", "sent_at": "start at"},
        also="campaign state, message medium",
    ),
)
