-- Persons by what they are as customers, on the day of their profiles.
select
    workspace_id,
    as_of_on,
    coalesce(rfm_segment, '') as rfm_segment,
    coalesce(lifecycle_stage, '') as lifecycle_stage,
    coalesce(engagement_band, '') as engagement_band,
    currency,
    count(*) as persons,
    sum(coalesce(orders, 0))::bigint as orders,
    sum(coalesce(revenue_micros, 0))::bigint as revenue_micros
from {{ ref('stg_gold__person_profile') }}
group by
    workspace_id, as_of_on, coalesce(rfm_segment, ''), coalesce(lifecycle_stage, ''),
    coalesce(engagement_band, ''), currency
