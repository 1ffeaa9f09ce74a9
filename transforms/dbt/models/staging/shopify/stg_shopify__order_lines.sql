-- Net is after the line's discounts; tax is what it contains, null where the shop does not tell it by line.
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
    tax_micros,
    currency,
    loaded_at
from {{ silver_stream('order_line', 'shopify') }}
