-- Customers of an imported shop; the person is a keyed hash.
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
from {{ source('lake', 'customer') }}
where stream = 'customer_import'
