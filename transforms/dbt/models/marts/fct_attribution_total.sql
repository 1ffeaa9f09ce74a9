select
    workspace_id,
    window_days,
    grain,
    model,
    marketing_channel as channel,
    coalesce(campaign, '') as campaign,
    coalesce(ad, '') as ad,
    currency,
    conversions,
    value_micros,
    share,
    removal_effect,
    conversions_low,
    conversions_high,
    computed_at
from {{ ref('stg_gold__attribution_total') }}
