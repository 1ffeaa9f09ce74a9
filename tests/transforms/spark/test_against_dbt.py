"""The lake's jobs and dbt's models agree on what both of them tell."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product

import polars as pl
import psycopg
import pytest

from core.settings import DEFAULT_WORKSPACE, Settings
from lake.delta import Lake
from lake.warehouse import Warehouse
from transforms.spark.attribution import build_attribution
from transforms.spark.channels import ORIGIN, marketing_channel, read_rules
from transforms.spark.job import Work
from transforms.spark.paths import build_paths
from transforms.spark.tables import Tables

SOURCES = (
    "", "google", "facebook", "fb", "instagram", "youtube", "newsletter", "bing", "l.facebook.com", "dv360.x",
    "odd",
)  # fmt: skip
MEDIA = ("", "cpc", "paid_social", "organic", "email", "referral", "social", "display", "affiliate-x", "odd")
CLICKS = ("", "gclid", "fbclid", "mc_cid", "msclkid")
HOSTS = ("", "google.com", "google.co.uk", "l.instagram.com", "youtu.be", "mail.google.com", "forum.example")


@pytest.fixture(scope="module")
def link(loaded_home) -> Iterator[psycopg.Connection]:
    """A connection as dbt itself: nobody else reads what lies between staging and marts."""
    with Warehouse.open(Settings(home=loaded_home.path)) as warehouse:
        env = warehouse.dbt_env()
        where = {"host": env["SPREADERS_DBT_HOST"], "port": env["SPREADERS_DBT_PORT"]}
        who = {"user": env["SPREADERS_DBT_USER"], "password": env["DBT_ENV_SECRET_PASSWORD"]}
        with psycopg.connect(**where, **who, dbname=env["SPREADERS_DBT_DATABASE"]) as opened:
            yield opened


def test_dbt_and_spark_find_the_same_channel_for_thousands_of_origins(sail, link):
    origins = list(product(SOURCES, MEDIA, CLICKS, HOSTS))
    columns = ", ".join(ORIGIN)
    fits = " and ".join(f"o.{c} ~ ('^(' || coalesce(nullif(r.{c}, ''), '.*') || ')$')" for c in ORIGIN)
    seed = link.execute(
        "select table_schema from information_schema.tables where table_name = 'channel_rules'"
    ).fetchone()[0]
    by_rules = link.execute(
        f"select distinct on (1, 2, 3, 4) o.source, o.medium, o.click_id_kind, o.referrer_host,"
        f" coalesce(r.channel, 'direct') from unnest(%s::text[], %s::text[], %s::text[], %s::text[])"
        f" as o ({columns}) left join {seed}.channel_rules as r on {fits} order by 1, 2, 3, 4, r.priority",
        [list(column) for column in zip(*origins, strict=True)],
    ).fetchall()
    model = f"select {columns}, marketing_channel from intermediate.int_sources__channelled"
    expected = {row[:4]: row[4] for row in (*by_rules, *link.execute(model).fetchall())}
    assert len(expected) >= len(origins)
    frame = sail.createDataFrame(list(expected), list(ORIGIN))
    found = frame.select(*ORIGIN, marketing_channel(read_rules()).alias("c")).toArrow().to_pylist()
    assert {tuple(row[name] for name in ORIGIN): row["c"] for row in found} == expected


def test_the_last_touch_with_an_origin_is_the_one_dbt_credits_for_every_order(
    sail, link, loaded_home, tmp_path
):
    """Without identities, which dbt does not know: a person is a browser or a log-in for both."""
    shutil.copytree(loaded_home.path / "lake" / "silver", tmp_path / "lake" / "silver")
    lake = Lake(tmp_path / "lake")
    work = Work(Tables(sail, lake, DEFAULT_WORKSPACE), datetime(2026, 9, 1, tzinfo=UTC))
    build_paths(work)
    build_attribution(work)
    credited = lake.read("gold", "attribution_credit", DEFAULT_WORKSPACE).filter(
        pl.col("last_non_direct") == 1
    )
    touches = lake.read("gold", "path_touch", DEFAULT_WORKSPACE).select("path_id", "position", "event_id")
    mine = credited.join(touches, ["path_id", "position"]).select("path_id", "marketing_channel", "event_id")
    told = link.execute(
        "select concat_ws('|', channel, account_id, order_id), credited_channel, credit_source,"
        " credited_event_id from intermediate.int_orders__last_touch"
    ).fetchall()
    assert len(told) == mine.height > 100
    by_path = {path: (channel, event) for path, channel, event in mine.iter_rows()}
    assert {path: channel for path, channel, _, _ in told} == {p: c for p, (c, _) in by_path.items()}
    seen = {path: event for path, _, source, event in told if source == "first_party"}
    assert seen == {path: by_path[path][1] for path in seen}
