"""The advertising account as the twin sees it: the market, and what the twin alone remembers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from sandbox.currency import exponent_of
from sandbox.guarded import GuardedWorld
from sandbox.twin import Store

# Ids of things the market does not number, derived so that they never change.
BUDGET_OF_CAMPAIGN = 9_000_000_000
GROUP_OF_CAMPAIGN = 6_500_000_000
FIRST_OWN_BUDGET = 31_000_000_001


@dataclass(frozen=True)
class AdsAccount:
    """The one customer of the market.

    The store holds `budgets` (id -> name, amount_micros, is_shared, campaign_ids), made through the API,
    and `extras` (resource name -> fields the market does not model).
    """

    world: GuardedWorld
    store: Store

    @property
    def customer_id(self) -> str:
        """The ten digits of the customer; empty when the market has no such account."""
        return self._told("account_id")

    @property
    def root(self) -> str:
        """The resource name of the customer."""
        return f"customers/{self.customer_id}"

    @property
    def exponent(self) -> int:
        """Decimal places of the account's currency."""
        return exponent_of(self._told("currency"))

    @property
    def timezone(self) -> str:
        """IANA zone of the account's days."""
        return self._told("timezone")

    def _told(self, column: str) -> str:
        accounts = self.world.accounts("google_ads")
        return str(accounts[column][0]) if accounts.height else ""

    @property
    def budgets(self) -> dict[str, Any]:
        """Budgets made through the API."""
        return self.store.table("budgets")

    @property
    def extras(self) -> dict[str, Any]:
        """Fields the market does not model, by resource name."""
        return self.store.table("extras")

    @property
    def revision(self) -> int:
        """Grows with every change, also of what only the twin remembers."""
        return int(self.store.table("revision").get("number", 0))

    def finish_change(self) -> None:
        """Keep what the twin remembers."""
        self.store.table("revision")["number"] = self.revision + 1
        self.store.save()

    def budget_of(self, campaign_id: str) -> tuple[str, dict[str, Any] | None]:
        """Id and, if it was made through the API, content of the budget of a campaign."""
        for budget_id, budget in self.budgets.items():
            if campaign_id in budget["campaign_ids"]:
                return budget_id, budget
        return str(int(campaign_id) - BUDGET_OF_CAMPAIGN), None

    def to_micros(self, column: str) -> pl.Expr:
        """A column of minor units as micros of the currency unit."""
        return pl.col(column).cast(pl.Int64) * 10 ** (6 - self.exponent)
