"""Changes of the account: checks every operation first, then does them in the order given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.google_ads.account import FIRST_OWN_BUDGET, AdsAccount
from sandbox.google_ads.failure import AdsError
from sandbox.google_ads.rules import Known, Operation, check_operation, find_action
from sandbox.google_ads.search import camel

TO_MARKET = {"ENABLED": "ACTIVE", "PAUSED": "PAUSED", "REMOVED": "REMOVED"}
BIDDING = {
    "manualCpc": "MANUAL_CPC",
    "maximizeConversions": "MAXIMIZE_CONVERSIONS",
    "maximizeConversionValue": "MAXIMIZE_CONVERSION_VALUE",
    "targetCpa": "TARGET_CPA",
    "targetRoas": "TARGET_ROAS",
    "targetSpend": "TARGET_SPEND",
}


@dataclass
class Outcome:
    """What became of a request: a resource name for each operation that succeeded, errors of the others."""

    names: list[str | None] = field(default_factory=list)
    errors: list[AdsError] = field(default_factory=list)


def run_operations(
    account: AdsAccount, operations: list[Operation], *, is_partial: bool, is_dry: bool
) -> Outcome:
    """Check all operations and, unless one is wrong (or in a dry run), do them.

    With `is_partial` the good ones are done and the wrong ones stay None in `names`.
    """
    known = Known(account)
    outcome = Outcome()
    wrong: set[int] = set()
    for i, operation in enumerate(operations):
        errors = check_operation(known, operation)
        if errors:
            wrong.add(i)
            outcome.errors += errors
    if is_dry or (wrong and not is_partial):
        return outcome
    writer = Writer(account)
    with account.world.hold():
        for i, operation in enumerate(operations):
            outcome.names.append(None if i in wrong else writer.do(operation))
        account.finish_change()
    return outcome


class Writer:
    """Does checked operations and keeps the real names of temporary resources."""

    def __init__(self, account: AdsAccount) -> None:
        self.account = account
        self.real: dict[str, str] = {}

    def do(self, operation: Operation) -> str:
        """Do one operation; the resource name of its result."""
        action, content = find_action(operation)
        deeds: dict[str, Callable[[str, Any], str]] = {
            "campaignBudget": self.write_budget,
            "campaign": self.write_campaign,
            "adGroup": self.write_ad_group,
            "adGroupAd": self.write_ad,
        }
        if action == "remove":
            return deeds[operation.kind]("update", {"resourceName": content, "status": "REMOVED"})
        if action == "update":
            mask = [
                ".".join(camel(p) for p in path.split("."))
                for path in operation.body["updateMask"].split(",")
            ]
            tops = {path.split(".")[0] for path in mask}
            content = {key: value for key, value in content.items() if key in tops or key == "resourceName"}
        name = deeds[operation.kind](action, content)
        if action == "create" and "resourceName" in content:
            self.real[content["resourceName"]] = name
        return name

    def find_id(self, name: str) -> str:
        """The id at the end of a real or temporary resource name."""
        return self.real.get(name, name).rpartition("/")[2].rpartition("~")[2]

    def to_minor(self, micros: int) -> int:
        """Micros as minor units."""
        return micros // 10 ** (6 - self.account.exponent)

    def act(self, kind: str, **fields: Any) -> str | None:
        """Do it in the market."""
        return self.account.world.act(kind, channel="google_ads", **fields)

    def write_budget(self, action: str, content: dict[str, Any]) -> str:
        """Make or change a budget; campaigns that share one get equal parts."""
        budgets = self.account.budgets
        if action == "create":
            budget_id = self.account.store.next_id("budget", FIRST_OWN_BUDGET)
            budgets[budget_id] = {
                "name": content.get("name", f"Budget {budget_id}"),
                "amount_micros": int(content["amountMicros"]),
                "is_shared": content.get("explicitlyShared", True),
                "campaign_ids": [],
            }
            return f"{self.account.root}/campaignBudgets/{budget_id}"
        budget_id = self.find_id(content["resourceName"])
        if content.get("status") == "REMOVED":
            budgets.pop(budget_id, None)
            return str(content["resourceName"])
        if budget_id not in budgets:
            campaign_id, name = Known(self.account).first_budgets[budget_id]
            budgets[budget_id] = {
                "name": name, "amount_micros": 0, "is_shared": False, "campaign_ids": [campaign_id],
            }  # fmt: skip
        budget = budgets[budget_id]
        budget["name"] = content.get("name", budget["name"])
        budget["amount_micros"] = int(content.get("amountMicros", budget["amount_micros"]))
        self.spread(budget)
        return str(content["resourceName"])

    def spread(self, budget: dict[str, Any]) -> None:
        """Give a budget to its campaigns in equal parts."""
        part = budget["amount_micros"] // max(1, len(budget["campaign_ids"]))
        for campaign_id in budget["campaign_ids"]:
            self.act("update_campaign", campaign_id=campaign_id, daily_budget_minor=self.to_minor(part))

    def write_campaign(self, action: str, content: dict[str, Any]) -> str:
        """Make or change a campaign."""
        fields = {"name": content["name"]} if "name" in content else {}
        if action == "create":
            budget = self.account.budgets[self.find_id(content["campaignBudget"])]
            campaign_id = str(
                self.act(
                    "create_campaign",
                    status=TO_MARKET[content.get("status", "ENABLED")],
                    channel_type=content["advertisingChannelType"],
                    daily_budget_minor=self.to_minor(budget["amount_micros"]),
                    **fields,
                )
            )
            budget["campaign_ids"].append(campaign_id)
            if len(budget["campaign_ids"]) > 1:
                self.spread(budget)
        else:
            campaign_id = self.find_id(content["resourceName"])
            if "status" in content:
                fields["status"] = TO_MARKET[content["status"]]
            if fields:
                self.act("update_campaign", campaign_id=campaign_id, **fields)
        name = f"{self.account.root}/campaigns/{campaign_id}"
        bidding = next((word for key, word in BIDDING.items() if key in content), None)
        if bidding:
            self.account.extras.setdefault(name, {})["bidding"] = bidding
        return name

    def write_ad_group(self, action: str, content: dict[str, Any]) -> str:
        """Make or change an ad group."""
        fields = {"name": content["name"]} if "name" in content else {}
        status = TO_MARKET[content.get("status", "ENABLED")]
        if action == "create":
            campaign_id = self.find_id(content["campaign"])
            group_id = str(self.act("create_ad_set", campaign_id=campaign_id, status=status, **fields))
        else:
            group_id = self.find_id(content["resourceName"])
            fields |= {"status": status} if "status" in content else {}
            if fields:
                self.act("update_ad_set", ad_set_id=group_id, **fields)
        name = f"{self.account.root}/adGroups/{group_id}"
        if "cpcBidMicros" in content:
            self.account.extras.setdefault(name, {})["cpcBidMicros"] = int(content["cpcBidMicros"])
        return name

    def write_ad(self, action: str, content: dict[str, Any]) -> str:
        """Make an ad in an ad group, or change its status."""
        if action == "create":
            ad = content["ad"]
            group_id = self.find_id(content["adGroup"])
            ad_id = self.act(
                "create_ad",
                ad_set_id=group_id,
                name=ad.get("name", "Ad"),
                status=TO_MARKET[content.get("status", "ENABLED")],
                final_url=ad["finalUrls"][0],
            )
            return f"{self.account.root}/adGroupAds/{group_id}~{ad_id}"
        name = str(content["resourceName"])
        if "status" in content:
            self.act("update_ad", ad_id=self.find_id(name), status=TO_MARKET[content["status"]])
        return name
