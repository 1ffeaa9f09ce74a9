"""Founds the market of a scenario: accounts, products, campaigns with ads, and mailing lists."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from sandbox.market.catalogue import ACCOUNT_IDS, slugify
from sandbox.market.entities import Account, MailList, Product
from sandbox.market.records import DAY
from sandbox.market.scenario import PAID
from sandbox.market.scenario import MailList as MailListSpec
from sandbox.market.settings_paid import Campaign as CampaignSpec
from sandbox.market.state import State


def found_market(state: State) -> None:
    """Create all that exists before the first day."""
    scenario, catalogue = state.scenario, state.catalogue
    shop = scenario.shop
    catalogue.accounts.append(Account("shopify", shop.domain, shop.name))
    for index, product in enumerate(scenario.products):
        catalogue.products.append(
            Product(
                catalogue.make_id("shopify", "product"),
                catalogue.make_id("shopify", "variant"),
                f"SKU-{index + 1:03d}",
                product.title,
                product.price_minor,
                product.unit_cost_minor,
            )
        )
    for channel in PAID:  # a channel the scenario leaves out is an account without data
        paid = scenario.paid.get(channel)
        name = paid.account_name if paid else shop.name
        catalogue.accounts.append(Account(channel, ACCOUNT_IDS[channel], name))
    for channel, paid in scenario.paid.items():
        for number, spec in enumerate(paid.campaigns):
            found_campaign(state, channel, spec, state.calendar.instant((-90 + number) * DAY + 36_000))
    for channel, organic in scenario.organic.items():
        catalogue.accounts.append(Account(channel, ACCOUNT_IDS[channel], organic.account_name))
    mail_name = scenario.mail.account_name if scenario.mail else shop.name
    catalogue.accounts.append(Account("mailchimp", ACCOUNT_IDS["mailchimp"], mail_name))
    if scenario.mail:
        for spec_ in scenario.mail.lists:
            found_list(state, spec_)


def found_campaign(state: State, channel: str, spec: CampaignSpec, at: datetime) -> None:
    """A campaign of the scenario with its ad sets and ads."""
    catalogue = state.catalogue
    budget = round(spec.daily_budget_minor * state.scenario.scale)
    campaign = catalogue.add_campaign(channel, spec, at, spec.status, budget)
    landing = [slugify(product.title).replace("_", "-") for product in state.scenario.products]
    for group in range(spec.ad_sets):
        ad_set = catalogue.add_ad_set(campaign, f"{spec.name} / {group + 1}", "ACTIVE", at)
        for number in range(spec.ads_per_ad_set):
            page = landing[(group * spec.ads_per_ad_set + number) % len(landing)]
            url = f"https://{state.scenario.shop.domain}/products/{page}"
            name = f"{spec.name} / {group + 1} / {number + 1}"
            catalogue.add_ad(campaign, ad_set, name=name, status="ACTIVE", url=url, at=at)


def found_list(state: State, spec: MailListSpec) -> None:
    """A mailing list with the members it has on the first day, most of them for a long time."""
    catalogue, size = state.catalogue, len(state.people.segment)
    rng = state.dice.roll("list", 0, len(catalogue.lists))
    member = np.flatnonzero(rng.random(size) < spec.share).astype(np.int32)
    since = -(rng.random(len(member)) * 600 + 30) * DAY
    row_of = np.full(size, -1, dtype=np.int32)
    row_of[member] = np.arange(len(member), dtype=np.int32)
    catalogue.lists.append(
        MailList(
            list_id=catalogue.make_id("mailchimp", "list"),
            name=spec.name,
            created_at=state.calendar.instant(-700 * DAY),
            person=member,
            subscribed_wall=since.astype(np.int64),
            changed_wall=since.astype(np.int64),
            status=np.zeros(len(member), dtype=np.int8),
            row_of=row_of,
        )
    )
