-- The person is a keyed hash; orders_count covers the customer's whole life.
select
    workspace_id,
    channel,
    account_id,
    customer_id,
    person_key,
    created_at,
    updated_at,
    orders_count,
    spent_micros,
    currency,
    loaded_at
from {{ silver_stream('customer', 'shopify') }}
