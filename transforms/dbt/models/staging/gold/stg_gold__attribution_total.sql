-- The credits added up per channel, campaign or ad, with removal effect and interval where a model has them.
select
    workspace_id,
    window_days,
    grain,
    model,
    marketing_channel,
    campaign,
    ad,
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
from {{ source('lake', 'attribution_total') }}
