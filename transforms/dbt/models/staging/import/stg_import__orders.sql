-- Orders of a shop exported by hand, whatever its channel.
select
    workspace_id,
    channel,
    account_id,
    order_id,
    order_name,
    customer_id,
    person_key,
    ordered_at,
    day_on,
    updated_at,
    currency,
    total_micros,
    discount_micros,
    tax_micros,
    shipping_micros,
    refunded_micros,
    is_test,
    is_cancelled,
    last_utm_source,
    last_utm_medium,
    last_utm_campaign,
    last_utm_content,
    loaded_at
from {{ source('lake', 'order') }}
where stream = 'order_import'
