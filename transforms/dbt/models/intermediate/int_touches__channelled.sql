{{ config(
    kept_parts={'channel': 'channel', 'month': 'month', 'day': 'day_on'},
    indexes=[{'columns': ['workspace_id', 'channel', 'month']}]
) }}
-- Every visit with the marketing channel it came through; purchases and log-ins are no visits.
with touches as (
    select
        workspace_id,
        channel,
        month,
        event_id,
        kind,
        occurred_at,
        day_on,
        anonymous_id,
        person_key,
        utm_campaign,
        utm_content,
        {{ source_key('utm_source', 'utm_medium', 'click_id_kind', 'nullif(referrer_host, page_host)') }}
    from {{ ref('stg_site__event') }}
    where kind not in ('purchase', 'identify') and {{ changed_parts('stg_site__event') }}
)

select
    touches.workspace_id,
    touches.channel,
    touches.month,
    touches.event_id,
    touches.kind,
    touches.occurred_at,
    touches.day_on,
    touches.anonymous_id,
    touches.person_key,
    touches.utm_campaign,
    touches.utm_content,
    sources.marketing_channel
from touches
inner join {{ ref('int_sources__channelled') }} as sources
    on
        touches.workspace_id = sources.workspace_id
        and touches.source = sources.source
        and touches.medium = sources.medium
        and touches.click_id_kind = sources.click_id_kind
        and touches.referrer_host = sources.referrer_host
