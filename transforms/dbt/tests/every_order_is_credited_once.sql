-- Nothing waits for this check. depends_on: {{ ref('fct_blended_daily') }}
with orders as (
    select
        workspace_id,
        reporting_currency as currency,
        count(*) as orders,
        sum(reporting_revenue_micros) as revenue_micros
    from {{ ref('fct_orders') }}
    group by workspace_id, reporting_currency
),

channels as (
    select
        workspace_id,
        currency,
        sum(orders) as orders,
        sum(revenue_micros) as revenue_micros
    from {{ ref('fct_channel_daily') }}
    group by workspace_id, currency
)

select orders.*
from orders
left join channels on orders.workspace_id = channels.workspace_id and orders.currency = channels.currency
where
    orders.orders <> coalesce(channels.orders, 0)
    or orders.revenue_micros <> coalesce(channels.revenue_micros, 0)
