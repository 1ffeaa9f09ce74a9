{# The campaign each link of `credit` names: by id, by name or, with mails, by the mail's id in utm_content. #}
{% macro linked_campaigns(credit) -%}
    select distinct on (
        named.workspace_id, named.credited_channel, named.credited_campaign, named.credited_content
    )
        named.workspace_id,
        named.credited_channel,
        named.credited_campaign,
        named.credited_content,
        campaign.campaign_id
    from (
        select distinct
            workspace_id,
            credited_channel,
            credited_campaign,
            credited_content
        from {{ credit }}
        where credited_campaign is not null or credited_content is not null
    ) as named
    inner join {{ ref('int_campaigns__named') }} as campaign
        on
            named.workspace_id = campaign.workspace_id
            and named.credited_channel = campaign.channel
            and (
                named.credited_campaign = campaign.campaign_id
                or (campaign.kind = 'mail' and named.credited_content = campaign.campaign_id)
                or (campaign.slug <> '' and campaign.slug = {{ slug('named.credited_campaign') }})
            )
    order by
        named.workspace_id asc,
        named.credited_channel asc,
        named.credited_campaign asc,
        named.credited_content asc,
        campaign.campaign_id = named.credited_campaign desc,
        campaign.campaign_id = named.credited_content desc,
        campaign.last_on desc,
        campaign.campaign_id asc
{%- endmacro %}
