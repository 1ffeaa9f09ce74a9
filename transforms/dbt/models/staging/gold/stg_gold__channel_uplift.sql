-- The data-driven model: what a channel began by its paths, moved towards what its spend explains.
select
    workspace_id,
    window_days,
    marketing_channel,
    currency,
    conversions,
    value_micros,
    share,
    share_low,
    share_high,
    computed_at
from {{ source('lake', 'channel_uplift') }}
