{{ config(kept_days='day_on') }}
-- The latest word on every order; test orders and cancelled ones are no orders.
-- Customers are joined before anything is left out, while the planner still knows how many rows there are,
-- and apart from the windows, whose order it would otherwise join by: that of whole accounts. A window names
-- first what differs most: rows are sorted by it.
with joined as materialized (
    select
        orders.*,
        customer.orders_count
    from {{ ref('int_orders__unioned') }} as orders
    left join {{ ref('int_customers__unioned') }} as customer
        on
            orders.workspace_id = customer.workspace_id
            and orders.channel = customer.channel
            and orders.account_id = customer.account_id
            and orders.customer_id = customer.customer_id
),

words as (
    select
        *,
        row_number() over (
            partition by order_id, workspace_id, channel, account_id
            order by updated_at desc nulls last, loaded_at desc
        ) as nth_word
    from joined
),

known as (
    select
        *,
        count(*) over (
            partition by coalesce(customer_id, order_id), workspace_id, channel, account_id
        ) as known_orders
    from words
    where nth_word = 1
),

kept as (
    select
        *,
        row_number() over (
            partition by coalesce(customer_id, person_key, order_id), workspace_id, channel, account_id
            order by ordered_at, order_id
        ) as nth_of_customer
    from known
    where not is_test and not is_cancelled
)

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
    currency,
    total_micros,
    coalesce(discount_micros, 0) as discount_micros,
    coalesce(tax_micros, 0) as tax_micros,
    coalesce(shipping_micros, 0) as shipping_micros,
    coalesce(refunded_micros, 0) as refunded_micros,
    last_utm_source,
    last_utm_medium,
    last_utm_campaign,
    last_utm_content,
    -- A shop that knows more orders of a customer than we do: our first one is not the first.
    nth_of_customer = 1 and coalesce(orders_count <= known_orders, true) as is_new_customer,
    loaded_at
from kept
