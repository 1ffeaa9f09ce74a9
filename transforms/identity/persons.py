"""Puts keys together to persons: certain links first, then likely ones, and each browser to one person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from transforms.identity.graph import join
from transforms.identity.keys import BROWSER, PAIR, Evidence

Ids = NDArray[np.int64]
NODE = ["key_kind", "key"]
OTHER = ["other_key_kind", "other_key"]


@dataclass(frozen=True, slots=True)
class Stitched:
    """The persons found.

    Attributes:
        keys: `key_kind`, `key`, `person` (a number), `method`, `probability`; one row a key.
        bonds: Columns of PAIR: which keys hold a person together and why, for the record of merges.
    """

    keys: pl.DataFrame
    bonds: pl.DataFrame


def stitch(evidence: Evidence) -> Stitched:
    """Return the persons of the evidence, the same for the same rows in any order.

    Keys that are no browsers are joined by links, the certain ones first. A browser belongs to the one
    person it was seen with on most days, and joins nobody to anybody: a computer in a family or a shop is
    no person. A browser never seen with a key is a person of its own.
    """
    nodes = _nodes(evidence)
    links = _numbered(evidence.links, nodes).sort(
        "probability", "key_kind", "key", *OTHER, descending=[True, *[False] * 4]
    )
    apart = _numbered(evidence.apart, nodes)
    a, b = _pair(links)
    torn = _pair(apart)
    certain = (links["probability"] >= 1).to_numpy()
    firm = join(nodes.height, a[certain], b[certain], torn)
    group = join(nodes.height, a, b, torn)
    nodes = nodes.with_columns(person=group, firm=firm)
    known = _label(nodes, links.with_columns(firm=pl.Series(firm[a]), other_firm=pl.Series(firm[b])))
    homes = _house_browsers(nodes, evidence.sightings, apart)
    keys = known.join(homes, on=NODE, how="left", maintain_order="left")
    keys = keys.select(
        *NODE,
        person=pl.coalesce("home", "person"),
        probability=pl.when(pl.col("home").is_not_null()).then("share").otherwise("probability"),
    ).with_columns(
        method=pl.when(pl.col("probability") >= 1)
        .then(pl.lit("deterministic"))
        .otherwise(pl.lit("probabilistic"))
    )
    held = links.filter(pl.Series(group[a] == group[b]))
    seen = evidence.sightings.join(nodes.select(*NODE, home="person"), on=NODE)
    seen = seen.join(homes.select("home", browser="key"), on=["browser", "home"])
    seen = seen.select(
        pl.lit(BROWSER).alias("key_kind"),
        "because",
        key="browser",
        other_key_kind="key_kind",
        other_key="key",
    )
    return Stitched(keys, pl.concat([held.select(*PAIR), seen.select(*PAIR)]))


def _nodes(evidence: Evidence) -> pl.DataFrame:
    """Return every key once, sorted, with its number `node`."""
    named = [
        evidence.keys.select(NODE),
        evidence.links.select(NODE),
        evidence.links.select(pl.col(o).alias(n) for o, n in zip(OTHER, NODE, strict=True)),
        evidence.sightings.select(NODE),
        evidence.sightings.select(key_kind=pl.lit(BROWSER), key="browser"),
    ]
    every = pl.concat(named).drop_nulls().unique().sort(NODE)
    return every.with_row_index("node").with_columns(pl.col("node").cast(pl.Int64))


def _numbered(pairs: pl.DataFrame, nodes: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs with `node` and `other_node`, without those of keys that are gone."""
    other = nodes.select("node", *NODE).rename(
        {"node": "other_node", "key_kind": "other_key_kind", "key": "other_key"}
    )
    return pairs.join(nodes.select("node", *NODE), on=NODE).join(other, on=OTHER)


def _pair(pairs: pl.DataFrame) -> tuple[Ids, Ids]:
    return pairs["node"].to_numpy(), pairs["other_node"].to_numpy()


def _label(nodes: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Add `probability`.

    It is 1 for the keys firmly joined to a person's largest part, else that of the best link by which
    their part joined it.
    """
    parts = nodes.group_by("person", "firm").agg(pl.len().alias("size"), pl.col("node").min().alias("first"))
    core = parts.sort("person", "size", "first", descending=[False, True, False]).unique(
        "person", keep="first", maintain_order=True
    )
    likely = links.filter(pl.col("firm") != pl.col("other_firm"))
    best = pl.concat(
        [
            likely.select("firm", "probability"),
            likely.select("probability", firm="other_firm").select("firm", "probability"),
        ]
    )
    best = best.group_by("firm").agg(pl.col("probability").max())
    told = nodes.join(core.select("firm", is_core=True), on="firm", how="left", maintain_order="left")
    told = told.join(best, on="firm", how="left", maintain_order="left")
    return told.with_columns(
        probability=pl.when(pl.col("is_core")).then(1.0).otherwise(pl.col("probability").fill_null(1.0))
    )


def _house_browsers(nodes: pl.DataFrame, sightings: pl.DataFrame, apart: pl.DataFrame) -> pl.DataFrame:
    """Return `key_kind`, `key`, `home` (a person), `share` of its days, for browsers seen with someone."""
    seen = sightings.join(nodes.select(*NODE, home="person"), on=NODE)
    seen = seen.group_by("browser", "home").agg(pl.col("days").sum(), pl.col("last_at").max())
    person = dict(nodes.select("node", "person").iter_rows()) if apart.height else {}
    barred = [
        (key, person[home])
        for kind, key, home in [
            *apart.select(*NODE, "other_node").iter_rows(),
            *apart.select(*OTHER, "node").iter_rows(),
        ]
        if kind == BROWSER
    ]
    banned = pl.DataFrame(barred, schema={"browser": pl.String, "home": pl.Int64}, orient="row")
    seen = seen.join(banned, on=["browser", "home"], how="anti")
    share = pl.col("days") / pl.col("days").sum().over("browser")
    best = (
        seen.with_columns(share=share)
        .sort("browser", "days", "last_at", "home", descending=[False, True, True, False])
        .unique("browser", keep="first", maintain_order=True)
    )
    return _evict(best, apart).select(pl.lit(BROWSER).alias("key_kind"), "home", "share", key="browser")


def _evict(best: pl.DataFrame, apart: pl.DataFrame) -> pl.DataFrame:
    """Take out of a home the browser seen less, where two that are to stay apart would share it."""
    pairs = apart.filter((pl.col("key_kind") == BROWSER) & (pl.col("other_key_kind") == BROWSER))
    if pairs.is_empty():
        return best
    days = best.select("browser", "home", "days")
    both = pairs.join(days, left_on="key", right_on="browser").join(
        days, left_on="other_key", right_on="browser", suffix="_other"
    )
    both = both.filter(pl.col("home") == pl.col("home_other"))
    lost = both.select(
        browser=pl.when(pl.col("days") < pl.col("days_other")).then("key").otherwise("other_key")
    )
    return best.join(lost, on="browser", how="anti")
