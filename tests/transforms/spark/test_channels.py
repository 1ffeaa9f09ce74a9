"""A visit's channel is what dbt makes of it, and its group is what Google Analytics calls it."""

from __future__ import annotations

import csv

import polars as pl
import pytest
from pyspark.sql import functions as fn

from tests.shared import real
from transforms.spark.channels import (
    CLASSES,
    ORIGIN,
    channel_class,
    spell_origin,
)  # fmt: skip
from transforms.spark.ga4 import channel_group, read_categories, traffic_source

GROUPS = {"search": "Search", "social": "Social", "shopping": "Shopping", "video": "Video"}
# Category and paid medium, or not -> the group of Google's own table.
BY_TAGS = [
    ("(direct)", "(none)", "", "Direct"),
    ("(direct)", "(not set)", "", "Direct"),
    ("google", "cpc", "summer cross-network", "Cross-network"),
    ("google", "cpc", "shopping-de", "Paid Shopping"),
    ("anyone", "ppc", "the shop window", "Paid Shopping"),
    ("anyone", "ppc", "workshop", "Paid Other"),
    ("anyone", "ppc", "eshop", "Paid Shopping"),
    ("google", "retargeting", "", "Paid Search"),
    ("facebook", "paid_social", "", "Paid Social"),
    ("youtube.com", "paidvideo", "", "Paid Video"),
    ("anyone", "cpm", "", "Display"),
    ("anyone", "display", "", "Display"),
    ("anyone", "banner", "", "Display"),
    ("anyone", "cpc", "", "Paid Other"),
    ("etsy.com", "referral", "", "Organic Shopping"),
    ("anyone", "sm", "", "Organic Social"),
    ("anyone", "some-video", "", "Organic Video"),
    ("anyone", "organic", "", "Organic Search"),
    ("anyone.example", "referral", "", "Referral"),
    ("anyone", "link", "", "Referral"),
    ("e-mail", "anything", "", "Email"),
    ("newsletter", "email", "", "Email"),
    ("anyone", "affiliate", "", "Affiliates"),
    ("anyone", "audio", "", "Audio"),
    ("sms", "", "", "SMS"),
    ("anyone", "sms", "", "SMS"),
    ("anyone", "webpush", "", "Mobile Push Notifications"),
    ("firebase", "x", "", "Mobile Push Notifications"),
    ("anyone", "in mobile app", "", "Mobile Push Notifications"),
    ("anyone", "x", "", "Unassigned"),
]
# utm_source, utm_medium, click id, referring host -> source, medium, group
BY_VISIT = [
    ("", "", "", "", "(direct)", "(none)", "Direct"),
    ("", "", "gclid", "google.com", "google", "cpc", "Paid Search"),
    ("", "", "", "google.co.uk", "google", "organic", "Organic Search"),
    ("", "", "", "de.search.yahoo.com", "de.search.yahoo.com", "organic", "Organic Search"),
    ("", "", "fbclid", "l.facebook.com", "l.facebook.com", "referral", "Organic Social"),
    ("", "", "", "forum.example.net", "forum.example.net", "referral", "Referral"),
    ("", "", "", "groups.google.com", "groups.google.com", "referral", "Organic Social"),
    ("newsletter", "email", "gclid", "google.com", "newsletter", "email", "Email"),
    ("google", "", "", "", "google", "(not set)", "Organic Search"),
]


def told(session, rows: list[tuple[str, ...]], names: tuple[str, ...]) -> pl.DataFrame:
    return session.createDataFrame([row[: len(names)] for row in rows], list(names))


@pytest.mark.shared
def test_the_list_of_sources_is_googles_own():
    with real("ga4_source_categories/ga4_source_categories.csv").open(newline="", encoding="utf-8") as file:
        given = {
            (line["source"].lower(), line["source_category"][16:].lower()) for line in csv.DictReader(file)
        }
    kept = {(source, category) for category, sources in read_categories().items() for source in sources}
    assert kept == given


def test_every_source_on_the_list_falls_into_its_category_paid_or_not(session):
    listed = [
        (s, m, c) for c, sources in read_categories().items() for s in sources for m in ("cpc", "referral")
    ]
    frame = told(session, listed, ("source", "medium"))
    group = channel_group(fn.col("source"), fn.col("medium"), fn.lit(""))
    found = frame.select("source", "medium", group.alias("found")).toArrow().to_pylist()
    category = {source: name for source, _, name in listed}
    assert len(found) == len(listed)
    for row in found:
        kind = "Paid" if row["medium"] == "cpc" else "Organic"
        expected = {f"{kind} {GROUPS[category[row['source']]]}"}
        # A shop in the name makes it shopping, and a push in the medium would make it none.
        assert row["found"] in expected, row


def test_tags_fall_into_the_groups_of_the_documented_rules(session):
    frame = told(session, BY_TAGS, ("source", "medium", "campaign"))
    group = channel_group(fn.col("source"), fn.col("medium"), fn.col("campaign")).alias("found")
    found = frame.select("source", "medium", "campaign", group).toArrow().to_pylist()
    assert [tuple(row.values()) for row in found] == BY_TAGS


def test_an_untagged_visit_is_told_by_click_id_and_referrer(session):
    source, medium = traffic_source(*(fn.col(name) for name in ORIGIN))
    frame = told(session, BY_VISIT, ORIGIN).select(*ORIGIN, source.alias("s"), medium.alias("m"))
    group = channel_group(fn.col("s"), fn.col("m"), fn.lit("")).alias("g")
    found = frame.select(*ORIGIN, "s", "m", group).toArrow().to_pylist()
    assert [tuple(row.values()) for row in found] == BY_VISIT


def test_every_group_is_direct_organic_referral_mail_or_paid(session):
    groups = sorted({row[-1] for row in (*BY_TAGS, *BY_VISIT)})
    frame = told(session, [(group,) for group in groups], ("group",))
    found = dict(frame.select("group", channel_class(fn.col("group"))).toArrow().to_pandas().to_numpy())
    assert set(found.values()) == {*CLASSES, "paid"}
    assert {group for group, kind in found.items() if kind == "paid"} == {
        "Cross-network", "Paid Shopping", "Paid Search", "Paid Social", "Paid Video", "Display", "Paid Other",
        "Affiliates", "Audio",
    }  # fmt: skip


def test_origins_are_spelled_as_the_rules_want_them(session):
    columns = "a string, b string, c string, d string"
    frame = session.createDataFrame([("  Google ", None, "GCLID", "WWW.Google.com")], columns)
    spelled = spell_origin(*(fn.col(name) for name in "abcd"))
    assert frame.select(*spelled).toArrow().to_pylist() == [
        dict(zip(ORIGIN, ("google", "", "gclid", "google.com"), strict=True))
    ]
