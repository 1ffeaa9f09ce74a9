{{ config(kept_parts={'month': "to_char(day_on, 'YYYY-MM')", 'day': 'day_on'}) }}
with sums as (
    select
        workspace_id,
        day_on,
        currency,
        digits,
        sum(spend_micros)::bigint as spend_micros,
        sum(orders)::bigint as orders,
        sum(new_customers)::bigint as new_customers,
        sum(revenue_micros)::bigint as revenue_micros,
        sum(margin_micros)::bigint as margin_micros
    from {{ ref('fct_channel_daily') }}
    where {{ changed_parts('fct_channel_daily') }}
    group by workspace_id, day_on, currency, digits
)

select
    workspace_id,
    day_on,
    currency,
    digits,
    orders,
    new_customers,
    spend_micros,
    {{ to_minor('spend_micros', 'digits') }} as spend_minor,
    revenue_micros,
    {{ to_minor('revenue_micros', 'digits') }} as revenue_minor,
    margin_micros,
    {{ to_minor('margin_micros', 'digits') }} as margin_minor
from sums
