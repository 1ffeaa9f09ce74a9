"""The rules of every silver table: derived from its declaration, and what only a person knows of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lake.quality.rule import Rule, at_most, filled, matches, not_future, not_negative, one_of, unique
from lake.quality.rule import between as within
from lake.schemas import DAY, INSTANT, OWNER, SILVER, SilverTable

# Numbers of things that happened; corrections that vendors do send as negative numbers (likes taken
# back, say) are not in the list.
NEVER_NEGATIVE = frozenset(
    (
        "impressions clicks sent unique_opens opens recipient_clicks unique_clicks hard_bounces "
        "soft_bounces subscribes unsubscribes complaints followers reach orders_count"
    ).split()
)
# These may be negative for a reason a vendor has, as a credit lowers the spend of its day, but a person
# should look.
SELDOM_NEGATIVE = frozenset(
    (
        "spend_micros claimed_conversions claimed_value_micros claimed_orders total_micros discount_micros "
        "tax_micros shipping_micros refunded_micros amount_micros price_micros unit_cost_micros value_micros "
        "quantity spent_micros"
    ).split()
)
FIRST_DAY, LAST_DAY = "2000-01-01", "2099-12-31"
# Codes of ISO 4217 in use, without metals, funds and tests.
CURRENCIES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD "
    "CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ "
    "GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR "
    "LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN "
    "PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB "
    "TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZMW ZWG "
    "ZAR"  # codespell:ignore zar
)

# What no declaration says. Vendors do send such rows, so they warn unless money would be wrong.
BY_HAND: Mapping[str, tuple[Rule, ...]] = MappingProxyType(
    {
        "account": (*matches("timezone", r"^(UTC|[A-Z][A-Za-z]+(/[A-Za-z0-9_+-]+)+)$", "warning"),),
        "ad_daily": (*at_most("clicks", "impressions"),),
        "spend_daily": (*at_most("clicks", "impressions"),),
        "account_daily": (*at_most("engaged_views", "views"),),
        "post": (*matches("url", "^https?://", "warning"), *filled("kind", "warning")),
        "post_daily": (*at_most("engaged_views", "views"),),
        "email_daily": (*within("sent", 0, 100_000_000, "warning"),),
        "email_campaign": (
            *at_most("unique_opens", "opens"),
            *at_most("unique_clicks", "clicks"),
            *at_most("unique_opens", "sent"),
            *at_most("hard_bounces", "sent"),
            *at_most("complaints", "sent"),
        ),
        "touch": (*matches("page_host", r"^(\[[0-9a-f:.]+\]|[A-Za-z0-9.:-]+)$", "warning"),),
        "order": (
            *at_most("refunded_micros", "total_micros"),
            *at_most("ordered_at", "updated_at"),
        ),
        "order_line": (*filled("product_id", "warning"),),
        "refund": (*within("amount_micros", 0, 10**15, "warning"),),
        "product": (*at_most("unit_cost_micros", "price_micros"), *filled("title", "warning")),
        "customer": (*at_most("created_at", "updated_at"),),
        "recipient": (*at_most("joined_at", "updated_at"), *filled("status", "warning")),
    }
)


def rules_of(table: SilverTable) -> tuple[Rule, ...]:
    """Return every rule of a silver table, each once: the derived ones first."""
    rules = {rule.name: rule for rule in reversed((*derive_rules(table), *BY_HAND.get(table.name, ())))}
    return tuple(reversed(rules.values()))


def derive_rules(table: SilverTable) -> list[Rule]:
    """Return what the declaration implies: keys, required values, numbers, currencies, days."""
    numbers = [name for name in table.columns if name in NEVER_NEGATIVE]
    days = [name for name, kind in table.columns.items() if kind == DAY]
    instants = [name for name, kind in table.columns.items() if kind == INSTANT]
    rules = [
        *filled(table.required),
        *not_negative(numbers, "critical"),
        *not_negative([name for name in table.columns if name in SELDOM_NEGATIVE], "warning"),
        *(one_of("currency", CURRENCIES, "critical") if "currency" in table.columns else ()),
    ]
    for name in days:
        rules += [*within(name, FIRST_DAY, LAST_DAY, "critical"), *not_future(name)]
    rules += [rule for name in instants for rule in not_future(name)]
    own = [name for name in table.full_key if name not in table.required]
    return [*rules, *filled([*own, "stream", "record_key"]), *unique(table.full_key)]


RULES: Mapping[str, tuple[Rule, ...]] = MappingProxyType(
    {table.name: rules_of(table) for table in SILVER.values()}
)


def row_rules(table: SilverTable) -> list[Rule]:
    """Return the critical rules a load holds every row to before it may enter the table."""
    owned = {*OWNER, "stream", "record_key"}
    critical = [rule for rule in RULES[table.name] if rule.severity == "critical" and rule.is_by_row]
    return [rule for rule in critical if rule.columns[0] not in owned]
