"""The questions about audiences: who is in, what they are, where they overlap, who came and went."""

from __future__ import annotations

# The members of one audience now; beside it stands `(SELECT person_id FROM person_profile WHERE …)`.
KEPT = "SELECT person_id FROM lake.audience_member WHERE audience_id = %(audience_id)s AND until_on IS NULL"

STATE = "SELECT max(as_of_on) AS as_of_on, count(*)::int AS persons FROM lake.person_profile"
MODELS = """
    SELECT model, rows, positives, auc, told FROM lake.profile_model
    ORDER BY array_position(ARRAY['lifecycle', 'propensity', 'likeness', 'clusters'], model), model
"""
CLUSTERS = "SELECT cluster, size, name, description FROM lake.person_cluster ORDER BY cluster"
CHANNELS = """
    SELECT DISTINCT acquired_channel FROM lake.person_profile WHERE acquired_channel IS NOT NULL ORDER BY 1
"""
PRODUCTS = """
    SELECT product_id, min(title) AS title FROM lake.product WHERE product_id IS NOT NULL
    GROUP BY product_id ORDER BY 2, 1
"""
# A step is +1 on the day a person came and -1 on the day they left; a new version of a definition closes
# and opens a row on one day, which is no step.
STEPS = """
    WITH moves AS (
        SELECT audience_id, person_id, since_on AS day_on, 1 AS step FROM lake.audience_member
        UNION ALL
        SELECT audience_id, person_id, until_on, -1 FROM lake.audience_member WHERE until_on IS NOT NULL
    ), steps AS (
        SELECT audience_id, person_id, day_on, sum(step)::int AS step FROM moves GROUP BY 1, 2, 3
    )
    SELECT audience_id, day_on,
        count(*) FILTER (WHERE step > 0)::int AS entered, count(*) FILTER (WHERE step < 0)::int AS left
    FROM steps WHERE step <> 0 GROUP BY 1, 2 ORDER BY 1, 2
"""
OVERLAP = """
    WITH members AS (SELECT audience_id, person_id FROM lake.audience_member WHERE until_on IS NULL)
    SELECT a.audience_id AS one, b.audience_id AS other, count(*)::int AS both
    FROM members AS a INNER JOIN members AS b USING (person_id) GROUP BY 1, 2 ORDER BY 1, 2
"""
SLICES = """
    {tables}, members AS ({members})
    SELECT
        CASE grouping(lifecycle_stage, rfm_segment, acquired_channel, engagement_band, cluster)
            WHEN 15 THEN 'lifecycle_stage' WHEN 23 THEN 'rfm_segment' WHEN 27 THEN 'acquired_channel'
            WHEN 29 THEN 'engagement_band' ELSE 'cluster' END AS part,
        coalesce(lifecycle_stage, rfm_segment, acquired_channel, engagement_band, cluster) AS name,
        count(members.person_id)::int AS members, count(*)::int AS everyone
    FROM lake.person_profile LEFT JOIN members USING (person_id)
    GROUP BY GROUPING SETS (
        (lifecycle_stage), (rfm_segment), (acquired_channel), (engagement_band), (cluster)
    )
    ORDER BY part, members DESC, everyone DESC, name
"""
# Means of members and of everyone; money only in the currency most of everyone's orders are in.
MEANS = """
    {tables}, members AS ({members}),
    main AS (
        SELECT currency FROM lake.person_profile WHERE currency IS NOT NULL
        GROUP BY 1 ORDER BY sum(orders) DESC, 1 LIMIT 1
    ),
    facts AS (
        SELECT profile.*, members.person_id IS NOT NULL AS is_member,
            CASE WHEN profile.currency IS NULL OR profile.currency = main.currency
                THEN revenue_micros END AS spent_micros
        FROM lake.person_profile AS profile
        LEFT JOIN main ON true LEFT JOIN members ON members.person_id = profile.person_id
    )
    SELECT grouping(is_member) = 1 AS is_everyone, coalesce(is_member, false) AS is_member,
        count(*)::int AS persons, avg(orders)::float8 AS orders, avg(spent_micros)::float8 AS spent_micros,
        avg(days_since_order)::float8 AS days_since_order,
        avg(days_since_engaged)::float8 AS days_since_engaged, avg(visits)::float8 AS visits,
        avg(mail_visits)::float8 AS mail_visits, avg(paid_visits)::float8 AS paid_visits,
        avg(propensity::numeric)::float8 AS propensity, (SELECT currency FROM main) AS currency
    FROM facts GROUP BY GROUPING SETS ((is_member), ())
"""
TOP_PRODUCTS = """
    {tables}, members AS ({members})
    SELECT product_id, min(title) AS title, currency, count(DISTINCT person_id)::int AS buyers,
        sum(units)::int AS units, sum(net_micros)::bigint AS net_micros
    FROM lake.person_product INNER JOIN members USING (person_id)
    LEFT JOIN (
        SELECT product_id, min(title) AS title FROM lake.product GROUP BY 1
    ) AS named USING (product_id)
    GROUP BY product_id, currency ORDER BY net_micros DESC, product_id LIMIT 10
"""
BOTH = """
    {tables}, members AS ({members}), others AS ({others})
    SELECT (SELECT count(*) FROM others)::int AS others, count(*)::int AS both
    FROM members INNER JOIN others USING (person_id)
"""
LIST = """
    {tables}, members AS ({members})
    SELECT person_id FROM members ORDER BY 1 LIMIT %(limit)s
"""
