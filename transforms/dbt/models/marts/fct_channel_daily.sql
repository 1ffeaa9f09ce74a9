{{ config(
    kept_parts={'month': "to_char(day_on, 'YYYY-MM')", 'day': 'day_on'},
    indexes=[{'columns': ['workspace_id', 'day_on']}]
) }}
-- Every channel's day from five sides; a side that says nothing about a measure leaves it null.

with parts as (
    select
        workspace_id,
        channel,
        day_on,
        reporting_currency as currency,
        {{ channel_side({
            'impressions': 'impressions', 'clicks': 'clicks', 'spend_micros': 'reporting_spend_micros',
            'claimed_conversions': 'claimed_conversions', 'claim_window': 'claim_window',
            'claimed_value_micros': 'reporting_claimed_value_micros'
        }) }}
    from {{ ref('fct_spend_daily') }}
    where {{ changed_parts('fct_spend_daily') }}

    union all

    select
        workspace_id,
        credited_channel as channel,
        day_on,
        reporting_currency as currency,
        {{ channel_side({
            'orders': '1', 'new_customers': 'is_new_customer::integer',
            'revenue_micros': 'reporting_revenue_micros', 'margin_micros': 'reporting_margin_micros'
        }) }}
    from {{ ref('fct_orders') }}
    where {{ changed_parts('fct_orders') }}

    union all

    select
        workspace_id,
        channel,
        sent_on as day_on,
        reporting_currency as currency,
        {{ channel_side({
            'claimed_conversions': 'claimed_orders', 'claim_window': "'mail'",
            'claimed_value_micros': 'reporting_claimed_value_micros'
        }) }}
    from {{ ref('fct_email_campaign') }}
    where claimed_orders is not null and sent_on is not null and reporting_currency is not null

    union all

    select
        mail.workspace_id,
        mail.channel,
        mail.day_on,
        money.reporting_currency as currency,
        {{ channel_side({'mails_sent': 'mail.sent', 'clicks': 'mail.recipient_clicks'}) }}
    from {{ ref('fct_email_daily') }} as mail
    inner join {{ ref('int_workspaces__currency') }} as money on mail.workspace_id = money.workspace_id

    union all

    select
        account.workspace_id,
        account.channel,
        account.day_on,
        money.reporting_currency as currency,
        {{ channel_side({'views': 'account.views', 'engagements': 'account.engagements'}) }}
    from {{ ref('fct_account_daily') }} as account
    inner join {{ ref('int_workspaces__currency') }} as money on account.workspace_id = money.workspace_id
),

sums as (
    select
        workspace_id,
        channel,
        day_on,
        currency,
        sum(impressions)::bigint as impressions,
        sum(clicks)::bigint as clicks,
        sum(views)::bigint as views,
        sum(engagements)::bigint as engagements,
        sum(mails_sent)::bigint as mails_sent,
        coalesce(sum(spend_micros), 0)::bigint as spend_micros,
        sum(claimed_conversions::numeric)::double precision as claimed_conversions,
        sum(claimed_value_micros)::bigint as claimed_value_micros,
        {{ one_window('claim_window') }} as claim_window,
        coalesce(sum(orders), 0)::bigint as orders,
        coalesce(sum(new_customers), 0)::bigint as new_customers,
        coalesce(sum(revenue_micros), 0)::bigint as revenue_micros,
        coalesce(sum(margin_micros), 0)::bigint as margin_micros
    from parts
    group by workspace_id, channel, day_on, currency
)

select
    sums.workspace_id,
    sums.channel,
    sums.day_on,
    sums.currency,
    coalesce(currencies.digits, 2)::integer as digits,
    sums.impressions,
    sums.clicks,
    sums.views,
    sums.engagements,
    sums.mails_sent,
    sums.spend_micros,
    {{ to_minor('sums.spend_micros', 'coalesce(currencies.digits, 2)') }} as spend_minor,
    sums.claimed_conversions,
    sums.claim_window,
    sums.claimed_value_micros,
    {{ to_minor('sums.claimed_value_micros', 'coalesce(currencies.digits, 2)') }} as claimed_value_minor,
    sums.orders,
    sums.new_customers,
    sums.revenue_micros,
    {{ to_minor('sums.revenue_micros', 'coalesce(currencies.digits, 2)') }} as revenue_minor,
    sums.margin_micros,
    {{ to_minor('sums.margin_micros', 'coalesce(currencies.digits, 2)') }} as margin_minor
from sums
left join {{ ref('currencies') }} as currencies on sums.currency = currencies.currency
