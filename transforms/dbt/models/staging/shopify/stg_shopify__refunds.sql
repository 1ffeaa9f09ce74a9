-- A refund has no list of its own: it comes with its order.
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
from {{ silver_stream('refund', 'shopify') }}
