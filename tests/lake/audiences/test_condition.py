"""A condition is read word by word; what is not on the list never reaches a database."""

from __future__ import annotations

import pytest

from core.errors import BadInput
from lake.audiences.condition import LONGEST, bind, columns_of, read_condition, render

BOUGHT = "person_id IN (SELECT person_id FROM person_product WHERE product_id = 'p1' AND units > 1)"


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("orders >= 2 AND days_since_order > 60", "orders >= 2 AND days_since_order > 60"),
        ("where orders = 1;", "orders = 1"),
        ("SELECT person_id FROM person_profile WHERE orders > 1", "orders > 1"),
        ("select p.person_id from person_profile p where p.orders > 1", "orders > 1"),
        ("rfm_segment IN ('loyal', 'it''s')", "rfm_segment IN ('loyal', 'it''s')"),
        ("last_order_on >= DATE '2026-01-31'", "last_order_on >= CAST('2026-01-31' AS DATE)"),
        ("cluster IS NOT NULL", "NOT cluster IS NULL"),
        ("coalesce(visits, 0) * 2 > -3.5", "COALESCE(visits, 0) * 2 > -3.5"),
        ("engagement_band LIKE 'h%' -- a remark", "engagement_band LIKE 'h%'"),
        ("currency NOT LIKE 'E%'", "NOT currency LIKE 'E%'"),
        (BOUGHT, BOUGHT),
    ],
)
def test_a_condition_is_kept_in_one_spelling_that_reads_back_the_same(text, condition):
    assert render(read_condition(text)) == condition
    assert render(read_condition(condition)) == condition


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("orders > 1; DROP TABLE lake.person_profile", "one statement, this text has 2"),
        ("DROP TABLE lake.person_profile", "only reads, DROP"),
        ("DELETE FROM person_profile", "only reads, DELETE"),
        ("UPDATE person_profile SET orders = 9", "only reads, UPDATE"),
        ("SET app.workspace = 'x'", "only reads, SET"),
        ("COPY person_profile TO PROGRAM 'sh'", "only reads, COPY"),
        ("orders > 1 UNION SELECT 1", "only reads, UNION"),
        ("WITH x AS (DELETE FROM t RETURNING 1) SELECT person_id FROM person_profile WHERE true", "WITH"),
        ("SELECT person_id INTO t FROM person_profile WHERE true", "without INTO"),
        ("SELECT * FROM person_profile WHERE true", "selects person_id and nothing else"),
        ("SELECT person_id FROM person_profile, pg_user WHERE true", "without JOINS"),
        ("SELECT person_id FROM person_profile JOIN pg_user ON true WHERE true", "without JOINS"),
        ("SELECT person_id FROM pg_user WHERE true", "may read person_profile here, not pg_user"),
        ("SELECT person_id FROM lake.person_profile WHERE true", "not lake.person_profile"),
        ("SELECT person_id FROM person_profile", "no WHERE"),
        ("orders > 1 LIMIT 3", "without LIMIT"),
        ("orders = 1 FOR UPDATE", "without LOCKS"),
        ("set_config('app.workspace', 'theirs', true) IS NOT NULL", "the function set_config"),
        ("orders > 1 AND pg_sleep(10) IS NULL", "the function pg_sleep"),
        ("pg_read_file('/etc/passwd') LIKE '%root%'", "the function pg_read_file"),
        ("current_setting('app.workspace') = 'x'", "the function current_setting"),
        ("orders > (SELECT count(*) FROM pg_user)", "SUBQUERY"),
        ("EXISTS (SELECT 1 FROM state.seal)", "the function exists"),
        ("person_id IN (SELECT key FROM state.seal)", "may read person_product here, not state.seal"),
        ("person_id IN (SELECT usename FROM person_product)", "selects person_id and nothing else"),
        ("orders IN (SELECT person_id FROM person_product)", "Ask for products as"),
        ("person_id IN (SELECT person_id FROM person_product WHERE pg_sleep(9) IS NULL)", "pg_sleep"),
        ("workspace_id = 'theirs'", "has no column workspace_id"),
        ("person_profile.orders::text = '1'", "casts to DATE only"),
        ("orders = $1", "PARAMETER"),
        ("orders = %(v0)s", "PLACEHOLDER"),
        ("last_order_on < current_date", "the function current_date"),
        ("random() < 0.5", "the function rand"),
        ("rfm_segment > 'a'", "text column has no order"),
        ("last_order_on - first_order_on > 3", "days_since_order"),
        ("person_id = ANY (ARRAY['a'])", "may not use ANY"),
        ("rfm_segment ~ '(a+)+$'", "the function regexp"),
        ("orders BETWEEN SYMMETRIC 3 AND 1", "without SYMMETRIC"),
        ("orders >", "no SQL condition"),
        ("", "is empty"),
        (" ;", "is empty"),
        ("(" * 3000, "no SQL condition"),
        ("orders = 1" + " AND orders = 1" * 1000, f"{LONGEST:,} are the most"),
        ("NOT " * 200 + "is_known", "nested more than 40 deep"),
    ],
)
def test_what_is_no_condition_is_refused_in_one_sentence(text, because):
    with pytest.raises(BadInput, match=r"\.$") as caught:
        read_condition(text)
    assert because in caught.value.message
    assert "\n" not in caught.value.message


def test_values_travel_apart_from_the_words():
    text, values = bind(read_condition("rfm_segment = 'x'' OR true --' AND propensity > 0.5 AND orders < 7"))
    assert text == "rfm_segment = %(v0)s AND propensity > %(v1)s AND orders < %(v2)s"
    assert values == {"v0": "x' OR true --", "v1": 0.5, "v2": 7}


def test_division_is_a_fraction_and_by_zero_is_unknown_in_both_engines():
    condition = read_condition("revenue_micros / orders > 5")
    assert "NULLIF(CAST(orders AS DOUBLE PRECISION), 0)" in render(condition)
    assert "NULLIF(CAST(orders AS DOUBLE), 0)" in render(condition, "spark")


def test_a_quote_or_a_backslash_in_a_value_is_spelled_as_each_engine_reads_it():
    condition = read_condition(r"acquired_channel = 'a\b''c'")
    assert render(condition) == r"acquired_channel = 'a\b''c'"
    assert render(condition, "spark") == r"acquired_channel = 'a\\b\'c'"


def test_the_columns_asked_about_are_known():
    assert set(columns_of(read_condition("orders > 1 OR NOT is_known"))) == {"orders", "is_known"}
