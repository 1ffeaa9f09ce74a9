{{ config(kept_rows=true) }}
-- Every distinct origin of a visit (tags, click id, outside referrer) and the marketing channel it means,
-- by the first rule of channel_rules.csv that fits. What no rule fits is direct.
with origins as (
    select
        workspace_id,
        {{ source_key('utm_source', 'utm_medium', 'click_id_kind', 'referrer_host') }}
    from (
        select distinct
            workspace_id,
            utm_source,
            utm_medium,
            click_id_kind,
            nullif(referrer_host, page_host) as referrer_host
        from {{ ref('stg_site__event') }}
    ) as visits
    union
    select
        workspace_id,
        {{ source_key('last_utm_source', 'last_utm_medium', 'null::text', 'null::text') }}
    from {{ ref('int_orders__unioned') }}
)

select distinct on (
    origins.workspace_id, origins.source, origins.medium, origins.click_id_kind, origins.referrer_host
)
    origins.workspace_id,
    origins.source,
    origins.medium,
    origins.click_id_kind,
    origins.referrer_host,
    coalesce(rules.channel, 'direct') as marketing_channel,
    rules.because
from origins
left join {{ ref('channel_rules') }} as rules
    on
        origins.source ~ ('^(' || coalesce(nullif(rules.source, ''), '.*') || ')$')
        and origins.medium ~ ('^(' || coalesce(nullif(rules.medium, ''), '.*') || ')$')
        and origins.click_id_kind ~ ('^(' || coalesce(nullif(rules.click_id_kind, ''), '.*') || ')$')
        and origins.referrer_host ~ ('^(' || coalesce(nullif(rules.referrer_host, ''), '.*') || ')$')
order by
    origins.workspace_id, origins.source, origins.medium, origins.click_id_kind, origins.referrer_host,
    rules.priority
