{{ config(kept_days='day_on', indexes=[{'columns': ['workspace_id', 'currency', 'day_on']}]) }}
-- For every currency a workspace handled on a day: the rate into its reporting currency of that day, or,
-- where no rate young enough is known, the currency itself: such money stays apart and is never mixed.
with handled as (
    select
        workspace_id,
        day_on,
        currency
    from {{ ref('int_campaigns__daily') }}
    union
    select
        workspace_id,
        day_on,
        currency
    from {{ ref('int_orders__deduplicated') }}
    union
    select
        workspace_id,
        sent_on as day_on,
        currency
    from {{ ref('int_mails__dated') }}
    where currency is not null and sent_on is not null
),

rated as (
    select
        handled.workspace_id,
        handled.day_on,
        handled.currency,
        workspaces.reporting_currency as wanted_currency,
        case when handled.currency = workspaces.reporting_currency then 1 else rates.rate end as known_rate
    from handled
    inner join {{ ref('int_workspaces__currency') }} as workspaces
        on handled.workspace_id = workspaces.workspace_id
    left join lateral (
        select fx.rate
        from {{ ref('fx_rates') }} as fx
        where
            fx.from_currency = handled.currency
            and fx.to_currency = workspaces.reporting_currency
            and fx.day_on between handled.day_on - {{ var('fx_max_age_days') }} and handled.day_on
        order by fx.day_on desc
        limit 1
    ) as rates on true
)

select
    rated.workspace_id,
    rated.day_on,
    rated.currency,
    coalesce(own.digits, 2) as digits,
    rated.wanted_currency,
    case when rated.known_rate is null then rated.currency else rated.wanted_currency end
        as reporting_currency,
    case when rated.known_rate is null then coalesce(own.digits, 2) else coalesce(wanted.digits, 2) end
        as reporting_digits,
    coalesce(rated.known_rate, 1)::numeric as rate,
    rated.known_rate is not null as is_convertible
from rated
left join {{ ref('currencies') }} as own on rated.currency = own.currency
left join {{ ref('currencies') }} as wanted on rated.wanted_currency = wanted.currency
