-- Which campaign or mail the links of touches name: by id, by name or by the mail's id.
with credit as (
    select distinct
        workspace_id,
        channel as credited_channel,
        nullif(campaign, '') as credited_campaign,
        nullif(ad, '') as credited_content
    from {{ ref('fct_credit_daily') }}
),

campaigns as (
    {{ linked_campaigns('credit') }}
)

select
    workspace_id,
    credited_channel as channel,
    coalesce(credited_campaign, '') as campaign,
    coalesce(credited_content, '') as ad,
    campaign_id
from campaigns
