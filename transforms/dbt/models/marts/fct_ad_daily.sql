{{ config(
    kept_parts={'channel': 'channel', 'month': 'month', 'day': 'day_on'},
    indexes=[{'columns': ['workspace_id', 'channel', 'day_on']}, {'columns': ['workspace_id', 'channel', 'month']}]
) }}

select
    ads.workspace_id,
    ads.channel,
    ads.account_id,
    ads.day_on,
    ads.month,
    ads.campaign_id,
    ads.campaign_name,
    ads.ad_set_id,
    ads.ad_set_name,
    ads.ad_id,
    ads.ad_name,
    ads.network,
    ads.is_unallocated,
    ads.impressions,
    ads.clicks,
    ads.claimed_conversions,
    ads.claim_window,
    ads.claim_model,
    ads.claim_action,
    ads.currency,
    ads.spend_micros,
    {{ to_minor('ads.spend_micros', 'money.digits') }} as spend_minor,
    ads.claimed_value_micros,
    {{ to_minor('ads.claimed_value_micros', 'money.digits') }} as claimed_value_minor,
    money.reporting_currency,
    money.reporting_digits::integer as reporting_digits,
    {{ convert('ads.spend_micros', 'money.rate') }} as reporting_spend_micros,
    {{ convert('ads.claimed_value_micros', 'money.rate') }} as reporting_claimed_value_micros,
    ads.loaded_at
from {{ ref('int_ads__unioned') }} as ads
inner join {{ ref('int_currency_daily') }} as money
    on
        ads.workspace_id = money.workspace_id
        and ads.day_on = money.day_on
        and ads.currency = money.currency
where {{ changed_parts('ads') }}
