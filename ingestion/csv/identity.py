"""How one thing is recognised however an export writes it: accounts, orders, mails, posts, campaigns."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from ingestion.csv.kinds import (
    ACCOUNT_DAYS,
    CUSTOMERS,
    LINES,
    MAILS,
    ORDERS,
    POST_DAYS,
    POSTS,
    PRODUCTS,
    REFUNDS,
    SPEND,
    Kind,
)

PREFIX = "import:"
# The columns of a row that say what it is of; rows of one thing stay in one account.
THING: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        SPEND.name: ("day_on",),
        ACCOUNT_DAYS.name: ("day_on",),
        MAILS.name: ("mail_id",),
        ORDERS.name: ("order_id",),
        LINES.name: ("order_id",),
        REFUNDS.name: ("order_id",),
        CUSTOMERS.name: ("customer_id",),
        PRODUCTS.name: ("product_id", "variant_id"),
        POSTS.name: ("post_id",),
        POST_DAYS.name: ("post_id",),
    }
)
# When a thing happened: of another time it is another thing of the same id.
INSTANT: Mapping[str, str] = MappingProxyType(
    {ORDERS.name: "ordered_at", MAILS.name: "sent_at", POSTS.name: "published_at"}
)


def plain_id(column: pl.Expr) -> pl.Expr:
    """Return an id without what exports put around it: `'721`, `#2992`, `721.0`, `gid://shop/Order/721`."""
    text = column.cast(pl.String).str.strip_chars().str.strip_prefix("'").str.strip_prefix("#")
    return text.str.replace(r"^gid://.*/", "").str.replace(r"^(\d+)\.0$", "$1").str.to_lowercase()


def plain_account(column: pl.Expr) -> pl.Expr:
    """Return an account's id without dashes, blanks, `act_` and `customers/`."""
    text = plain_id(column).str.replace(r"^(act_|customers/|urn:li:sponsoredaccount:)", "")
    return text.str.replace_all(r"[\s-]", "")


def plain_name(column: pl.Expr) -> pl.Expr:
    """Return a name without differences of case and blanks."""
    return column.fill_null("").str.strip_chars().str.replace_all(r"\s+", " ").str.to_lowercase()


def thing_of(kind: Kind) -> pl.Expr:
    """Return what a row of the kind is of, as one text."""
    parts = [plain_id(pl.col(name)).fill_null("") for name in THING[kind.name]]
    return pl.concat_str(parts, separator="|")
