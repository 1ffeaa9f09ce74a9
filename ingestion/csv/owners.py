"""Which account a row of a file belongs to: the one named, the one that has it, or the channel's own."""

from __future__ import annotations

import polars as pl

from core.errors import Conflict
from ingestion.csv.batch import Batch
from ingestion.csv.identity import INSTANT, PREFIX, THING, plain_account, plain_name, thing_of
from ingestion.csv.kinds import ADS, LINES, ORDERS, REFUNDS, SPEND, Kind
from ingestion.csv.stored import Where

# Rows of one order stay together: whose order it is says whose its lines and refunds are.
LEADING: dict[str, Kind] = {LINES.name: ORDERS, REFUNDS.name: ORDERS}
OWNER = "owner"
# An order of the same number placed this much apart is another shop's.
SAME_HOURS = 36


def find_owners(where: Where, batch: Batch, file: str) -> pl.Series:
    """Return the account of each good row of a batch.

    Raises:
        Conflict: several accounts have a row, the account named is not the one that has them, or the ids are
            another shop's or list's; the sentence says what to name.
    """
    rows = batch.good.with_row_index("nth")
    if batch.kind in (ADS, SPEND):
        return _of_ads(where, batch.kind, rows, file)
    return _of_things(where, batch.kind, rows, file)


def _of_things(where: Where, kind: Kind, rows: pl.DataFrame, file: str) -> pl.Series:
    named = PREFIX + (where.account or where.channel)
    leading = LEADING.get(kind.name, kind)
    known = pl.concat(
        [
            where.stored(one).select("account_id", thing_of(one).alias("thing"), *_instants(one))
            for one in {leading.name: leading, kind.name: kind}.values()
        ],
        how="diagonal",
    ).unique(["account_id", "thing"], keep="first", maintain_order=True)
    rows = rows.with_columns(thing_of(kind).alias("thing"))
    met = rows.join(known, on="thing", how="inner", suffix="_before")
    _refuse_others(kind, met, where, file)
    if where.account is not None:
        return pl.Series(OWNER, [named] * rows.height, dtype=pl.String)
    owners = _single(met, named, file, kind.title)
    return rows.join(owners, on="nth", how="left", maintain_order="left")[OWNER].fill_null(named)


def _instants(kind: Kind) -> list[str]:
    return [INSTANT[kind.name]] if kind.name in INSTANT else []


def _refuse_others(kind: Kind, met: pl.DataFrame, where: Where, file: str) -> None:
    """Refuse ids that mean other things than before, and things of another account than the one named."""
    instant = INSTANT.get(kind.name)
    if instant is None or met.is_empty():
        return
    apart = (pl.col(instant) - pl.col(f"{instant}_before")).dt.total_hours().abs() > SAME_HOURS
    same, other = met.filter(~apart.fill_null(value=False)), met.filter(apart.fill_null(value=False))
    label = THING[kind.name][0]
    if where.account is None:
        if other.height > same.height:
            raise Conflict(
                f"{file} holds {kind.title} whose ids {_called(other)} has with other times (such as "
                f"{other[label][0]}); if they are of another shop or list, name it with --account."
            )
        return
    elsewhere = same.filter(pl.col("account_id") != PREFIX + where.account)
    if not elsewhere.is_empty():
        raise Conflict(
            f"{file} holds {elsewhere['thing'].n_unique()} {kind.title} that {_called(elsewhere)} has "
            f"(such as {elsewhere[label][0]}), and they would count twice; leave out --account, and they are "
            "brought up to date where they are."
        )


def _called(rows: pl.DataFrame) -> str:
    names = rows["account_id"].unique().sort().str.strip_prefix(PREFIX).to_list()
    return ("account " if len(names) == 1 else "accounts ") + " and ".join(map(repr, names[:3]))


def _single(met: pl.DataFrame, preferred: str, file: str, what: str) -> pl.DataFrame:
    """Return `nth` and `owner` of the rows met; a row that several accounts have needs a name."""
    owners = met.group_by("nth").agg(pl.col("account_id").unique().sort().alias("owners"))
    several = owners.filter(pl.col("owners").list.len() > 1, ~pl.col("owners").list.contains(preferred))
    if not several.is_empty():
        names = " and ".join(repr(name.removeprefix(PREFIX)) for name in several["owners"][0])
        raise Conflict(f"{file} holds {what} that accounts {names} have; say whose they are with --account.")
    first = pl.when(pl.col("owners").list.contains(preferred)).then(pl.lit(preferred))
    return owners.select("nth", first.otherwise(pl.col("owners").list.first()).alias(OWNER))


def _of_ads(where: Where, kind: Kind, rows: pl.DataFrame, file: str) -> pl.Series:
    rows = rows.with_columns(plain_account(pl.col("account")).fill_null("").alias("vendor"))
    if where.account is not None:
        named = PREFIX + where.account
        _refuse_copy(where, kind, rows, named, file)
        return pl.Series(OWNER, [named] * rows.height, dtype=pl.String)
    known = pl.concat([_campaigns(where.stored(one)) for one in (ADS, SPEND)])
    own = rows.select("nth", "vendor", "day_on", *_names(rows))
    what = f"days of {'campaigns' if kind is ADS else 'the channel'}"
    settled_rows = _by_stages(
        own, _stages(own, known, is_total=kind is SPEND), PREFIX + where.channel, file, what
    )
    own_account = PREFIX + pl.col("vendor")
    default = pl.when(pl.col("vendor") != "").then(own_account).otherwise(pl.lit(PREFIX + where.channel))
    settled = rows.join(settled_rows, on="nth", how="left", maintain_order="left")
    return settled.select(pl.coalesce(OWNER, default).alias(OWNER)).to_series()


def _stages(own: pl.DataFrame, known: pl.DataFrame, *, is_total: bool) -> list[pl.DataFrame]:
    """Return `nth` and `account_id` of rows known before, the surest way of knowing them first."""
    vendors = known.select("account_id", "vendor").unique(maintain_order=True)
    same_vendor = _alone(own.filter(pl.col("vendor") != "").join(vendors, on="vendor"))
    if is_total:
        met = own.join(known.select("account_id", "vendor", "day_on").unique(), on="day_on", suffix="_before")
        return [*_by_vendor(met), same_vendor]
    campaigns = known.drop("day_on").unique(maintain_order=True)
    exact = _by_vendor(_paired(own, known, ["day_on"]))
    return [*exact, *map(_alone, _by_vendor(_paired(own, campaigns, []))), same_vendor]


def _paired(own: pl.DataFrame, known: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """Return rows beside the accounts that have their campaign, by id or by name."""
    known = known.filter(pl.col("campaign_id") != "")
    return pl.concat(
        own.filter(pl.col(mine) != "")
        .join(known, left_on=[*on, mine], right_on=[*on, theirs], suffix="_before")
        .select("nth", "account_id", "vendor", "vendor_before")
        for mine in ("campaign_id", "campaign")
        for theirs in ("campaign_id", "campaign")
    ).unique(maintain_order=True)


def _by_vendor(met: pl.DataFrame) -> list[pl.DataFrame]:
    """Return the pairs of one vendor's account, then those where one side does not tell it."""
    is_told = (pl.col("vendor") != "") & (pl.col("vendor") == pl.col("vendor_before"))
    either = (pl.col("vendor") == "") | (pl.col("vendor_before") == "")
    return [met.filter(is_told).select("nth", "account_id"), met.filter(either).select("nth", "account_id")]


def _by_stages(
    own: pl.DataFrame, stages: list[pl.DataFrame], preferred: str, file: str, what: str
) -> pl.DataFrame:
    settled = [_single(own.head(0).select("nth", pl.lit("").alias("account_id")), preferred, file, what)]
    for stage in stages:
        rest = stage.join(pl.concat(settled), on="nth", how="anti")
        settled.append(_single(rest, preferred, file, what))
    return pl.concat(settled)


def _names(rows: pl.DataFrame) -> list[pl.Expr]:
    if "campaign_id" not in rows.columns:
        return [pl.lit("").alias("campaign_id"), pl.lit("").alias("campaign")]
    return [pl.col("campaign_id").fill_null(""), plain_name(pl.col("campaign_name")).alias("campaign")]


def _campaigns(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("account_id", "vendor", "day_on", *_names(rows)).unique(maintain_order=True)


def _alone(pairs: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows that one account alone has; new days of others go to the channel's own account."""
    pairs = pairs.select("nth", "account_id").unique(maintain_order=True)
    return pairs.filter(pl.len().over("nth") == 1)


def _refuse_copy(where: Where, kind: Kind, rows: pl.DataFrame, named: str, file: str) -> None:
    """Refuse rows named for an account that another account has with the same figures."""
    before = where.stored(kind).filter(pl.col("account_id") != named)
    same_vendor = before.join(rows.filter(pl.col("vendor") != ""), on="vendor", how="semi")
    figures = ["impressions", "clicks", "spend_micros"]
    shared, alike = alike_rows(rows, before, figures)
    twice = same_vendor if not same_vendor.is_empty() else alike
    if same_vendor.is_empty() and (alike.is_empty() or alike["nth"].n_unique() * 2 < shared):
        return
    raise Conflict(
        f"{file} holds days that {_called(twice)} has already (such as {twice['day_on'][0]}), and they would "
        "count twice; leave out --account, and they are brought up to date where they are."
    )


def alike_rows(rows: pl.DataFrame, before: pl.DataFrame, figures: list[str]) -> tuple[int, pl.DataFrame]:
    """Return how many rows are of days and campaigns known before, and those of the same figures."""
    mine = rows.select("nth", "day_on", *figures, *_names(rows))
    theirs = before.select("account_id", "day_on", *figures, *_names(before)).unique(maintain_order=True)
    pairs = [
        mine.join(theirs, left_on=["day_on", one], right_on=["day_on", other], suffix="_before")
        .filter((pl.col(one) != "") | pl.lit("campaign_name" not in rows.columns))
        .select("nth", "account_id", "day_on", *figures, *(f"{name}_before" for name in figures))
        for one in ("campaign_id", "campaign")
        for other in ("campaign_id", "campaign")
    ]
    met = pl.concat(pairs)
    equal = pl.all_horizontal(pl.col(name) == pl.col(f"{name}_before") for name in figures)
    is_something = pl.any_horizontal(pl.col(name) != 0 for name in figures)
    return met["nth"].n_unique(), met.filter(equal, is_something)
