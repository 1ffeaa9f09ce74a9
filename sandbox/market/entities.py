"""What exists on the platforms: accounts, campaigns, ads, posts, lists, mails and products."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from sandbox.market.settings_paid import Campaign as CampaignSpec


@dataclass
class Account:
    """An advertising account, page, profile, video channel, mail account or shop."""

    channel: str
    account_id: str
    name: str


@dataclass
class Campaign:
    """A paid campaign with its memory of past spend."""

    index: int
    channel: str
    campaign_id: str
    account_id: str
    name: str
    objective: str
    status: str
    daily_budget_minor: int
    channel_type: str
    spec: CampaignSpec
    reference_minor: float  # the budget at which its harvest shares hold
    created_at: datetime
    updated_at: datetime
    carry_over: float = 0.0  # adstocked spend, in steady state the spend of a day
    spends: list[float] = field(default_factory=list)
    quality: float = 1.0


@dataclass
class AdSet:
    """A Google ad group or a Meta ad set."""

    channel: str
    ad_set_id: str
    campaign_id: str
    name: str
    status: str
    created_at: datetime
    updated_at: datetime


@dataclass
class Ad:
    """An ad and its quality, which nobody outside the market knows."""

    channel: str
    ad_id: str
    ad_set_id: str
    campaign_id: str
    name: str
    status: str
    final_url: str
    quality: float
    created_at: datetime
    updated_at: datetime


@dataclass
class Post:
    """A video, photo, reel or other post."""

    index: int
    channel: str
    post_id: str
    account_id: str
    kind: str
    title: str
    text: str
    url: str
    published_wall: int
    quality: float
    source: int
    is_deleted: bool = False


@dataclass
class MailList:
    """A list and its members as growing arrays."""

    list_id: str
    name: str
    created_at: datetime
    person: NDArray[np.int32]
    subscribed_wall: NDArray[np.int64]
    changed_wall: NDArray[np.int64]
    status: NDArray[np.int8]  # 0 subscribed, 1 unsubscribed, 2 cleaned; holds from changed_wall on
    row_of: NDArray[np.int32]  # person -> row, -1 = not a member


@dataclass
class MailCampaign:
    """A newsletter, sent or not."""

    index: int
    mail_id: str
    list_id: str
    title: str
    subject: str
    status: str
    segment: str | None
    send_wall: int | None
    quality: float
    source: int


@dataclass
class Product:
    """Something on sale, with one variant."""

    product_id: str
    variant_id: str
    sku: str
    title: str
    price_minor: int
    unit_cost_minor: int


@dataclass
class Source:
    """A way into the shop: an ad on a network, a post, a mail, or an unpaid entrance."""

    index: int
    channel: str
    campaign_id: str | None = None
    ad_set_id: str | None = None
    ad_id: str | None = None
    network: str | None = None
    campaign: int = -1
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_content: str | None = None
    path: str = "/"
    referrer: str | None = None
    quality: float = 1.0
    weight: float = 1.0

    def query(self) -> str:
        """The utm parameters as a query string, empty for unpaid entrances."""
        parts = {
            "utm_source": self.utm_source,
            "utm_medium": self.utm_medium,
            "utm_campaign": self.utm_campaign,
            "utm_content": self.utm_content,
        }
        text = "&".join(f"{key}={value}" for key, value in parts.items() if value is not None)
        return f"?{text}" if text else ""
