-- Claims of several platforms overlap and are never added up; each stands beside its own credited orders.
select
    workspace_id,
    channel,
    day_on,
    currency,
    claim_window,
    coalesce(claimed_conversions, 0) as claimed_conversions,
    coalesce(claimed_value_minor, 0) as claimed_value_minor,
    orders as credited_orders,
    revenue_minor as credited_revenue_minor
from {{ ref('fct_channel_daily') }}
where channel in (
    select claimers.channel
    from {{ ref('fct_channel_daily') }} as claimers
    where
        claimers.workspace_id = fct_channel_daily.workspace_id
        and claimers.claimed_conversions is not null
)
