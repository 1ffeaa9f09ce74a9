-- One row per variant; unit cost is null where the shop does not keep it.
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
from {{ silver_stream('product', 'shopify') }}
