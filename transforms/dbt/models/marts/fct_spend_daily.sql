{{ config(
    kept_parts={'channel': 'channel', 'month': "to_char(day_on, 'YYYY-MM')", 'day': 'day_on'},
    indexes=[{'columns': ['workspace_id', 'channel', 'day_on']}]
) }}

with sums as (
    select
        ads.workspace_id,
        ads.channel,
        ads.account_id,
        ads.day_on,
        ads.currency,
        money.digits,
        money.reporting_currency,
        money.reporting_digits,
        sum(ads.impressions)::bigint as impressions,
        sum(ads.clicks)::bigint as clicks,
        sum(ads.spend_micros)::bigint as spend_micros,
        sum(ads.claimed_conversions::numeric)::double precision as claimed_conversions,
        sum(ads.claimed_value_micros)::bigint as claimed_value_micros,
        {{ one_window('ads.claim_window') }} as claim_window,
        sum({{ convert('ads.spend_micros', 'money.rate') }})::bigint as reporting_spend_micros,
        sum({{ convert('ads.claimed_value_micros', 'money.rate') }})::bigint as reporting_claimed_value_micros
    from {{ ref('int_ads__unioned') }} as ads
    inner join {{ ref('int_currency_daily') }} as money
        on
            ads.workspace_id = money.workspace_id
            and ads.day_on = money.day_on
            and ads.currency = money.currency
    where {{ changed_parts('ads') }}
    group by
        ads.workspace_id, ads.channel, ads.account_id, ads.day_on, ads.currency,
        money.digits, money.reporting_currency, money.reporting_digits
)

select
    workspace_id,
    channel,
    account_id,
    day_on,
    impressions,
    clicks,
    claimed_conversions,
    claim_window,
    currency,
    spend_micros,
    {{ to_minor('spend_micros', 'digits') }} as spend_minor,
    claimed_value_micros,
    {{ to_minor('claimed_value_micros', 'digits') }} as claimed_value_minor,
    reporting_currency,
    reporting_digits::integer as reporting_digits,
    reporting_spend_micros,
    reporting_claimed_value_micros
from sums
