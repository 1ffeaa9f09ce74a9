-- The ad account's own total per day.
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
from {{ silver_stream('spend_daily', 'meta_ads') }}
