-- A campaign's month against its plan: spent so far, planned so far, where it will end at the pace of the
-- last seven days. So far means up to the latest day the channel has spend for.
with latest as (
    select
        workspace_id,
        channel,
        max(day_on) as last_on
    from {{ ref('int_campaigns__daily') }}
    group by workspace_id, channel
),

days as (
    select
        budget.*,
        latest.last_on,
        date_trunc('month', budget.day_on)::date as month_on,
        budget.day_on <= latest.last_on as is_past
    from {{ ref('fct_budget_daily') }} as budget
    inner join latest on budget.workspace_id = latest.workspace_id and budget.channel = latest.channel
),

sums as (
    select
        workspace_id,
        channel,
        account_id,
        campaign_id,
        month_on,
        reporting_currency as currency,
        min(plan_source) as plan_source,
        max(day_on) filter (where is_past) as as_of_on,
        count(*) filter (where not is_past) as days_left,
        coalesce(sum(reporting_spend_micros) filter (where is_past), 0)::bigint as spend_micros,
        coalesce(sum(reporting_planned_micros) filter (where is_past), 0)::bigint as planned_so_far_micros,
        sum(reporting_planned_micros)::bigint as planned_micros,
        avg(reporting_spend_micros) filter (where is_past and day_on > last_on - 7) as pace_micros
    from days
    where plan_source <> 'none'
    group by workspace_id, channel, account_id, campaign_id, month_on, reporting_currency
),

projected as (
    select
        *,
        spend_micros + round(days_left * coalesce(pace_micros, 0))::bigint as projected_micros
    from sums
)

select
    workspace_id,
    channel,
    account_id,
    campaign_id,
    month_on,
    as_of_on,
    currency,
    plan_source,
    days_left,
    spend_micros,
    planned_so_far_micros,
    planned_micros,
    projected_micros,
    projected_micros - planned_micros as over_micros,
    case
        when projected_micros > planned_micros * (1 + {{ var('pacing_tolerance') }}) then 'over'
        when projected_micros < planned_micros * (1 - {{ var('pacing_tolerance') }}) then 'under'
        else 'on plan'
    end as status
from projected
