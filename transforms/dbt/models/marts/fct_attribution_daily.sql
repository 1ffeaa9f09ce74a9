{{ config(
    kept_parts={'month': "to_char(day_on, 'YYYY-MM')", 'day': 'day_on'},
    indexes=[{'columns': ['workspace_id', 'window_days', 'day_on']}]
) }}
-- Every model's credit side by side. Credits of one window add up over days, channels, campaigns and ads to
-- the conversions there were; windows are never added to one another.
{%- set models = {
    'first': 'first', 'last': 'last', 'last_non_direct': 'last_non_direct', 'linear': 'linear',
    'position_based': 'position', 'time_decay': 'time_decay', 'markov': 'markov', 'shapley': 'shapley'
} %}

select
    credit.workspace_id,
    credit.window_days,
    credit.marketing_channel as channel,
    coalesce(credit.campaign, '') as campaign,
    coalesce(credit.ad, '') as ad,
    credit.day_on,
    coalesce(money.reporting_currency, credit.currency) as currency,
{%- for column, model in models.items() %}
sum(credit.{{ column }}::numeric)::double precision as {{ model }}_conversions,
sum(credit.{{ column }}::numeric * credit.value_micros * coalesce(money.rate, 1))::double precision
    as {{ model }}_value_micros{{ ',' if not loop.last }}
{%- endfor %}
from {{ ref('stg_gold__attribution_credit') }} as credit
left join {{ ref('int_currency_daily') }} as money
    on
        credit.workspace_id = money.workspace_id
        and credit.day_on = money.day_on
        and credit.currency = money.currency
where {{ changed_parts('credit') }}
group by
    credit.workspace_id, credit.window_days, credit.marketing_channel, coalesce(credit.campaign, ''),
    coalesce(credit.ad, ''), credit.day_on, coalesce(money.reporting_currency, credit.currency)
