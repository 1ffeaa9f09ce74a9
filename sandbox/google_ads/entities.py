"""Entities of the account as tables whose columns are the fields of the query language."""

from __future__ import annotations

import polars as pl

from sandbox.google_ads.account import GROUP_OF_CAMPAIGN, AdsAccount

STATUS = {"ACTIVE": "ENABLED", "PAUSED": "PAUSED"}
AD_GROUP_TYPE = {"SEARCH": "SEARCH_STANDARD", "DISPLAY": "DISPLAY_STANDARD", "VIDEO": "VIDEO_RESPONSIVE"}
AD_TYPE = {
    "SEARCH": "RESPONSIVE_SEARCH_AD",
    "DISPLAY": "RESPONSIVE_DISPLAY_AD",
    "DEMAND_GEN": "DEMAND_GEN_VIDEO_RESPONSIVE_AD",
    "VIDEO": "VIDEO_RESPONSIVE_AD",
    "SHOPPING": "SHOPPING_PRODUCT_AD",
}


def status_of(column: str) -> pl.Expr:
    """A market status in the vendor's words."""
    return pl.col(column).replace_strict(STATUS, default="REMOVED", return_dtype=pl.String)


def entity_table(account: AdsAccount, resource: str) -> pl.DataFrame:
    """All entities of a resource with every attribute that may be selected FROM it."""
    builders = {
        "customer": list_customers,
        "customer_client": list_clients,
        "campaign": list_campaigns,
        "campaign_budget": list_budgets,
        "ad_group": list_ad_groups,
        "ad_group_ad": list_ads,
        "asset_group": list_asset_groups,
    }
    return builders[resource](account)


def list_customers(account: AdsAccount) -> pl.DataFrame:
    """The advertising account."""
    row = account.world.accounts("google_ads").row(0, named=True)
    return pl.DataFrame(
        {
            "customer.resource_name": [f"customers/{row['account_id']}"],
            "customer.id": [int(row["account_id"])],
            "customer.descriptive_name": [row["name"]],
            "customer.currency_code": [row["currency"]],
            "customer.time_zone": [row["timezone"]],
            "customer.manager": [False],
            "customer.test_account": [False],
            "customer.auto_tagging_enabled": [True],
            "customer.status": ["ENABLED"],
        }
    )


def list_clients(account: AdsAccount) -> pl.DataFrame:
    """The account as its own and only client."""
    customer = list_customers(account)
    account_id = customer["customer.id"][0]
    kept = ["id", "descriptive_name", "currency_code", "time_zone", "manager", "test_account", "status"]
    return customer.select(
        pl.lit(f"customers/{account_id}/customerClients/{account_id}").alias("customer_client.resource_name"),
        pl.lit(f"customers/{account_id}").alias("customer_client.client_customer"),
        pl.lit(0, pl.Int64).alias("customer_client.level"),
        pl.lit(value=False).alias("customer_client.hidden"),
        *[pl.col(f"customer.{name}").alias(f"customer_client.{name}") for name in kept],
    )


def list_campaigns(account: AdsAccount) -> pl.DataFrame:
    """Campaigns with their budget and account."""
    root = account.root
    campaigns = account.world.campaigns("google_ads")
    budgets = pl.DataFrame(
        [describe_budget(account, *pair) for pair in campaigns.select("campaign_id", "name").rows()],
        schema={
            "budget_id": pl.Int64, "budget_name": pl.String, "is_shared": pl.Boolean, "references": pl.Int64,
            "amount": pl.Int64, "bidding": pl.String,
        },
        orient="row",
    )  # fmt: skip
    budget_name = pl.format(f"{root}/campaignBudgets/{{}}", "budget_id")
    table = campaigns.hstack(budgets).select(
        pl.format(f"{root}/campaigns/{{}}", "campaign_id").alias("campaign.resource_name"),
        pl.col("campaign_id").cast(pl.Int64).alias("campaign.id"),
        pl.col("name").alias("campaign.name"),
        status_of("status").alias("campaign.status"),
        pl.lit("SERVING").alias("campaign.serving_status"),
        pl.col("channel_type").alias("campaign.advertising_channel_type"),
        pl.col("bidding").alias("campaign.bidding_strategy_type"),
        budget_name.alias("campaign.campaign_budget"),
        pl.col("created_at").dt.convert_time_zone(account.timezone).dt.strftime("%Y-%m-%d 00:00:00")
        .alias("campaign.start_date_time"),
        budget_name.alias("campaign_budget.resource_name"),
        pl.col("budget_id").alias("campaign_budget.id"),
        pl.col("budget_name").alias("campaign_budget.name"),
        pl.coalesce("amount", account.to_micros("daily_budget_minor")).alias("campaign_budget.amount_micros"),
        pl.lit("ENABLED").alias("campaign_budget.status"),
        pl.lit("STANDARD").alias("campaign_budget.delivery_method"),
        pl.lit("DAILY").alias("campaign_budget.period"),
        pl.col("is_shared").alias("campaign_budget.explicitly_shared"),
        pl.col("references").alias("campaign_budget.reference_count"),
    )  # fmt: skip
    return table.join(list_customers(account), how="cross").sort("campaign.id")


def describe_budget(account: AdsAccount, campaign_id: str, name: str) -> tuple[object, ...]:
    """Budget id, name, is shared, references, own amount, and the bidding strategy of a campaign."""
    budget_id, budget = account.budget_of(campaign_id)
    extras = account.extras.get(f"{account.root}/campaigns/{campaign_id}", {})
    bidding = extras.get("bidding", "MAXIMIZE_CONVERSIONS")
    if budget is None:
        return int(budget_id), name, False, 1, None, bidding
    references = len(budget["campaign_ids"])
    return int(budget_id), budget["name"], budget["is_shared"], references, budget["amount_micros"], bidding


def list_budgets(account: AdsAccount) -> pl.DataFrame:
    """Budgets, with campaign and account of each; a shared one has a row per campaign."""
    table = list_campaigns(account)
    root = account.root
    unused = {key: budget for key, budget in account.budgets.items() if not budget["campaign_ids"]}
    if not unused:
        return table
    extra = pl.DataFrame(
        {
            "campaign_budget.resource_name": [f"{root}/campaignBudgets/{key}" for key in unused],
            "campaign_budget.id": [int(key) for key in unused],
            "campaign_budget.name": [budget["name"] for budget in unused.values()],
            "campaign_budget.amount_micros": [budget["amount_micros"] for budget in unused.values()],
            "campaign_budget.explicitly_shared": [budget["is_shared"] for budget in unused.values()],
        }
    ).with_columns(
        pl.lit("ENABLED").alias("campaign_budget.status"),
        pl.lit("STANDARD").alias("campaign_budget.delivery_method"),
        pl.lit("DAILY").alias("campaign_budget.period"),
        pl.lit(0, pl.Int64).alias("campaign_budget.reference_count"),
    )
    return pl.concat([table, extra.join(list_customers(account), how="cross")], how="diagonal")


def list_ad_groups(account: AdsAccount) -> pl.DataFrame:
    """Ad groups with their campaign and account."""
    root = account.root
    groups = account.world.ad_sets("google_ads")
    names = [f"{root}/adGroups/{group_id}" for group_id in groups["ad_set_id"]]
    bids = [int(account.extras.get(name, {}).get("cpcBidMicros", 1_000_000)) for name in names]
    table = groups.with_columns(pl.Series("bid", bids, dtype=pl.Int64)).select(
        pl.format(f"{root}/adGroups/{{}}", "ad_set_id").alias("ad_group.resource_name"),
        pl.col("ad_set_id").cast(pl.Int64).alias("ad_group.id"),
        pl.col("name").alias("ad_group.name"),
        status_of("status").alias("ad_group.status"),
        pl.format(f"{root}/campaigns/{{}}", "campaign_id").alias("ad_group.campaign"),
        pl.col("bid").alias("ad_group.cpc_bid_micros"),
        pl.col("campaign_id").cast(pl.Int64).alias("campaign.id"),
    )
    group_type = pl.col("campaign.advertising_channel_type").replace_strict(
        AD_GROUP_TYPE, default="UNSPECIFIED", return_dtype=pl.String
    )
    return (
        table.join(list_campaigns(account), on="campaign.id")
        .with_columns(group_type.alias("ad_group.type"))
        .sort("ad_group.id")
    )


def list_ads(account: AdsAccount) -> pl.DataFrame:
    """Ads with their ad group, campaign and account; Performance Max has none."""
    root = account.root
    table = account.world.ads("google_ads").select(
        pl.format(f"{root}/adGroupAds/{{}}~{{}}", "ad_set_id", "ad_id").alias("ad_group_ad.resource_name"),
        pl.format(f"{root}/adGroups/{{}}", "ad_set_id").alias("ad_group_ad.ad_group"),
        status_of("status").alias("ad_group_ad.status"),
        pl.format(f"{root}/ads/{{}}", "ad_id").alias("ad_group_ad.ad.resource_name"),
        pl.col("ad_id").cast(pl.Int64).alias("ad_group_ad.ad.id"),
        pl.col("name").alias("ad_group_ad.ad.name"),
        pl.concat_list("final_url").alias("ad_group_ad.ad.final_urls"),
        pl.col("ad_set_id").cast(pl.Int64).alias("ad_group.id"),
    )
    ad_type = pl.col("campaign.advertising_channel_type").replace_strict(
        AD_TYPE, default="RESPONSIVE_SEARCH_AD", return_dtype=pl.String
    )
    return (
        table.join(list_ad_groups(account), on="ad_group.id")
        .with_columns(ad_type.alias("ad_group_ad.ad.type"))
        .sort("ad_group_ad.ad.id")
    )


def list_asset_groups(account: AdsAccount) -> pl.DataFrame:
    """The one asset group of every Performance Max campaign."""
    root = account.root
    found = list_campaigns(account).filter(pl.col("campaign.advertising_channel_type") == "PERFORMANCE_MAX")
    group_id = pl.col("campaign.id") - GROUP_OF_CAMPAIGN
    return found.with_columns(
        group_id.alias("asset_group.id"),
        pl.format(f"{root}/assetGroups/{{}}", group_id).alias("asset_group.resource_name"),
        pl.col("campaign.resource_name").alias("asset_group.campaign"),
        pl.format("{} assets", "campaign.name").alias("asset_group.name"),
        pl.col("campaign.status").alias("asset_group.status"),
    )
