{{ config(kept_rows=true) }}
-- The currency a workspace's totals are told in: the configured one where the workspace uses it or a rate
-- leads to it; otherwise the one its shop sells most orders in (or most ad rows spend in).
-- A workspace without money (a mail tool, a page) is told in the configured one.
with used as (
    select
        workspace_id,
        currency,
        1 as is_shop,
        count(*) as uses
    from {{ ref('int_orders__unioned') }}
    group by workspace_id, currency
    union all
    select
        workspace_id,
        currency,
        0 as is_shop,
        sum(ads)::bigint as uses
    from {{ ref('int_campaigns__daily') }}
    group by workspace_id, currency
),

reachable as (
    select distinct used.workspace_id
    from used
    left join {{ ref('fx_rates') }} as rates
        on used.currency = rates.from_currency and rates.to_currency = '{{ var("reporting_currency") }}'
    where used.currency = '{{ var("reporting_currency") }}' or rates.rate is not null
),

picked as (
    select distinct on (used.workspace_id)
        used.workspace_id,
        case
            when reachable.workspace_id is not null then '{{ var("reporting_currency") }}'
            else used.currency
        end as reporting_currency
    from used
    left join reachable on used.workspace_id = reachable.workspace_id
    order by used.workspace_id asc, used.is_shop desc, used.uses desc, used.currency asc
)

select
    workspace_id,
    reporting_currency
from picked
union all
select distinct
    accounts.workspace_id,
    '{{ var("reporting_currency") }}' as reporting_currency
from {{ ref('stg_shared__accounts') }} as accounts
left join picked on accounts.workspace_id = picked.workspace_id
where picked.workspace_id is null
