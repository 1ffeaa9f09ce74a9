-- Products of an imported shop.
select
    workspace_id,
    channel,
    account_id,
    product_id,
    variant_id,
    sku,
    title,
    currency,
    price_micros,
    unit_cost_micros,
    loaded_at
from {{ source('lake', 'product') }}
where stream = 'product_import'
