{{ config(
    kept_days='day_on',
    kept_parts={'month': "to_char(day_on, 'YYYY-MM')", 'day': 'day_on'},
    kept_keys={
        'key': 'order_id', 'rows': ['int_orders__deduplicated', 'int_order_lines__unioned'],
        'first_day': 'first_on', 'last_day': 'last_on'
    },
    indexes=[{'columns': ['workspace_id', 'day_on']}]
) }}
-- What an order really brought.
-- Revenue is what the customer paid and kept paid: total with tax and shipping, less refunds.
-- Margin is the goods alone: their value without tax, less what was given back, less their unit cost.
-- The tax within goods is the one the shop tells line by line; where it tells none, the order's tax is taken
-- off goods and shipping alike, which is too little off the goods where shipping bears none.
-- Shipping is left out on both sides (the fee stands against the carrier's bill, which no shop tells).
-- Goods given back are not assumed to be sold again, so their cost stays.
with lines as (
    select
        line.workspace_id,
        line.channel,
        line.account_id,
        line.order_id,
        min(line.day_on) as first_on,
        max(line.day_on) as last_on,
        sum(line.net_micros) as net_micros,
        sum(line.net_micros) filter (where product.unit_cost_micros is null) as net_without_cost_micros,
        -- Null unless every line tells its tax.
        case when count(line.tax_micros) = count(*) then sum(line.tax_micros) end as line_tax_micros,
        sum(line.quantity * product.unit_cost_micros) as cost_micros
    from {{ ref('int_order_lines__unioned') }} as line
    left join {{ ref('int_products__unioned') }} as product
        on
            line.workspace_id = product.workspace_id
            and line.channel = product.channel
            and line.account_id = product.account_id
            and line.product_id = product.product_id
            and line.variant_id = product.variant_id
            and line.currency = product.currency
    where {{ changed_keys('line') }}
    group by line.workspace_id, line.channel, line.account_id, line.order_id
),

parts as (
    select
        orders.workspace_id,
        orders.channel,
        orders.account_id,
        orders.order_id,
        orders.day_on,
        least(orders.day_on, lines.first_on) as first_on,
        greatest(orders.day_on, lines.last_on) as last_on,
        orders.total_micros,
        orders.tax_micros,
        orders.refunded_micros,
        lines.line_tax_micros,
        lines.order_id is null as has_no_lines,
        coalesce(lines.net_micros, orders.total_micros - orders.tax_micros - orders.shipping_micros)::numeric
            as net_micros,
        coalesce(lines.net_without_cost_micros, 0)::numeric as net_without_cost_micros,
        coalesce(lines.cost_micros, 0)::numeric as cost_micros,
        -- Prices contain the tax where lines and shipping alone already make the total.
        case
            when lines.line_tax_micros is not null
                then coalesce(1 - lines.line_tax_micros::numeric / nullif(lines.net_micros, 0), 1)
            when
                lines.order_id is not null
                and orders.tax_micros > 0
                and lines.net_micros + orders.shipping_micros > orders.total_micros - orders.tax_micros / 2
                then 1 - orders.tax_micros::numeric / nullif(orders.total_micros, 0)
            else 1
        end as untaxed_share
    from {{ ref('int_orders__deduplicated') }} as orders
    left join lines
        on
            orders.workspace_id = lines.workspace_id
            and orders.channel = lines.channel
            and orders.account_id = lines.account_id
            and orders.order_id = lines.order_id
    where {{ changed_keys('orders') }}
),

valued as (
    select
        *,
        net_micros * untaxed_share as goods_micros,
        cost_micros
        + (case when has_no_lines then net_micros else net_without_cost_micros end)
        * untaxed_share * (1 - {{ var('default_margin_rate') }}) as full_cost_micros,
        -- Prices without tax still sell it on top: what is paid back holds it.
        refunded_micros
        * case
            when line_tax_micros > 0 then untaxed_share
            else 1 - tax_micros::numeric / nullif(total_micros, 0)
        end as given_back_micros
    from parts
)

select
    workspace_id,
    channel,
    account_id,
    order_id,
    day_on,
    first_on,
    last_on,
    total_micros - refunded_micros as revenue_micros,
    round(goods_micros)::bigint as goods_micros,
    round(full_cost_micros)::bigint as cost_micros,
    round(goods_micros - least(coalesce(given_back_micros, 0), goods_micros) - full_cost_micros)::bigint
        as margin_micros,
    has_no_lines or net_without_cost_micros <> 0 as has_estimated_cost
from valued
