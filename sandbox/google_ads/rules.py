"""What Google Ads demands of an operation before it does anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.google_ads.account import AdsAccount
from sandbox.google_ads.entities import entity_table
from sandbox.google_ads.failure import AdsError

PLURALS = {
    "campaignBudget": "campaignBudgets",
    "campaign": "campaigns",
    "adGroup": "adGroups",
    "adGroupAd": "adGroupAds",
}
RESOURCES = {
    "campaignBudget": "campaign_budget",
    "campaign": "campaign",
    "adGroup": "ad_group",
    "adGroupAd": "ad_group_ad",
}
STATUSES = {"ENABLED", "PAUSED", "REMOVED"}
CHANNEL_TYPES = {"SEARCH", "DISPLAY", "SHOPPING", "PERFORMANCE_MAX", "DEMAND_GEN"}
EU_STATEMENTS = {"CONTAINS_EU_POLITICAL_ADVERTISING", "DOES_NOT_CONTAIN_EU_POLITICAL_ADVERTISING"}
# Least number and greatest length of the texts of a responsive search ad.
SEARCH_AD_TEXTS = {"headlines": (3, 30), "descriptions": (2, 90)}


@dataclass(frozen=True)
class Operation:
    """One operation of a request: what it is about, its JSON, and where it stands in the request."""

    kind: str
    body: dict[str, Any]
    path: tuple[str | tuple[str, int], ...]


def find_action(operation: Operation) -> tuple[str, Any]:
    """`create`, `update` or `remove` and its content; ("", None) for none."""
    return next(
        ((key, operation.body[key]) for key in ("create", "update", "remove") if key in operation.body),
        ("", None),
    )


class Known:
    """Resource names and names in use; grows with what the same request creates."""

    def __init__(self, account: AdsAccount) -> None:
        self.account = account
        self.resources: dict[str, set[str]] = {}
        self.names: set[tuple[str, str, str]] = set()
        self.broken: set[str] = set()  # temporary names of what cannot be created
        for kind, resource in RESOURCES.items():
            table = entity_table(account, resource)
            self.resources[kind] = set(table[f"{resource}.resource_name"].to_list())
        campaigns = entity_table(account, "campaign")
        for status, name in campaigns.select("campaign.status", "campaign.name").iter_rows():
            if status != "REMOVED":
                self.names.add(("campaign", "", name))
        groups = entity_table(account, "ad_group")
        self.names |= {
            ("adGroup", *row) for row in groups.select("ad_group.campaign", "ad_group.name").iter_rows()
        }
        self.names |= {("campaignBudget", "", budget["name"]) for budget in account.budgets.values()}
        self.first_budgets = {
            account.budget_of(campaign_id)[0]: (campaign_id, name)
            for campaign_id, name in account.world.campaigns("google_ads")
            .select("campaign_id", "name")
            .iter_rows()
        }

    def claim(self, kind: str, parent: str, name: str) -> bool:
        """Take a name; False when it is taken already."""
        if (kind, parent, name) in self.names:
            return False
        self.names.add((kind, parent, name))
        return True


def check_operation(known: Known, operation: Operation) -> list[AdsError]:
    """Everything wrong with an operation; remembers what it would create."""
    action, content = find_action(operation)
    if not action:
        return [AdsError("requestError", "OPERATION_REQUIRED", "The operation is missing.", operation.path)]
    path = (*operation.path, action)
    if action == "create":
        checks: dict[str, Callable[[Known, Any, tuple[Any, ...]], list[AdsError]]] = {
            "campaignBudget": check_budget,
            "campaign": check_campaign,
            "adGroup": check_ad_group,
            "adGroupAd": check_ad,
        }
        errors = [*check_status(content, path), *checks[operation.kind](known, content, path)]
        parents = [content[key] for key in ("campaignBudget", "campaign", "adGroup") if key in content]
        broken = next((name for name in parents if name in known.broken), None)
        if broken and not errors:
            errors = [AdsError("mutateError", "RESOURCE_NOT_FOUND", "Resource was not found.", path, broken)]
        if "resourceName" in content:
            known.resources[operation.kind].add(content["resourceName"])
            known.broken |= {content["resourceName"]} if errors else set()
        return errors
    name = content if action == "remove" else content.get("resourceName", "")
    if name not in known.resources[operation.kind]:
        return [AdsError("mutateError", "RESOURCE_NOT_FOUND", "Resource was not found.", path, name)]
    if action == "remove":
        return []
    if not operation.body.get("updateMask"):
        mask = (*operation.path, "update_mask")
        return [
            AdsError(
                "fieldMaskError",
                "FIELD_MASK_MISSING",
                "The field mask must be provided for update operations.",
                mask,
            )
        ]
    errors = check_status(content, path)
    if operation.kind == "campaignBudget":
        errors += check_amount(known, content, path)
    if (
        operation.kind == "campaign"
        and "name" in content
        and not known.claim("campaign", "", content["name"])
    ):
        errors.append(duplicate_campaign(content["name"], path))
    return errors


def required(path: tuple[Any, ...], *names: str) -> AdsError:
    """The error of a field that is not there."""
    return AdsError("fieldError", "REQUIRED", "The required field was not present.", (*path, *names))


def duplicate_campaign(name: str, path: tuple[Any, ...]) -> AdsError:
    """The error of a campaign name in use."""
    message = "The name is already being used by another active or paused campaign."
    return AdsError("campaignError", "DUPLICATE_CAMPAIGN_NAME", message, (*path, "name"), name)


def check_status(content: dict[str, Any], path: tuple[Any, ...]) -> list[AdsError]:
    """Only the vendor's words are a status."""
    status = content.get("status")
    if status is None or status in STATUSES:
        return []
    return [
        AdsError(
            "requestError", "INVALID_ENUM_VALUE", f"Invalid enum value: {status}.", (*path, "status"), status
        )
    ]


def check_amount(known: Known, content: dict[str, Any], path: tuple[Any, ...]) -> list[AdsError]:
    """An amount is positive and a multiple of the smallest coin."""
    if "amountMicros" not in content:
        return []
    amount = int(content["amountMicros"])
    place = (*path, "amount_micros")
    if amount <= 0:
        return [
            AdsError(
                "campaignBudgetError",
                "NEGATIVE_MONEY_AMOUNT",
                "Money amount must be positive.",
                place,
                str(amount),
            )
        ]
    if amount % 10 ** (6 - known.account.exponent):
        code = "NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT"
        message = "A money amount was not a multiple of a minimum unit."
        return [AdsError("campaignBudgetError", code, message, place, str(amount))]
    return []


def check_budget(known: Known, content: dict[str, Any], path: tuple[Any, ...]) -> list[AdsError]:
    """A budget needs an amount, and a name of its own."""
    if "amountMicros" not in content:
        return [required(path, "amount_micros")]
    errors = check_amount(known, content, path)
    name = content.get("name")
    if name and not errors and not known.claim("campaignBudget", "", name):
        message = "Another budget with the same name already exists."
        errors.append(AdsError("campaignBudgetError", "DUPLICATE_NAME", message, (*path, "name"), name))
    return errors


def check_campaign(known: Known, content: dict[str, Any], path: tuple[Any, ...]) -> list[AdsError]:
    """A campaign needs name, type, budget and the statement on political advertising."""
    if not content.get("name"):
        return [required(path, "name")]
    channel_type = content.get("advertisingChannelType")
    if channel_type is None:
        return [required(path, "advertising_channel_type")]
    if channel_type not in CHANNEL_TYPES:
        message = f"Campaigns of type {channel_type} cannot be created through the API."
        return [
            AdsError(
                "mutateError",
                "MUTATE_NOT_ALLOWED",
                message,
                (*path, "advertising_channel_type"),
                channel_type,
            )
        ]
    if content.get("campaignBudget") not in known.resources["campaignBudget"]:
        message = "Resource was not found."
        return [
            AdsError(
                "mutateError",
                "RESOURCE_NOT_FOUND",
                message,
                (*path, "campaign_budget"),
                content.get("campaignBudget"),
            )
        ]
    if content.get("containsEuPoliticalAdvertising") not in EU_STATEMENTS:
        code = "EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED"
        message = "Campaigns must declare whether they contain political advertising targeting the EU."
        return [AdsError("mutateError", code, message, (*path, "contains_eu_political_advertising"))]
    if not known.claim("campaign", "", content["name"]):
        return [duplicate_campaign(content["name"], path)]
    return []


def check_ad_group(known: Known, content: dict[str, Any], path: tuple[Any, ...]) -> list[AdsError]:
    """An ad group needs a name of its own in a campaign that exists."""
    if not content.get("name"):
        return [required(path, "name")]
    campaign = content.get("campaign", "")
    if campaign not in known.resources["campaign"]:
        return [
            AdsError(
                "mutateError", "RESOURCE_NOT_FOUND", "Resource was not found.", (*path, "campaign"), campaign
            )
        ]
    if not known.claim("adGroup", campaign, content["name"]):
        message = "AdGroup with the same name already exists for the campaign."
        return [AdsError("adGroupError", "DUPLICATE_ADGROUP_NAME", message, (*path, "name"), content["name"])]
    return []


def check_ad(known: Known, content: dict[str, Any], path: tuple[Any, ...]) -> list[AdsError]:
    """An ad needs an ad group that exists, a landing address, and texts of the right size."""
    group = content.get("adGroup", "")
    if group not in known.resources["adGroup"]:
        return [
            AdsError(
                "mutateError", "RESOURCE_NOT_FOUND", "Resource was not found.", (*path, "ad_group"), group
            )
        ]
    ad = content.get("ad", {})
    if not ad.get("finalUrls"):
        return [required(path, "ad", "final_urls")]
    texts = ad.get("responsiveSearchAd")
    if texts is None:
        return []
    errors: list[AdsError] = []
    for name, (least, longest) in SEARCH_AD_TEXTS.items():
        place = (*path, "ad", "responsive_search_ad", name)
        given = [text.get("text", "") for text in texts.get(name, [])]
        if len(given) < least:
            errors.append(AdsError("collectionSizeError", "TOO_FEW", "Too few.", place))
        errors += [
            AdsError("stringLengthError", "TOO_LONG", "Too long.", (*place[:-1], (name, i), "text"), text)
            for i, text in enumerate(given)
            if len(text) > longest
        ]
    return errors
