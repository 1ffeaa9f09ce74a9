{{ config(kept_days='day_on', indexes=[{'columns': ['workspace_id', 'day_on']}]) }}
-- Who gets the credit of an order: the last visit that was not direct, by the same browser or the same
-- person, within the window before the order; else what the shop itself saw last; else direct.
-- A visit belongs to its browser and to everyone who was ever known in that browser.
with visits as not materialized (
    select *
    from {{ ref('int_touches__channelled') }}
    where marketing_channel <> 'direct'
),

visit_keys as (
    select
        workspace_id,
        event_id,
        occurred_at,
        marketing_channel,
        utm_campaign,
        utm_content,
        'browser ' || anonymous_id as visitor
    from visits
    union all
    select
        visits.workspace_id,
        visits.event_id,
        visits.occurred_at,
        visits.marketing_channel,
        visits.utm_campaign,
        visits.utm_content,
        'person ' || persons.person_key as visitor
    from visits
    inner join {{ ref('int_browsers__persons') }} as persons
        on
            visits.workspace_id = persons.workspace_id
            and visits.anonymous_id = persons.anonymous_id
            and coalesce(visits.person_key, persons.person_key) = persons.person_key
),

order_keys as (
    select
        workspace_id,
        order_id,
        visitor
    from {{ ref('int_purchases__visitors') }}
    union
    select
        workspace_id,
        order_id,
        'person ' || person_key as visitor
    from {{ ref('int_orders__deduplicated') }}
    where person_key is not null
),

last_visits as (
    select distinct on (orders.order_id, orders.workspace_id, orders.channel, orders.account_id)
        orders.workspace_id,
        orders.channel,
        orders.account_id,
        orders.order_id,
        visit_keys.event_id,
        visit_keys.occurred_at,
        visit_keys.marketing_channel,
        visit_keys.utm_campaign,
        visit_keys.utm_content
    from {{ ref('int_orders__deduplicated') }} as orders
    inner join order_keys
        on orders.workspace_id = order_keys.workspace_id and orders.order_id = order_keys.order_id
    inner join visit_keys
        on
            order_keys.workspace_id = visit_keys.workspace_id
            and order_keys.visitor = visit_keys.visitor
            and orders.ordered_at >= visit_keys.occurred_at
            and visit_keys.occurred_at >= orders.ordered_at - interval '{{ var("touch_window_days") }} days'
    order by
        orders.order_id asc, orders.workspace_id asc, orders.channel asc, orders.account_id asc,
        visit_keys.occurred_at desc, visit_keys.event_id desc
),

shop_words as (
    select
        workspace_id,
        channel,
        account_id,
        order_id,
        day_on,
        last_utm_campaign,
        last_utm_content,
        {{ source_key('last_utm_source', 'last_utm_medium', 'null::text', 'null::text') }}
    from {{ ref('int_orders__deduplicated') }}
),

credit as (
    select
        shop_words.workspace_id,
        shop_words.channel,
        shop_words.account_id,
        shop_words.order_id,
        shop_words.day_on,
        coalesce(last_visits.marketing_channel, sources.marketing_channel) as credited_channel,
        case
            when last_visits.event_id is not null then 'first_party'
            when sources.marketing_channel <> 'direct' then 'shop'
            else 'none'
        end as credit_source,
        last_visits.event_id as credited_event_id,
        last_visits.occurred_at as credited_at,
        case
            when last_visits.event_id is null then shop_words.last_utm_campaign
            else last_visits.utm_campaign
        end as credited_campaign,
        case
            when last_visits.event_id is null then shop_words.last_utm_content
            else last_visits.utm_content
        end as credited_content
    from shop_words
    -- Every origin is there; of an inner join the planner would expect nothing, and loop over campaigns.
    left join {{ ref('int_sources__channelled') }} as sources
        on
            shop_words.workspace_id = sources.workspace_id
            and shop_words.source = sources.source
            and shop_words.medium = sources.medium
            and shop_words.click_id_kind = sources.click_id_kind
            and shop_words.referrer_host = sources.referrer_host
    left join last_visits
        on
            shop_words.workspace_id = last_visits.workspace_id
            and shop_words.channel = last_visits.channel
            and shop_words.account_id = last_visits.account_id
            and shop_words.order_id = last_visits.order_id
),

campaigns as (
    {{ linked_campaigns('credit') }}
)

select
    credit.*,
    campaigns.campaign_id as credited_campaign_id
from credit
left join campaigns
    on
        credit.workspace_id = campaigns.workspace_id
        and credit.credited_channel = campaigns.credited_channel
        and coalesce(credit.credited_campaign, '') = coalesce(campaigns.credited_campaign, '')
        and coalesce(credit.credited_content, '') = coalesce(campaigns.credited_content, '')
