"""What a file takes the place of: earlier rows of its days that it no longer tells, named before they go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from core.errors import BadInput, Conflict
from core.money import Money
from ingestion.csv.batch import Batch
from ingestion.csv.identity import PREFIX, plain_name
from ingestion.csv.kinds import ACCOUNT_DAYS, ADS, LINES, POST_DAYS, SPEND, Kind
from ingestion.csv.stored import Where, range_of, spans

LEVELS = ("campaign", "ad_set", "ad")
GRAIN = ("ad_set_id", "ad_id", "network")


@dataclass(frozen=True, slots=True)
class Loss:
    """Earlier rows that would go when a file is stored.

    `keys` are their records in the lake, `what` names them. Rows that may stay beside the file are told from
    those that may not, because both would count (`is_double`).
    """

    account_id: str
    kind: Kind
    keys: pl.Series
    what: str
    is_double: bool


def find_losses(
    where: Where, batch: Batch, account_id: str, file: str, *, is_dated: bool = False
) -> list[Loss]:
    """Return what storing the batch would take away from the account.

    Days are restated from the file's first to its last, of the campaigns (posts, orders of lines) it tells.
    `is_dated` says that the file has no days of its own: the same figures on another day are the same file.

    Raises:
        Conflict: earlier rows cover days beyond the file's, so that neither may stay or go.
        BadInput: another file of the same call tells the same days otherwise.
    """
    if batch.kind not in (ADS, SPEND, POST_DAYS, ACCOUNT_DAYS, LINES) or batch.good.is_empty():
        return []
    earlier = where.stored(batch.kind).filter(pl.col("account_id") == account_id)
    _refuse_pending(batch, earlier, file)
    before = earlier.join(batch.good, on="key", how="anti")
    if batch.kind is LINES:
        gone = before.filter(~pl.col("is_pending")).join(batch.good, on="order_id", how="semi")
        return _losses(batch.kind, account_id, gone, is_double=False)
    covered = range_of(batch.good)
    if covered is None or earlier.is_empty():
        return []
    before = spans(before).with_row_index("nth")
    double = _doubles(batch, before)
    _refuse_half(pl.concat([double.drop("nth"), _shortened(batch, earlier)]), covered, file)
    if is_dated:
        double = pl.concat([double, _moved(batch, before)]).unique("nth", maintain_order=True)
    _refuse_pending_doubles(double, file)
    inside = pl.col("day_on").is_between(*covered) & (pl.col("until_on") <= covered[1])
    rest = before.filter(inside, ~pl.col("is_pending")).join(double, on="nth", how="anti")
    if batch.kind is ADS:
        rest = rest.join(batch.good, on="campaign_id", how="semi")
    if batch.kind is POST_DAYS:
        rest = rest.join(batch.good, on="post_id", how="semi")
    return [
        *_losses(batch.kind, account_id, double, is_double=True),
        *_losses(batch.kind, account_id, rest, is_double=False),
    ]


def note_untold(where: Where, batch: Batch, account_id: str) -> list[str]:
    """Say which campaigns the account has within the days of a file that does not tell them; they stay."""
    covered = range_of(batch.good) if batch.kind is ADS else None
    if covered is None:
        return []
    before = where.stored(ADS).filter(
        pl.col("account_id") == account_id, pl.col("day_on").is_between(*covered), ~pl.col("is_pending")
    )
    untold = before.join(batch.good, on="campaign_id", how="anti")
    return [f"Kept, as the file does not tell these campaigns: {_name(ADS, untold)}."] if len(untold) else []


def _doubles(batch: Batch, before: pl.DataFrame) -> pl.DataFrame:
    """Return earlier rows of the same spend told otherwise: by ad, name, period, in another currency."""
    if batch.kind not in (ADS, SPEND):
        return before.clear()
    mine = spans(batch.good).with_columns(*_told(batch.kind, batch.good))
    theirs = before.with_columns(*_told(batch.kind, before))
    mine = mine.select(
        "day_on", "until_on", "currency", "form", "entity", "name", "is_named", *_finer(batch.kind)
    )
    by_entity = _side_by_side(theirs, mine, "entity")
    by_name = _side_by_side(theirs, mine, "name").filter(
        (pl.col("name") != "") | pl.lit(batch.kind is SPEND), pl.col("is_named") | pl.col("is_named_file")
    )
    met = pl.concat([pairs.select("nth", *_compared(batch.kind)) for pairs in (by_entity, by_name)])
    meets = (pl.col("day_on") <= pl.col("until_on_file")) & (pl.col("day_on_file") <= pl.col("until_on"))
    differs = pl.any_horizontal(
        pl.col(name) != pl.col(f"{name}_file") for name in ("day_on", "until_on", "currency", "form")
    )
    is_same_entity = pl.all_horizontal(
        pl.lit(value=True), *(pl.col(name) == pl.col(f"{name}_file") for name in _finer(batch.kind))
    )
    # The same spend told in another currency has the same finest entity; elsewhere it is another row.
    other_coin = pl.col("currency") != pl.col("currency_file")
    meant = (
        pl.when(other_coin & (pl.col("form") == pl.col("form_file")))
        .then(is_same_entity)
        .otherwise(statement=True)
    )
    return before.join(met.filter(meets, differs, meant), on="nth", how="semi")


def _side_by_side(theirs: pl.DataFrame, mine: pl.DataFrame, on: str) -> pl.DataFrame:
    """Return rows of one campaign beside each other: of one day by day, periods with all."""
    is_day = pl.col("day_on") == pl.col("until_on")
    mine = mine.with_columns(day_on_file="day_on")
    days = theirs.filter(is_day).join(mine.filter(is_day), on=[on, "day_on"], suffix="_file")
    long = [
        theirs.filter(~is_day).join(mine.drop("day_on"), on=on, suffix="_file"),
        theirs.filter(is_day).join(mine.filter(~is_day).drop("day_on"), on=on, suffix="_file"),
    ]
    other = "name" if on == "entity" else "entity"
    return pl.concat([part.drop(f"{other}_file") for part in (days, *long)], how="diagonal")


def _shortened(batch: Batch, earlier: pl.DataFrame) -> pl.DataFrame:
    """Return earlier rows of a period that begin on a day which the file tells as another span."""
    mine = spans(batch.good).select("key", until_on_file="until_on")
    met = spans(earlier).join(mine, on="key", how="inner", maintain_order="left")
    return met.filter(pl.col("until_on") > pl.col("until_on_file")).drop("until_on_file")


def _moved(batch: Batch, before: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of another day where a file without days was loaded before with the same figures."""
    if batch.kind not in (ADS, SPEND):
        return before.clear()
    figures = ["impressions", "clicks", "spend_micros", "currency"]
    levels = ["campaign_id", *GRAIN] if batch.kind is ADS else []
    same = before.join(batch.good, on=[*levels, *figures], how="semi")
    day = same.group_by("day_on").len().filter(pl.col("len") == batch.good.height)
    return same.join(day, on="day_on", how="semi")


def _finer(kind: Kind) -> list[str]:
    return list(GRAIN) if kind is ADS else []


def _compared(kind: Kind) -> list[str]:
    names = ["day_on", "until_on", "currency", "form", *_finer(kind)]
    return [*names, *(f"{name}_file" for name in names)]


def _told(kind: Kind, rows: pl.DataFrame) -> list[pl.Expr]:
    """Return whose row it is (`entity`, `name`), whether by name alone, and in which form it is told."""
    if kind is SPEND:
        empty = pl.lit("")
        return [
            empty.alias("entity"),
            empty.alias("name"),
            pl.lit(value=True).alias("is_named"),
            empty.alias("form"),
        ]
    del rows
    forms = []
    for level in LEVELS:
        own, name = pl.col(f"{level}_id").fill_null(""), pl.col(f"{level}_name").fill_null("")
        forms.append(
            pl.when(own == "").then(pl.lit("-")).when(own == name).then(pl.lit("n")).otherwise(pl.lit("i"))
        )
    network = pl.when(pl.col("network").fill_null("") == "").then(pl.lit("-")).otherwise(pl.lit("n"))
    return [
        pl.col("campaign_id").alias("entity"),
        plain_name(pl.col("campaign_name")).alias("name"),
        (pl.col("campaign_id") == pl.col("campaign_name")).fill_null(value=False).alias("is_named"),
        pl.concat_str([*forms, network]).alias("form"),
    ]


def _refuse_half(double: pl.DataFrame, covered: tuple[date, date], file: str) -> None:
    """Rows of a period may not go for a file that tells a part of it."""
    beyond = double.filter((pl.col("day_on") < covered[0]) | (pl.col("until_on") > covered[1]))
    if beyond.is_empty():
        return
    first = min([*double["day_on"].to_list(), covered[0]])
    last = max([*double["until_on"].to_list(), covered[1]])
    shown = f"{beyond['day_on'][0]} to {beyond['until_on'][0]}"
    raise Conflict(
        f"{file} tells a part of what an earlier import told as one row ({shown}); both would count twice. "
        f"Export it again with all days from {first} to {last}, and import that."
    )


def _refuse_pending(batch: Batch, earlier: pl.DataFrame, file: str) -> None:
    shared = earlier.filter("is_pending").join(batch.good, on="key", suffix="_file")
    figures = [name for name in ("impressions", "clicks", "spend_micros") if f"{name}_file" in shared.columns]
    if figures and not shared.filter(
        pl.any_horizontal(pl.col(name) != pl.col(f"{name}_file") for name in figures)
    ).is_empty():  # fmt: skip
        raise BadInput(
            f"{file} and another file of the call tell {shared['day_on'][0]} of one account with other "
            "figures; import them one after the other, the right one last, or name their accounts with "
            "--account."
        )


def _refuse_pending_doubles(double: pl.DataFrame, file: str) -> None:
    pending = double.filter("is_pending")
    if not pending.is_empty():
        raise Conflict(
            f"{file} and another file of the call tell {pending['day_on'][0]} of one account, one by "
            "campaign and one by ad or period; both would count twice. Import one of them."
        )


def _losses(kind: Kind, account_id: str, rows: pl.DataFrame, *, is_double: bool) -> list[Loss]:
    if rows.is_empty():
        return []
    return [Loss(account_id, kind, rows["record_key"], _name(kind, rows), is_double)]


def _name(kind: Kind, rows: pl.DataFrame) -> str:
    """Return the rows in words: how many, of which days and things, how much money."""
    days = sorted(rows["day_on"].drop_nulls().to_list())
    when = f" of {days[0]} to {days[-1]}" if days[0] != days[-1] else f" of {days[0]}"
    if kind is ADS:
        named = pl.when(pl.col("campaign_name") != "").then("campaign_name").otherwise("campaign_id")
        rows = rows.with_columns(named.alias("campaign"))
    thing = {ADS.name: "campaign", POST_DAYS.name: "post_id", LINES.name: "order_id"}.get(kind.name)
    what = ""
    if thing is not None:
        names = [name for name in rows[thing].unique(maintain_order=True).to_list() if name]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        what = f" ({', '.join(map(str, names[:3]))}{more})" if names else ""
    money = {ADS.name: "spend_micros", SPEND.name: "spend_micros", LINES.name: "net_micros"}.get(kind.name)
    amount = ""
    if money in rows.columns:
        sums = rows.group_by("currency").agg(pl.col(money or "").sum()).sort("currency").drop_nulls()
        amount = ", " + " and ".join(
            f"{Money.from_micros(micros, code)}" for code, micros in sums.rows() if micros is not None
        )
    count = f"{rows.height} earlier row" + ("s" if rows.height != 1 else "")
    return f"{count}{when}{what}{amount}"


def settle_losses(losses: list[Loss], file: str, *, remove: bool | None) -> list[Loss]:
    """Return what is to be removed.

    Args:
        losses: What storing would take away.
        file: The file's name.
        remove: The caller's yes or no; None is no answer.

    Raises:
        Conflict: there is something and no answer, or what may not stay beside the file was to be kept.
    """
    if remove or not losses:
        return losses
    double = [loss for loss in losses if loss.is_double]
    account = losses[0].account_id.removeprefix(PREFIX)
    if double:
        raise Conflict(
            f"{file} tells otherwise (by ad, by campaign, by period, by id, by another day or currency) what "
            f"account {account!r} has: {double[0].what}. Both would count twice. To put this file in their "
            "place add --remove; else export it as before. Nothing was changed."
        )
    if remove is None:
        raise Conflict(
            f"{file} no longer has {'; '.join(loss.what for loss in losses)} of account {account!r}, "
            "within its own days. Add --remove to remove them, or --keep to leave them as they are. "
            "Nothing was changed."
        )
    return []
