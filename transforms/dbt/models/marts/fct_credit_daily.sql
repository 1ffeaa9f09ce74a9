{{ config(
    kept_parts={'month': "to_char(day_on, 'YYYY-MM')", 'day': 'day_on'},
    indexes=[{'columns': ['workspace_id', 'model', 'day_on']}]
) }}
-- What each model that shares orders credits: parts of whole orders, of their revenue and of their margin.
-- The shares of an order add up to 1, so a model's day adds up to the orders of the day.
{%- set models = {
    'first': 'first', 'last': 'last', 'linear': 'linear', 'position': 'position_based',
    'time_decay': 'time_decay', 'markov': 'markov', 'shapley': 'shapley'
} %}

with orders as (
    select
        workspace_id,
        day_on,
        is_new_customer,
        reporting_currency,
        reporting_revenue_micros,
        reporting_margin_micros,
        reporting_net_sales_micros,
        channel || '|' || account_id || '|' || order_id as path_id
    from {{ ref('fct_orders') }}
    where {{ changed_parts('fct_orders') }}
),

touches as (
    select *
    from {{ ref('stg_gold__attribution_credit') }}
    where window_days = {{ var('touch_window_days') }} and {{ changed_parts('stg_gold__attribution_credit') }}
),

shares as (
    {%- for model, column in models.items() %}
    select
        workspace_id,
        '{{ model }}' as model,
        marketing_channel,
        campaign,
        ad,
        day_on,
        path_id,
        {{ column }}::numeric as share
    from touches
    where {{ column }} <> 0
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
)

select
    shares.workspace_id,
    shares.model,
    shares.marketing_channel as channel,
    coalesce(shares.campaign, '') as campaign,
    coalesce(shares.ad, '') as ad,
    shares.day_on,
    orders.reporting_currency as currency,
    sum(shares.share)::double precision as orders,
    sum(shares.share * orders.is_new_customer::integer)::double precision as new_customers,
    sum(shares.share * orders.reporting_revenue_micros)::double precision as revenue_micros,
    sum(shares.share * orders.reporting_margin_micros)::double precision as margin_micros,
    sum(shares.share * orders.reporting_net_sales_micros)::double precision as net_sales_micros
from shares
inner join orders
    on
        shares.workspace_id = orders.workspace_id
        and shares.path_id = orders.path_id
        and shares.day_on = orders.day_on
group by
    shares.workspace_id, shares.model, shares.marketing_channel, coalesce(shares.campaign, ''),
    coalesce(shares.ad, ''), shares.day_on, orders.reporting_currency
