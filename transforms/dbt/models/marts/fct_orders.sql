{{ config(indexes=[
    {'columns': ['workspace_id', 'day_on']},
    {'columns': ['workspace_id', 'credited_channel', 'day_on']}
]) }}

-- Links name a campaign by id, by name or, with mails, by the mail's id in utm_content.
with named as (
    select distinct
        workspace_id,
        credited_channel,
        credited_campaign,
        credited_content
    from {{ ref('int_orders__last_touch') }}
    where credited_campaign is not null or credited_content is not null
),

campaigns as (
    select distinct on (
        named.workspace_id, named.credited_channel, named.credited_campaign, named.credited_content
    )
        named.workspace_id,
        named.credited_channel,
        named.credited_campaign,
        named.credited_content,
        campaign.campaign_id
    from named
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
)

select
    orders.workspace_id,
    orders.channel,
    orders.account_id,
    orders.order_id,
    orders.order_name,
    orders.customer_id,
    orders.person_key,
    orders.is_new_customer,
    orders.ordered_at,
    orders.day_on,
    credit.credited_channel,
    credit.credit_source,
    credit.credited_event_id,
    credit.credited_at,
    credit.credited_campaign,
    campaigns.campaign_id as credited_campaign_id,
    credit.credited_content,
    orders.currency,
    {{ to_minor('orders.total_micros', 'money.digits') }} as total_minor,
    {{ to_minor('orders.discount_micros', 'money.digits') }} as discount_minor,
    {{ to_minor('orders.tax_micros', 'money.digits') }} as tax_minor,
    {{ to_minor('orders.shipping_micros', 'money.digits') }} as shipping_minor,
    {{ to_minor('orders.refunded_micros', 'money.digits') }} as refunded_minor,
    margin.revenue_micros,
    {{ to_minor('margin.revenue_micros', 'money.digits') }} as revenue_minor,
    margin.margin_micros,
    {{ to_minor('margin.margin_micros', 'money.digits') }} as margin_minor,
    margin.has_estimated_cost,
    money.reporting_currency,
    money.reporting_digits::integer as reporting_digits,
    {{ convert('margin.revenue_micros', 'money.rate') }} as reporting_revenue_micros,
    {{ convert('margin.margin_micros', 'money.rate') }} as reporting_margin_micros,
    {{ convert('orders.total_micros', 'money.rate') }} as reporting_gross_micros,
    {{ convert('orders.refunded_micros', 'money.rate') }} as reporting_refunded_micros,
    {{ convert('orders.discount_micros', 'money.rate') }} as reporting_discount_micros,
    orders.loaded_at
from {{ ref('int_orders__deduplicated') }} as orders
inner join {{ ref('int_order_margin') }} as margin
    on
        orders.workspace_id = margin.workspace_id
        and orders.channel = margin.channel
        and orders.account_id = margin.account_id
        and orders.order_id = margin.order_id
inner join {{ ref('int_orders__last_touch') }} as credit
    on
        orders.workspace_id = credit.workspace_id
        and orders.channel = credit.channel
        and orders.account_id = credit.account_id
        and orders.order_id = credit.order_id
inner join {{ ref('int_currency_daily') }} as money
    on
        orders.workspace_id = money.workspace_id
        and orders.day_on = money.day_on
        and orders.currency = money.currency
left join campaigns
    on
        credit.workspace_id = campaigns.workspace_id
        and credit.credited_channel = campaigns.credited_channel
        and coalesce(credit.credited_campaign, '') = coalesce(campaigns.credited_campaign, '')
        and coalesce(credit.credited_content, '') = coalesce(campaigns.credited_content, '')
