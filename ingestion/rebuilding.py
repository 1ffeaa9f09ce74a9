"""Silver made anew from bronze: with today's rules, and with the records in quarantine judged again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

import polars as pl

from channels.contract import Account, Stream
from ingestion.checkpoints import Place, read_marks, write_marks
from ingestion.columns import parse_payload
from ingestion.parse import KEYLESS, PageReader
from ingestion.rows import make_rows
from ingestion.runner import safe_name
from ingestion.setting_aside import read_alive
from ingestion.versions import read_days
from lake.asof import select_versions
from lake.delta import Lake
from lake.merge import Change, apply_change


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What became of one stream of one account.

    `released` records left quarantine, `refused` ones entered it, `quarantined` are there now.
    """

    channel: str
    stream: str
    account_id: str
    records: int
    released: int
    refused: int
    quarantined: int
    error: str | None = None


def rebuild_stream(lake: Lake, place: Place, stream: Stream, account: Account, *, at: datetime) -> Rebuilt:
    """Judge the last version of every record again and write the stream's silver rows anew.

    Bronze gets a new version of a record whose verdict changed; a second call writes none.

    Args:
        lake: The lake.
        place: The stream and account.
        stream: The stream as the connector declares it today.
        account: The account.
        at: Instant of the rebuild (UTC).
    """
    with lake.hold(f"load.{place.bronze}.{place.workspace}.{safe_name(place.account_id)}"):
        alive = read_alive(lake, place)
        judged = judge(stream, account, alive)
        was_bad, is_bad = judged["quarantined_because"].is_not_null(), judged["reason"].is_not_null()
        turned = judged.filter(was_bad != is_bad)
        marks = read_marks(lake, place)
        if not turned.is_empty():
            marks = replace(marks, seq=marks.seq + 1)
            versions = turned.with_columns(
                pl.col("reason").alias("quarantined_because"),
                pl.lit(uuid4().hex).alias("load_id"),
                pl.lit(marks.seq).alias("load_seq"),
                pl.lit(at).alias("loaded_at"),
            )
            lake.append("bronze", place.bronze, versions, write_marks(place, marks))
        _write_silver(lake, place, stream, account, marks.seq)
        return Rebuilt(
            place.channel,
            place.stream,
            place.account_id,
            records=alive.height,
            released=int((was_bad & ~is_bad).sum()),
            refused=int((is_bad & ~was_bad).sum()),
            quarantined=int(is_bad.sum()),
        )


def judge(stream: Stream, account: Account, records: pl.DataFrame) -> pl.DataFrame:
    """Return bronze rows with `reason`, why each may not enter silver today; null where it may.

    Personal values are hashed already and are not hashed again. A record without a key stays where it is.
    """
    payloads = records.with_columns(pl.col("payload").cast(pl.Binary)).select("record_key", "payload")
    readings = _read_again(stream, payloads)
    readable = payloads.join(readings, on="record_key", how="anti", maintain_order="left")
    made = make_rows(stream, account, readable)
    reasons = pl.concat([readings, made.reasons]).unique("record_key", keep="first")
    return records.join(reasons, on="record_key", how="left", maintain_order="left")


def _read_again(stream: Stream, payloads: pl.DataFrame) -> pl.DataFrame:
    """Return (`record_key`, `reason`) of the records whose key, day or instant cannot be read."""
    reader = PageReader(replace(stream, personal=(), unread=frozenset()), b"")
    reasons: list[tuple[str, str | None]] = []
    for key, payload in payloads.iter_rows():
        rows = read_days(stream, reader.read([parse_payload(payload)]).rows)
        why = rows["reason"][0]
        if why is None and key.startswith(KEYLESS):
            why = "the key is missing"
        if why is not None:
            reasons.append((key, why))
    return pl.DataFrame(reasons, schema={"record_key": pl.String, "reason": pl.String}, orient="row")


def _write_silver(lake: Lake, place: Place, stream: Stream, account: Account, seq: int) -> None:
    versions = select_versions(
        lake, place.channel, place.stream, place.workspace, account_id=place.account_id
    )
    good = versions.filter(~pl.col("is_deleted")).with_columns(pl.col("payload").cast(pl.Binary))
    made = make_rows(stream, account, good.select("record_key", "payload"))
    origin = good.select("record_key", "load_id", "loaded_at")
    for name in stream.silver:
        rows = made.rows[name].join(origin, on="record_key", how="left", maintain_order="left")
        change = Change(
            place.workspace, place.channel, place.account_id, place.stream, rows, versions["record_key"]
        )
        apply_change(lake, name, change, {place.mark("silver"): seq})
