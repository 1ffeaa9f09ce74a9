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
    share_low,
    share_high,
    computed_at
from {{ ref('stg_gold__attribution_total') }}

union all

select
    workspace_id,
    window_days,
    'channel' as grain,
    'data_driven' as model,
    marketing_channel as channel,
    '' as campaign,
    '' as ad,
    currency,
    conversions,
    value_micros,
    share,
    null::double precision as removal_effect,
    null::double precision as conversions_low,
    null::double precision as conversions_high,
    share_low,
    share_high,
    computed_at
from {{ ref('stg_gold__channel_uplift') }}
