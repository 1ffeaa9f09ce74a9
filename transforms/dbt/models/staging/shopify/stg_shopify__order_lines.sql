-- Net is after the line's discounts; it contains tax where the shop's prices do.
select
    workspace_id,
    channel,
    account_id,
    order_id,
    line_id,
    day_on,
    product_id,
    variant_id,
    sku,
    quantity,
    net_micros,
    currency,
    loaded_at
from {{ silver_stream('order_line', 'shopify') }}
