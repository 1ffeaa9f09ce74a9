-- Refunds of imported orders.
select
    workspace_id,
    channel,
    account_id,
    order_id,
    refund_id,
    refunded_at,
    day_on,
    amount_micros,
    currency,
    loaded_at
from {{ source('lake', 'refund') }}
where stream = 'refund_import'
