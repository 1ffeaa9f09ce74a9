{{ config(
    kept_parts={'month': "to_char(day_on, 'YYYY-MM')", 'day': 'day_on'},
    indexes=[
        {'columns': ['workspace_id', 'day_on']}, {'columns': ['workspace_id', 'credited_channel', 'day_on']}
    ]
) }}
{%- set rate = 'money.rate' %}
{%- set digits = 'money.reporting_digits' %}
{%- set net_sales = 'margin.margin_micros + margin.cost_micros' %}

select
    orders.workspace_id,
    orders.channel,
    orders.account_id,
    orders.order_id,
    orders.order_name,
    orders.customer_id,
    orders.person_key,
    orders.is_new_customer,
    orders.ordered_at,
    orders.day_on,
    credit.credited_channel,
    credit.credit_source,
    credit.credited_event_id,
    credit.credited_at,
    credit.credited_campaign,
    credit.credited_campaign_id,
    credit.credited_content,
    orders.currency,
    {{ to_minor('orders.total_micros', 'money.digits') }} as total_minor,
    {{ to_minor('orders.discount_micros', 'money.digits') }} as discount_minor,
    {{ to_minor('orders.tax_micros', 'money.digits') }} as tax_minor,
    {{ to_minor('orders.shipping_micros', 'money.digits') }} as shipping_minor,
    {{ to_minor('orders.refunded_micros', 'money.digits') }} as refunded_minor,
    margin.revenue_micros,
    {{ to_minor('margin.revenue_micros', 'money.digits') }} as revenue_minor,
    margin.margin_micros,
    {{ to_minor('margin.margin_micros', 'money.digits') }} as margin_minor,
    margin.has_estimated_cost,
    money.reporting_currency,
    money.reporting_digits::integer as reporting_digits,
    {{ convert_whole('margin.revenue_micros', rate, digits) }} as reporting_revenue_micros,
    {{ convert_whole('margin.margin_micros', rate, digits) }} as reporting_margin_micros,
    {{ convert_whole(net_sales, rate, digits) }} as reporting_net_sales_micros,
    {{ convert_whole('orders.total_micros', rate, digits) }} as reporting_gross_micros,
    {{ convert_whole('orders.refunded_micros', rate, digits) }} as reporting_refunded_micros,
    {{ convert_whole('orders.discount_micros', rate, digits) }} as reporting_discount_micros,
    orders.loaded_at
from {{ ref('int_orders__deduplicated') }} as orders
inner join {{ ref('int_order_margin') }} as margin
    on
        orders.workspace_id = margin.workspace_id
        and orders.channel = margin.channel
        and orders.account_id = margin.account_id
        and orders.order_id = margin.order_id
inner join {{ ref('int_orders__last_touch') }} as credit
    on
        orders.workspace_id = credit.workspace_id
        and orders.channel = credit.channel
        and orders.account_id = credit.account_id
        and orders.order_id = credit.order_id
inner join {{ ref('int_currency_daily') }} as money
    on
        orders.workspace_id = money.workspace_id
        and orders.day_on = money.day_on
        and orders.currency = money.currency
where
    {{ changed_parts('orders') }}
    and {{ changed_parts('margin') }}
    and {{ changed_parts('credit') }}
