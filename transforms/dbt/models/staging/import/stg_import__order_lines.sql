-- Lines of imported orders; net is after the line's discount.
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
from {{ source('lake', 'order_line') }}
where stream = 'order_line_import'
