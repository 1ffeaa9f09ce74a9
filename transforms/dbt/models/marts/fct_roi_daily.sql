{{ config(
    kept_parts={'month': "to_char(day_on, 'YYYY-MM')", 'day': 'day_on'},
    indexes=[{'columns': ['workspace_id', 'day_on']}]
) }}
-- What every campaign cost and brought on a day. Ratios are of the row alone: add the parts, then divide.
with spent as (
    select
        campaign.workspace_id,
        campaign.channel,
        campaign.campaign_id,
        campaign.day_on,
        money.reporting_currency as currency,
        money.reporting_digits as digits,
        sum(campaign.impressions)::bigint as impressions,
        sum(campaign.clicks)::bigint as clicks,
        sum({{ convert('campaign.spend_micros', 'money.rate') }})::bigint as spend_micros
    from {{ ref('int_campaigns__daily') }} as campaign
    inner join {{ ref('int_currency_daily') }} as money
        on
            campaign.workspace_id = money.workspace_id
            and campaign.day_on = money.day_on
            and campaign.currency = money.currency
    where {{ changed_parts('campaign') }}
    group by
        campaign.workspace_id, campaign.channel, campaign.campaign_id, campaign.day_on,
        money.reporting_currency, money.reporting_digits
),

earned as (
    select
        workspace_id,
        credited_channel as channel,
        coalesce(credited_campaign_id, '') as campaign_id,
        day_on,
        reporting_currency as currency,
        reporting_digits as digits,
        count(*) as orders,
        count(*) filter (where is_new_customer) as new_customers,
        sum(reporting_revenue_micros)::bigint as revenue_micros,
        sum(reporting_margin_micros)::bigint as margin_micros
    from {{ ref('fct_orders') }}
    where {{ changed_parts('fct_orders') }}
    group by
        workspace_id, credited_channel, coalesce(credited_campaign_id, ''), day_on, reporting_currency,
        reporting_digits
),

parts as (
    select
        coalesce(spent.workspace_id, earned.workspace_id) as workspace_id,
        coalesce(spent.channel, earned.channel) as channel,
        coalesce(spent.campaign_id, earned.campaign_id) as campaign_id,
        coalesce(spent.day_on, earned.day_on) as day_on,
        coalesce(spent.currency, earned.currency) as currency,
        coalesce(spent.digits, earned.digits)::integer as digits,
        spent.impressions,
        spent.clicks,
        coalesce(spent.spend_micros, 0) as spend_micros,
        coalesce(earned.orders, 0) as orders,
        coalesce(earned.new_customers, 0) as new_customers,
        coalesce(earned.revenue_micros, 0) as revenue_micros,
        coalesce(earned.margin_micros, 0) as margin_micros
    from spent
    full join earned
        on
            spent.workspace_id = earned.workspace_id
            and spent.channel = earned.channel
            and spent.campaign_id = earned.campaign_id
            and spent.day_on = earned.day_on
            and spent.currency = earned.currency
),

rounded as (
    select
        *,
        {{ to_minor('spend_micros', 'digits') }} as spend_minor,
        {{ to_minor('revenue_micros', 'digits') }} as revenue_minor,
        {{ to_minor('margin_micros', 'digits') }} as margin_minor
    from parts
)

select
    workspace_id,
    channel,
    campaign_id,
    day_on,
    currency,
    digits,
    impressions,
    clicks,
    orders,
    new_customers,
    spend_micros,
    spend_minor,
    revenue_micros,
    revenue_minor,
    margin_micros,
    margin_minor,
    -- Spend that the vendor splits by no campaign has nothing to do with orders that name none.
    case when campaign_id <> '' then {{ metric('roas') }} end as roas,
    case when campaign_id <> '' then {{ metric('roi') }} end as roi,
    case when campaign_id <> '' and spend_minor <> 0 then {{ metric('cac') }} end as cac
from rounded
