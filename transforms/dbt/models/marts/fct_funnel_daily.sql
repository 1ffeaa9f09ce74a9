{{ config(
    kept_parts={'month': "to_char(day_on, 'YYYY-MM')", 'day': 'day_on'},
    indexes=[{'columns': ['workspace_id', 'day_on']}]
) }}

select
    workspace_id,
    channel,
    day_on,
    count(*) as visits,
    count(*) filter (where pages > 1 or has_purchase) as engaged_visits,
    count(*) filter (where has_product) as product_visits,
    count(*) filter (where has_cart) as cart_visits,
    count(*) filter (where has_purchase) as purchase_visits,
    sum(purchases)::bigint as purchases
from {{ ref('int_visits__grouped') }}
where {{ changed_parts('int_visits__grouped') }}
group by workspace_id, channel, day_on
