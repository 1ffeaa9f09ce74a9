-- What is known of a person as a customer: recency, frequency, money, stage, engagement. The view works it
-- out from these tables, by which a change is known.
{%- for name in ['person_fact', 'profile_day', 'profile_cut', 'profile_line'] %}
{%- do source('lake', name) %}
{%- endfor %}
select
    workspace_id,
    person_id,
    as_of_on,
    orders,
    first_order_on,
    last_order_on,
    revenue_micros,
    currency,
    recency_score,
    frequency_score,
    monetary_score,
    rfm_segment,
    lifecycle_stage,
    last_engaged_on,
    engagement_band,
    top_product_id,
    top_product_share,
    cluster,
    propensity
from {{ source('lake', 'person_profile') }}
