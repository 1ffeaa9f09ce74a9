"""Insight rows as JSON text, written column by column: every value the string the vendor would send."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from sandbox.currency import exponent_of
from sandbox.meta_ads.query import Query

PURCHASES = (
    "omni_purchase",
    "purchase",
    "offsite_conversion.fb_pixel_purchase",
)  # the same sales three times
COUNTED = {
    "link_click": "link_clicks", "landing_page_view": "landing_page_views", "post_engagement": "clicks",
}  # fmt: skip
# What each attribution window shows of a purchase: count and value columns.
WINDOW_PARTS = {
    "1d_click": ("by_click_1d", "click_value_1d"),
    "7d_click": ("by_click", "click_value"),
    "28d_click": ("by_click", "click_value"),
    "1d_view": ("by_view", "view_value"),
}
DEFAULT_PARTS = (("by_click", "by_view"), ("click_value", "view_value"))


def write_rows(found: pl.DataFrame, query: Query, currency: str, account_name: str) -> pl.Series:
    """The rows of an answer, each one JSON text."""
    unit = 10 ** exponent_of(currency)
    pieces = {
        "account_currency": quote(pl.lit(currency)),
        "account_id": quote(pl.col("account_id")),
        "account_name": pl.lit(account_name),
        **name_pieces(query),
        **number_pieces(unit),
        **action_pieces(query, unit),
    }
    wanted = [
        (name, pieces[name])
        for name in query.fields
        if name in pieces and name not in ("date_start", "date_stop")
    ]
    if query.breakdowns:
        wanted.append(("publisher_platform", quote(pl.col("network"))))
    parts = [pl.lit('{"date_start":"'), pl.col("since").cast(pl.String), pl.lit('","date_stop":"')]
    parts += [pl.col("until").cast(pl.String), pl.lit('"')]
    parts += [pl.concat_str(pl.lit(f',"{name}":'), text).fill_null("") for name, text in wanted]
    tailed = write_tails(found, query.windows, unit)
    return tailed.select(pl.concat_str([*parts, pl.lit("}")]).alias("row"))["row"]


def quote(text: pl.Expr) -> pl.Expr:
    """A JSON string of text that needs no escapes."""
    return pl.concat_str(pl.lit('"'), text.cast(pl.String), pl.lit('"'))


def name_pieces(query: Query) -> dict[str, pl.Expr]:
    """Ids and names of the level."""
    columns = {"campaign_id": "campaign_id", "adset_id": "ad_set_id", "ad_id": "ad_id"}
    kinds = ("campaign", "adset", "ad")[: ("account", "campaign", "adset", "ad").index(query.level)]
    pieces = {f"{kind}_id": quote(pl.col(columns[f"{kind}_id"])) for kind in kinds}
    pieces |= {f"{kind}_name": pl.col(f"{kind}_name") for kind in kinds}
    if kinds:
        pieces["objective"] = quote(pl.col("objective"))
    return pieces


def number_pieces(unit: int) -> dict[str, pl.Expr]:
    """Counts, money and ratios."""
    spend = pl.col("spend_minor") / unit
    clicks, shown = pl.col("clicks"), pl.col("impressions")
    return {
        "impressions": quote(shown),
        "reach": quote(pl.col("reach")),
        "frequency": ratio(shown, pl.col("reach")),
        "clicks": quote(clicks),
        "inline_link_clicks": quote(pl.col("link_clicks")),
        "inline_post_engagement": quote(clicks),
        "outbound_clicks": write_list(
            [write_action("outbound_click", write_counted(pl.col("link_clicks"), ()))]
        ),
        "spend": quote(write_money(pl.col("spend_minor"), unit)),
        "cpc": ratio(spend, clicks),
        "cpm": ratio(spend * 1000, shown),
        "cpp": ratio(spend * 1000, pl.col("reach")),
        "ctr": ratio(clicks * 100, shown),
        "inline_link_click_ctr": ratio(pl.col("link_clicks") * 100, shown),
        "cost_per_inline_link_click": ratio(spend, pl.col("link_clicks")),
        "attribution_setting": pl.lit('"7d_click_1d_view"'),
        "buying_type": pl.lit('"AUCTION"'),
    }


def ratio(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """A decimal string of at most six places; null when there is nothing to divide by."""
    return quote(pl.when(whole > 0).then((part / whole).round(6)))


def write_money(minor: pl.Expr, unit: int) -> pl.Expr:
    """Minor units as a decimal string in whole currency units, exactly."""
    if unit == 1:
        return minor.cast(pl.String)
    parts = (minor % unit).cast(pl.String).str.zfill(len(str(unit)) - 1)
    return pl.concat_str((minor // unit).cast(pl.String), pl.lit("."), parts)


def write_count(value: pl.Expr) -> pl.Expr:
    """A number that is usually whole, as the vendor writes it."""
    rounded = value.cast(pl.Float64).round(6)
    return (
        pl.when(rounded == rounded.floor())
        .then(rounded.cast(pl.Int64).cast(pl.String))
        .otherwise(rounded.cast(pl.String))
    )


def write_list(items: Sequence[pl.Expr]) -> pl.Expr:
    """A JSON list of the items that are there; null when there are none."""
    joined = pl.concat_str(items, separator=",", ignore_nulls=True)
    return pl.when(joined != "").then(pl.concat_str(pl.lit("["), joined, pl.lit("]")))


def action_pieces(query: Query, unit: int) -> dict[str, pl.Expr]:
    """Lists of actions; they stand on the texts of `write_tails`."""
    spend = pl.col("spend_minor") / unit
    bought = pl.col("by_click") + pl.col("by_view")
    value = (pl.col("click_value") + pl.col("view_value")) / unit
    counted = [
        write_action(kind, write_counted(pl.col(name), query.windows)) for kind, name in COUNTED.items()
    ]
    costs = [(kind, pl.col(column)) for kind, column in COUNTED.items()] + [(PURCHASES[0], bought)]
    return {
        "actions": write_list([*counted, *(write_action(kind, pl.col("count_tail")) for kind in PURCHASES)]),
        "action_values": write_list([write_action(kind, pl.col("value_tail")) for kind in PURCHASES]),
        "purchase_roas": write_list([write_action(PURCHASES[0], write_ratio_tail(value, spend, bought))]),
        "cost_per_action_type": write_list(
            [write_action(kind, write_ratio_tail(spend, count, count)) for kind, count in costs]
        ),
    }


def write_action(kind: str, tail: pl.Expr) -> pl.Expr:
    """One entry of a list of actions; null when its tail is."""
    return pl.concat_str(pl.lit(f'{{"action_type":"{kind}","value":"'), tail)


def write_ratio_tail(part: pl.Expr, whole: pl.Expr, happened: pl.Expr) -> pl.Expr:
    """The end of an action whose value is a ratio."""
    text = pl.concat_str((part / whole).round(6).cast(pl.String), pl.lit('"}'))
    return pl.when((happened > 0) & (whole > 0)).then(text)


def write_counted(count: pl.Expr, windows: tuple[str, ...]) -> pl.Expr:
    """The end of an engagement: it happens on the click, so every click window shows it whole."""
    number = count.cast(pl.String)
    parts = [number, pl.lit('"')]
    for window in windows:
        if window.endswith("_click"):
            parts += [pl.lit(f',"{window}":"'), number, pl.lit('"')]
    return pl.when(count > 0).then(pl.concat_str(*parts, pl.lit("}")))


def write_tails(found: pl.DataFrame, windows: tuple[str, ...], unit: int) -> pl.DataFrame:
    """With the ends of purchase actions, count and value, which all kinds of purchase share."""
    return found.with_columns(
        count_tail=write_purchase(windows, 0, write_count),
        value_tail=write_purchase(windows, 1, lambda minor: write_money(minor, unit)),
    )


def write_purchase(windows: tuple[str, ...], part: int, write: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """The end of a purchase action; a window without any is left out."""
    clicked, seen = (pl.col(name) for name in DEFAULT_PARTS[part])
    parts = [write(clicked + seen), pl.lit('"')]
    for window in windows:
        if window in WINDOW_PARTS:
            shown = pl.concat_str(
                pl.lit(f',"{window}":"'), write(pl.col(WINDOW_PARTS[window][part])), pl.lit('"')
            )
            parts.append(pl.when(pl.col(WINDOW_PARTS[window][0]) > 0).then(shown).otherwise(pl.lit("")))
    return pl.when(pl.col("by_click") + pl.col("by_view") > 0).then(pl.concat_str(*parts, pl.lit("}")))
