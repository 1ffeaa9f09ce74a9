-- Totals of an ad account exported by hand; ads imported for the same account are subtracted from them.
select
    workspace_id,
    channel,
    account_id,
    day_on,
    month,
    currency,
    impressions,
    clicks,
    spend_micros,
    claimed_conversions,
    claimed_value_micros,
    claim_window,
    claim_model,
    loaded_at
from {{ source('lake', 'spend_daily') }}
where stream = 'spend_import'
