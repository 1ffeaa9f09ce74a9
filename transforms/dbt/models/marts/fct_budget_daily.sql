{{ config(indexes=[{'columns': ['workspace_id', 'day_on']}]) }}
-- What every campaign may spend a day, from its first day to the end of its last month. A budget of
-- seeds/budgets.csv counts; without one, the campaign's own average day of the 28 days before the month.
with months as (
    select
        workspace_id,
        channel,
        account_id,
        campaign_id,
        currency,
        date_trunc('month', day_on)::date as month_on,
        min(day_on) as first_on
    from {{ ref('int_campaigns__daily') }}
    where campaign_id <> ''
    group by workspace_id, channel, account_id, campaign_id, currency, date_trunc('month', day_on)
),

usual as (
    select
        months.workspace_id,
        months.channel,
        months.account_id,
        months.campaign_id,
        months.currency,
        months.month_on,
        months.first_on,
        round(sum(past.spend_micros) / 28.0)::bigint as usual_micros
    from months
    left join {{ ref('int_campaigns__daily') }} as past
        on
            months.workspace_id = past.workspace_id
            and months.channel = past.channel
            and months.account_id = past.account_id
            and months.campaign_id = past.campaign_id
            and months.currency = past.currency
            and past.day_on between months.month_on - 28 and months.month_on - 1
    group by
        months.workspace_id, months.channel, months.account_id, months.campaign_id, months.currency,
        months.month_on, months.first_on
),

-- Materialized, so that the day takes part in the join below and is not sorted out after it.
calendar as materialized (
    select
        usual.workspace_id,
        usual.channel,
        usual.account_id,
        usual.campaign_id,
        usual.currency,
        usual.usual_micros,
        day.day_on::date as day_on
    from usual
    cross join lateral generate_series(
        usual.first_on::timestamp, usual.month_on + interval '1 month' - interval '1 day', interval '1 day'
    ) as day (day_on)
)

select
    calendar.workspace_id,
    calendar.channel,
    calendar.account_id,
    calendar.campaign_id,
    calendar.day_on,
    case
        when budget.daily_micros is not null then 'budget'
        when calendar.usual_micros is not null then 'trailing'
        else 'none'
    end as plan_source,
    coalesce(money.reporting_currency, calendar.currency) as reporting_currency,
    coalesce(money.reporting_digits, 2)::integer as reporting_digits,
    round(coalesce(budget.daily_micros, calendar.usual_micros) * coalesce(money.rate, 1))::bigint
        as reporting_planned_micros,
    case
        when budget.daily_micros is not null or calendar.usual_micros is not null
            then round(coalesce(days.spend_micros, 0) * coalesce(money.rate, 1))::bigint
    end as reporting_spend_micros
from calendar
left join {{ ref('int_campaigns__daily') }} as days
    on
        calendar.workspace_id = days.workspace_id
        and calendar.channel = days.channel
        and calendar.account_id = days.account_id
        and calendar.campaign_id = days.campaign_id
        and calendar.currency = days.currency
        and calendar.day_on = days.day_on
left join lateral (
    select given.daily_micros
    from {{ ref('budgets') }} as given
    where
        given.channel = calendar.channel
        and given.campaign_id = calendar.campaign_id
        and given.currency = calendar.currency
        and calendar.day_on between given.first_on and given.last_on
    order by given.first_on desc
    limit 1
) as budget on true
-- Days to come have no rate yet: they are planned by the latest known one.
left join lateral (
    select
        known.reporting_currency,
        known.reporting_digits,
        known.rate
    from {{ ref('int_currency_daily') }} as known
    where
        known.workspace_id = calendar.workspace_id
        and known.currency = calendar.currency
        and known.day_on <= calendar.day_on
    order by known.day_on desc
    limit 1
) as money on true
