-- Reports exported from an ad platform, whatever its channel.
select
    workspace_id,
    channel,
    account_id,
    day_on,
    month,
    campaign_id,
    campaign_name,
    ad_set_id,
    ad_set_name,
    ad_id,
    ad_name,
    network,
    currency,
    impressions,
    clicks,
    spend_micros,
    claimed_conversions,
    claimed_value_micros,
    claim_window,
    claim_model,
    claim_action,
    loaded_at
from {{ source('lake', 'ad_daily') }}
where stream = 'report_import'
