{{ config(indexes=[{'columns': ['workspace_id', 'channel', 'day_on']}]) }}

with sums as (
    select
        workspace_id,
        channel,
        account_id,
        day_on,
        currency,
        sum(impressions)::bigint as impressions,
        sum(clicks)::bigint as clicks,
        sum(spend_micros)::bigint as spend_micros,
        sum(claimed_conversions) as claimed_conversions,
        sum(claimed_value_micros)::bigint as claimed_value_micros,
        {{ one_window('claim_window') }} as claim_window
    from {{ ref('int_ads__unioned') }}
    group by workspace_id, channel, account_id, day_on, currency
)

select
    sums.workspace_id,
    sums.channel,
    sums.account_id,
    sums.day_on,
    sums.impressions,
    sums.clicks,
    sums.claimed_conversions,
    sums.claim_window,
    sums.currency,
    sums.spend_micros,
    {{ to_minor('sums.spend_micros', 'money.digits') }} as spend_minor,
    sums.claimed_value_micros,
    {{ to_minor('sums.claimed_value_micros', 'money.digits') }} as claimed_value_minor,
    money.reporting_currency,
    money.reporting_digits::integer as reporting_digits,
    {{ convert('sums.spend_micros', 'money.rate') }} as reporting_spend_micros,
    {{ convert('sums.claimed_value_micros', 'money.rate') }} as reporting_claimed_value_micros
from sums
inner join {{ ref('int_currency_daily') }} as money
    on
        sums.workspace_id = money.workspace_id
        and sums.day_on = money.day_on
        and sums.currency = money.currency
