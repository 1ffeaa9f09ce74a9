-- Performance Max has no ad sets and no ads: those ids are empty here, as the vendor gives them.
-- Claims are biddable conversions booked on the day of the click.
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
from {{ silver_stream('ad_daily', 'google_ads') }}
