{{ config(
    kept_days='day_on',
    kept_parts={'month': "to_char(day_on, 'YYYY-MM')", 'since': 'day_on'},
    indexes=[{'columns': ['workspace_id', 'day_on']}]
) }}
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
    where campaign_id <> '' and {{ changed_parts('int_campaigns__daily') }}
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
            and {{ changed_parts('past', day='past.day_on + 28') }}
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
),

-- Days to come have no rate yet: they are planned by the latest known one.
rates as (
    select
        planned.workspace_id,
        planned.currency,
        planned.day_on,
        latest.reporting_currency,
        latest.reporting_digits,
        latest.rate
    from (
        select distinct
            workspace_id,
            currency,
            day_on
        from calendar
    ) as planned
    cross join lateral (
        select
            known.reporting_currency,
            known.reporting_digits,
            known.rate
        from {{ ref('int_currency_daily') }} as known
        where
            known.workspace_id = planned.workspace_id
            and known.currency = planned.currency
            and known.day_on <= planned.day_on
        order by known.day_on desc
        limit 1
    ) as latest
),

-- Materialized, so that the next join is not made in the order of this one: by currency and day.
priced as materialized (
    select
        calendar.*,
        rates.reporting_currency,
        rates.reporting_digits,
        rates.rate
    from calendar
    left join rates
        on
            calendar.workspace_id = rates.workspace_id
            and calendar.currency = rates.currency
            and calendar.day_on = rates.day_on
)

select
    priced.workspace_id,
    priced.channel,
    priced.account_id,
    priced.campaign_id,
    priced.day_on,
    case
        when budget.daily_micros is not null then 'budget'
        when priced.usual_micros is not null then 'trailing'
        else 'none'
    end as plan_source,
    coalesce(priced.reporting_currency, priced.currency) as reporting_currency,
    coalesce(priced.reporting_digits, 2)::integer as reporting_digits,
    round(coalesce(budget.daily_micros, priced.usual_micros) * coalesce(priced.rate, 1))::bigint
        as reporting_planned_micros,
    case
        when budget.daily_micros is not null or priced.usual_micros is not null
            then round(coalesce(days.spend_micros, 0) * coalesce(priced.rate, 1))::bigint
    end as reporting_spend_micros
from priced
left join {{ ref('int_campaigns__daily') }} as days
    on
        priced.workspace_id = days.workspace_id
        and priced.channel = days.channel
        and priced.account_id = days.account_id
        and priced.campaign_id = days.campaign_id
        and priced.currency = days.currency
        and priced.day_on = days.day_on
        and {{ changed_parts('days') }}
left join lateral (
    select given.daily_micros
    from {{ ref('budgets') }} as given
    where
        given.channel = priced.channel
        and given.campaign_id = priced.campaign_id
        and given.currency = priced.currency
        and priced.day_on between given.first_on and given.last_on
    order by given.first_on desc
    limit 1
) as budget on true
