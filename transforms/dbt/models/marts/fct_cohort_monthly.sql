-- Customers by the month of their first order and the channel that brought it: who comes back, and what
-- they bring. A month after the first has a row for every cohort, also where nobody ordered. A customer
-- whose first order is older than what is loaded is in no cohort.
with buyers as (
    select
        workspace_id,
        order_id,
        ordered_at,
        is_new_customer,
        credited_channel,
        reporting_currency,
        reporting_revenue_micros,
        reporting_margin_micros,
        channel || '|' || account_id || '|' || coalesce(customer_id, person_key, order_id) as customer,
        date_trunc('month', day_on)::date as month_on
    from {{ ref('fct_orders') }}
),

firsts as (
    select distinct on (customer, workspace_id)
        workspace_id,
        customer,
        month_on as cohort_on,
        credited_channel as channel,
        reporting_currency as currency
    from buyers
    where is_new_customer
    order by customer asc, workspace_id asc, ordered_at asc, order_id asc
),

sizes as (
    select
        workspace_id,
        cohort_on,
        channel,
        currency,
        count(*) as customers
    from firsts
    group by workspace_id, cohort_on, channel, currency
),

ends as (
    select
        workspace_id,
        max(month_on) as last_on
    from buyers
    group by workspace_id
),

months as (
    select
        sizes.*,
        step.months_since::integer as months_since
    from sizes
    inner join ends on sizes.workspace_id = ends.workspace_id
    cross join lateral generate_series(
        0,
        (
            extract(year from age(ends.last_on, sizes.cohort_on)) * 12
            + extract(month from age(ends.last_on, sizes.cohort_on))
        )::integer
    ) as step (months_since)
),

followed as (
    select
        firsts.workspace_id,
        firsts.cohort_on,
        firsts.channel,
        firsts.currency,
        buyers.customer,
        buyers.reporting_revenue_micros,
        buyers.reporting_margin_micros,
        (
            extract(year from age(buyers.month_on, firsts.cohort_on)) * 12
            + extract(month from age(buyers.month_on, firsts.cohort_on))
        )::integer as months_since
    from buyers
    inner join firsts
        on
            buyers.workspace_id = firsts.workspace_id
            and buyers.customer = firsts.customer
            and buyers.reporting_currency = firsts.currency
),

bought as (
    select
        workspace_id,
        cohort_on,
        channel,
        currency,
        months_since,
        count(distinct customer) as active_customers,
        count(*) as orders,
        sum(reporting_revenue_micros)::bigint as revenue_micros,
        sum(reporting_margin_micros)::bigint as margin_micros
    from followed
    group by workspace_id, cohort_on, channel, currency, months_since
)

select
    months.workspace_id,
    months.cohort_on,
    months.channel,
    months.currency,
    months.months_since,
    months.customers,
    coalesce(bought.active_customers, 0) as active_customers,
    coalesce(bought.orders, 0) as orders,
    coalesce(bought.revenue_micros, 0) as revenue_micros,
    coalesce(bought.margin_micros, 0) as margin_micros,
    coalesce(sum(bought.revenue_micros) over life, 0)::bigint as revenue_so_far_micros,
    coalesce(sum(bought.margin_micros) over life, 0)::bigint as margin_so_far_micros
from months
left join bought
    on
        months.workspace_id = bought.workspace_id
        and months.cohort_on = bought.cohort_on
        and months.channel = bought.channel
        and months.currency = bought.currency
        and months.months_since = bought.months_since
window life as (
    partition by months.workspace_id, months.cohort_on, months.channel, months.currency
    order by months.months_since
)
