"""The registry of everything that exists: ids as the vendors write them, and entrances to the shop."""

from __future__ import annotations

import hashlib
import re
import zlib
from datetime import datetime

import polars as pl

from sandbox.market.clock import Dice
from sandbox.market.entities import (
    Account,
    Ad,
    AdSet,
    Campaign,
    MailCampaign,
    MailList,
    Post,
    Product,
    Source,
)
from sandbox.market.scenario import Scenario
from sandbox.market.settings_paid import Campaign as CampaignSpec

REFERRERS = {
    "google_ads": "https://www.google.com/",
    "facebook": "https://l.facebook.com/",
    "instagram": "https://l.instagram.com/",
    "youtube": "https://www.youtube.com/",
}
REFERRAL_SITES = [
    "https://www.testblog.example/",
    "https://forum.example.net/",
    "https://magazine.example.org/",
]
# How ids look: (first id, step); letters of video channels and mail accounts come from a hash instead.
NUMBERS = {
    ("google_ads", "campaign"): (21_000_000_017, 104_729),
    ("google_ads", "ad_set"): (151_000_000_033, 1_299_709),
    ("google_ads", "ad"): (691_000_000_011, 1_299_721),
    ("meta_ads", "campaign"): (120_210_000_000_010_463, 10_000_000_019),
    ("meta_ads", "ad_set"): (120_210_000_000_020_463, 10_000_000_033),
    ("meta_ads", "ad"): (120_210_000_000_030_463, 10_000_000_061),
    ("facebook", "post"): (122_100_000_000_417, 1_000_003),
    ("instagram", "post"): (17_900_000_000_000_411, 1_000_033),
    ("shopify", "product"): (8_100_000_000_177, 32_768),
    ("shopify", "variant"): (44_100_000_000_261, 32_768),
}
LETTERS = {"youtube": 11, "mailchimp": 10}
ACCOUNT_IDS = {
    "google_ads": "4821093377",
    "meta_ads": "1029384756574839",
    "youtube": "UCk3sPrEaDeRsMaRkEt0Q2wA",
    "facebook": "104729000271828",
    "instagram": "17841400008460056",
    "mailchimp": "8d3a3db4d97663a9074efcc16",
}


def slugify(text: str) -> str:
    """Lower case words joined by underscores."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "untitled"


def hash_text(text: str) -> int:
    """A number for a text, so that what exists beside a thing does not change its quality."""
    return zlib.crc32(text.encode())


class Catalogue:
    """Everything that exists, in order of creation."""

    def __init__(self, scenario: Scenario, dice: Dice) -> None:
        self.scenario = scenario
        self.dice = dice
        self.accounts: list[Account] = []
        self.campaigns: list[Campaign] = []
        self.ad_sets: list[AdSet] = []
        self.ads: list[Ad] = []
        self.posts: list[Post] = []
        self.lists: list[MailList] = []
        self.mails: list[MailCampaign] = []
        self.running: list[Post] = []  # posts that may still have reach
        self.outbox: list[MailCampaign] = []  # mails not yet delivered
        self.products: list[Product] = []
        self.sources: list[Source] = []
        self.source_frame = pl.DataFrame()  # the sources as a table, made when first asked for
        self.placements: dict[int, list[int]] = {}  # campaign index -> its sources
        self.counters: dict[tuple[str, str], int] = {}
        self.direct = self.add_source(channel="baseline", network="direct").index
        self.search = self.add_source(
            channel="baseline", network="organic_search", referrer=REFERRERS["google_ads"]
        ).index
        self.referrals = [
            self.add_source(channel="baseline", network="referral", referrer=site).index
            for site in REFERRAL_SITES
        ]

    def make_id(self, channel: str, kind: str) -> str:
        """The next id of a kind of thing, as the vendor would write it."""
        count = self.counters.get((channel, kind), 0)
        self.counters[channel, kind] = count + 1
        if channel in LETTERS:
            digest = hashlib.sha256(f"{self.scenario.seed}/{channel}/{kind}/{count}".encode()).hexdigest()
            return digest[: LETTERS[channel]]
        start, step = NUMBERS[channel, kind]
        number = str(start + count * step)
        return f"{ACCOUNT_IDS['facebook']}_{number}" if channel == "facebook" else number

    def add_source(self, **fields: object) -> Source:
        """A new entrance to the shop."""
        source = Source(index=len(self.sources), **fields)  # type: ignore[arg-type]
        self.sources.append(source)
        return source

    def add_campaign(
        self, channel: str, spec: CampaignSpec, at: datetime, status: str, budget_minor: int
    ) -> Campaign:
        """A new paid campaign; without ad sets (Performance Max) it can deliver at once."""
        campaign = Campaign(
            index=len(self.campaigns),
            channel=channel,
            campaign_id=self.make_id(channel, "campaign"),
            account_id=ACCOUNT_IDS[channel],
            name=spec.name,
            objective=spec.objective,
            status=status,
            daily_budget_minor=budget_minor,
            channel_type=spec.channel_type,
            spec=spec,
            reference_minor=max(1.0, float(budget_minor)),
            created_at=at,
            updated_at=at,
        )
        self.campaigns.append(campaign)
        self.placements[campaign.index] = []
        if spec.ad_sets == 0:
            self.place(campaign, None, f"https://{self.scenario.shop.domain}/")
        return campaign

    def add_ad_set(self, campaign: Campaign, name: str, status: str, at: datetime) -> AdSet:
        """A new ad set or ad group of a campaign."""
        ad_set = AdSet(
            campaign.channel,
            self.make_id(campaign.channel, "ad_set"),
            campaign.campaign_id,
            name,
            status,
            at,
            at,
        )
        self.ad_sets.append(ad_set)
        return ad_set

    def add_ad(
        self, campaign: Campaign, ad_set: AdSet, *, name: str, status: str, url: str | None, at: datetime
    ) -> Ad:
        """A new ad; its quality is drawn and its landing address gets utm parameters."""
        rng = self.dice.roll("ad quality", 0, hash_text(f"{campaign.name}/{ad_set.name}/{name}"))
        ad_id = self.make_id(campaign.channel, "ad")
        spread = campaign.spec.creative_spread
        quality = float(rng.lognormal(-spread * spread / 2, spread))
        link = url or f"https://{self.scenario.shop.domain}/"
        ad = Ad(
            campaign.channel,
            ad_id,
            ad_set.ad_set_id,
            campaign.campaign_id,
            name,
            status,
            link,
            quality,
            at,
            at,
        )
        self.ads.append(ad)
        self.place(campaign, ad, link)
        return ad

    def place(self, campaign: Campaign, ad: Ad | None, link: str) -> None:
        """Entrances of an ad (or of a campaign without ads) on each network; older ones of the ad retire."""
        old = self.placements[campaign.index]
        kept = [index for index in old if ad is None or self.sources[index].ad_id != ad.ad_id]
        is_google = campaign.channel == "google_ads"
        base, _, query = link.partition("?")
        for network, weight in campaign.spec.networks.items():
            source = self.add_source(
                channel=campaign.channel,
                campaign_id=campaign.campaign_id,
                ad_set_id=ad.ad_set_id if ad else None,
                ad_id=ad.ad_id if ad else None,
                network=network,
                campaign=campaign.index,
                utm_source="google" if is_google else network,
                utm_medium="cpc" if is_google else "paid_social",
                utm_campaign=campaign.campaign_id,
                utm_content=ad.ad_id if ad else None,
                path="/" + base.partition("://")[2].partition("/")[2],
                referrer=REFERRERS["google_ads" if is_google else network],
                quality=ad.quality if ad else 1.0,
                weight=weight,
            )
            given = dict(
                part.split("=", 1) for part in query.split("&") if part.startswith("utm_") and "=" in part
            )
            source.utm_source = given.get("utm_source", source.utm_source)
            source.utm_medium = given.get("utm_medium", source.utm_medium)
            source.utm_campaign = given.get("utm_campaign", source.utm_campaign)
            source.utm_content = given.get("utm_content", source.utm_content)
            kept.append(source.index)
        self.placements[campaign.index] = kept
        if ad and "utm_" not in query:
            first = self.sources[kept[-len(campaign.spec.networks)]]
            ad.final_url = f"{base}{first.query()}" + (f"&{query}" if query else "")

    def add_post(self, channel: str, kind: str, title: str, text: str, wall: int) -> Post:
        """A new post; its quality is drawn, its link leads to the shop."""
        index = len(self.posts)
        spread = self.scenario.organic[channel].quality_spread
        rng = self.dice.roll("post quality", 0, hash_text(f"{channel}/{kind}/{title}/{wall}"))
        post_id = self.make_id(channel, "post")
        source = self.add_source(
            channel=channel,
            campaign_id=post_id,
            ad_id=post_id,
            network=channel,
            utm_source=channel,
            utm_medium="social",
            utm_campaign=slugify(title),
            utm_content=post_id,
            referrer=REFERRERS[channel],
        )
        post = Post(
            index=index,
            channel=channel,
            post_id=post_id,
            account_id=ACCOUNT_IDS[channel],
            kind=kind,
            title=title,
            text=text,
            url=post_url(channel, post_id),
            published_wall=wall,
            quality=float(rng.lognormal(-spread * spread / 2, spread)),
            source=source.index,
        )
        self.posts.append(post)
        self.running.append(post)
        return post

    def add_mail(self, list_id: str, title: str, subject: str, segment: str | None) -> MailCampaign:
        """A new newsletter that waits to be sent; its quality is drawn."""
        index = len(self.mails)
        mail_id = self.make_id("mailchimp", "mail")
        source = self.add_source(
            channel="mailchimp",
            campaign_id=mail_id,
            ad_id=mail_id,
            network="email",
            utm_source="mailchimp",
            utm_medium="email",
            utm_campaign=slugify(title),
            utm_content=mail_id,
        )
        quality = float(
            self.dice.roll("mail quality", 0, hash_text(f"{title}/{subject}")).lognormal(-0.03, 0.25)
        )
        mail = MailCampaign(
            index, mail_id, list_id, title, subject, "save", segment, None, quality, source.index
        )
        self.mails.append(mail)
        self.outbox.append(mail)
        return mail


def post_url(channel: str, post_id: str) -> str:
    """The public address of a post."""
    if channel == "youtube":
        return f"https://www.youtube.com/watch?v={post_id}"
    if channel == "facebook":
        return f"https://www.facebook.com/{post_id.replace('_', '/posts/')}"
    return f"https://www.instagram.com/p/{post_id}/"
