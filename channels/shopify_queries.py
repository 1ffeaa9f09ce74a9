"""The GraphQL texts asked of Shopify: one for each list, and two for what did not fit into a page."""

from __future__ import annotations

from typing import Final

SHOP: Final = (
    "query Shop{shop{id name myshopifyDomain currencyCode ianaTimezone timezoneOffset plan{displayName}}}"
)

_LINES: Final = (
    "pageInfo{hasNextPage endCursor} "
    "nodes{id sku quantity currentQuantity isGiftCard product{id} variant{id} "
    "discountedTotalSet{shopMoney{amount}} taxLines{priceSet{shopMoney{amount}}}}"
)
_VISIT: Final = (
    "occurredAt landingPage referrerUrl source sourceType utmParameters{source medium campaign term content}"
)
# shopMoney is in the shop's currency; what the buyer saw (presentmentMoney) is not asked for.
ORDERS: Final = f"""query Orders($first:Int!,$after:String,$search:String){{
 orders(first:$first,after:$after,query:$search,sortKey:UPDATED_AT){{
  pageInfo{{hasNextPage endCursor}}
  nodes{{id legacyResourceId name test createdAt processedAt updatedAt cancelledAt cancelReason currencyCode
   taxesIncluded
   displayFinancialStatus displayFulfillmentStatus sourceName discountCodes
   totalPriceSet{{shopMoney{{amount currencyCode}}}} currentTotalPriceSet{{shopMoney{{amount}}}}
   totalDiscountsSet{{shopMoney{{amount}}}} totalTaxSet{{shopMoney{{amount}}}}
   totalShippingPriceSet{{shopMoney{{amount}}}} totalRefundedSet{{shopMoney{{amount}}}}
   netPaymentSet{{shopMoney{{amount}}}}
   customer{{id defaultEmailAddress{{emailAddress}}}}
   customerJourneySummary{{ready customerOrderIndex daysToConversion
    firstVisit{{{_VISIT}}} lastVisit{{{_VISIT}}}}}
   lineItems(first:20){{{_LINES}}}
   refunds{{id createdAt totalRefundedSet{{shopMoney{{amount}}}}}}}}}}}}"""
MORE_LINES: Final = (
    f"query Lines($id:ID!,$after:String){{order(id:$id){{lineItems(first:100,after:$after){{{_LINES}}}}}}}"
)

# Which orders and customers there still are; a deleted one is in no list of changes.
IDS: Final = {
    root: f"""query Ids($first:Int!,$after:String,$search:String){{
 {root}(first:$first,after:$after,query:$search,sortKey:ID){{
  pageInfo{{hasNextPage endCursor}} nodes{{id createdAt}}}}}}"""
    for root in ("orders", "customers")
}
SCOPES: Final = "query Scopes{currentAppInstallation{accessScopes{handle}}}"

CUSTOMERS: Final = """query Customers($first:Int!,$after:String,$search:String){
 customers(first:$first,after:$after,query:$search,sortKey:UPDATED_AT){
  pageInfo{hasNextPage endCursor}
  nodes{id createdAt updatedAt numberOfOrders amountSpent{amount currencyCode} tags
   defaultEmailAddress{emailAddress marketingState}}}}"""

_VARIANTS: Final = (
    "pageInfo{hasNextPage endCursor} nodes{id title sku price inventoryItem{unitCost{amount currencyCode}}}"
)
PRODUCTS: Final = f"""query Products($first:Int!,$after:String,$search:String){{
 products(first:$first,after:$after,query:$search,sortKey:UPDATED_AT){{
  pageInfo{{hasNextPage endCursor}}
  nodes{{id title status updatedAt variants(first:20){{{_VARIANTS}}}}}}}}}"""
MORE_VARIANTS: Final = f"""query Variants($id:ID!,$after:String){{
 product(id:$id){{variants(first:100,after:$after){{{_VARIANTS}}}}}}}"""
