{{ config(
    kept_days='day_on',
    kept_parts={'month': "to_char(day_on, 'YYYY-MM')", 'day': 'day_on'},
    kept_keys={
        'key': 'anonymous_id', 'rows': ['stg_site__event'], 'first_day': 'day_on', 'last_day': 'last_on'
    }
) }}
-- Events of one browser less than half an hour apart are one visit. Its channel is that of its first event
-- that was not direct.
with events as (
    select
        event.workspace_id,
        event.event_id,
        event.anonymous_id,
        event.kind,
        event.occurred_at,
        event.day_on,
        event.page_path,
        touches.marketing_channel
    from {{ ref('stg_site__event') }} as event
    left join {{ ref('int_touches__channelled') }} as touches
        on event.workspace_id = touches.workspace_id and event.event_id = touches.event_id
    where {{ changed_keys('event') }}
),

marked as (
    select
        *,
        case
            when
                occurred_at - lag(occurred_at) over browser
                <= interval '{{ var("visit_gap_minutes") }} minutes'
                then 0
            else 1
        end as is_first
    from events
    window browser as (partition by workspace_id, anonymous_id order by occurred_at, event_id)
),

numbered as (
    select
        *,
        sum(is_first) over (
            partition by workspace_id, anonymous_id
            order by occurred_at, event_id
        ) as nth_visit
    from marked
)

select
    workspace_id,
    anonymous_id,
    nth_visit,
    min(day_on) as day_on,
    max(day_on) as last_on,
    min(occurred_at) as began_at,
    coalesce(
        (
            array_agg(marketing_channel order by occurred_at, event_id)
            filter (where marketing_channel <> 'direct')
        )[1],
        'direct'
    ) as channel,
    count(*) filter (where kind = 'page_view') as pages,
    bool_or(page_path ~ '{{ var("product_page") }}') is true as has_product,
    bool_or(page_path ~ '{{ var("cart_page") }}') is true as has_cart,
    bool_or(kind = 'purchase') as has_purchase,
    count(*) filter (where kind = 'purchase') as purchases
from numbered
group by workspace_id, anonymous_id, nth_visit
