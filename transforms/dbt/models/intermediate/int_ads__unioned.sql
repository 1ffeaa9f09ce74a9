{{ config(
    kept_parts={'channel': 'channel', 'month': 'month', 'day': 'day_on'},
    indexes=[{'columns': ['workspace_id', 'channel', 'month']}]
) }}
-- Every ad platform's days in one list, and below it what the account's own total holds beyond its ads:
-- the remainder row, so that ads, campaigns and accounts add up to the same sum.
{%- set ad_models = [
    'stg_google_ads__ad_performance', 'stg_meta_ads__ad_insights', 'stg_import__ad_report'
] %}
{%- set total_models = [
    'stg_google_ads__account_performance', 'stg_meta_ads__account_insights', 'stg_import__account_totals'
] %}
{%- set owner = ['workspace_id', 'channel', 'account_id', 'day_on', 'month', 'currency'] %}
{%- set entities = [
    'campaign_id', 'campaign_name', 'ad_set_id', 'ad_set_name', 'ad_id', 'ad_name', 'network'
] %}
{%- set numbers = [
    'impressions', 'clicks', 'spend_micros', 'claimed_conversions', 'claimed_value_micros',
    'claim_window', 'claim_model'
] %}

with ads as (
    {{ union_streams(
        ad_models, owner + entities + numbers + ['claim_action', 'loaded_at'], is_narrowed=true
    ) }}
),

totals as (
    {{ union_streams(total_models, owner + numbers + ['loaded_at'], is_narrowed=true) }}
),

sums as (
    select
        workspace_id,
        channel,
        account_id,
        day_on,
        currency,
        sum(impressions)::bigint as impressions,
        sum(clicks)::bigint as clicks,
        sum(spend_micros)::bigint as spend_micros,
        sum(claimed_conversions) as claimed_conversions,
        sum(claimed_value_micros)::bigint as claimed_value_micros,
        max(loaded_at) as loaded_at,
        min(claim_window) as claim_window,
        count(distinct claim_window) as windows
    from ads
    group by workspace_id, channel, account_id, day_on, currency
),

remainders as (
    select
        totals.workspace_id,
        totals.channel,
        totals.account_id,
        totals.day_on,
        totals.month,
        totals.currency,
        totals.impressions - coalesce(sums.impressions, 0) as impressions,
        totals.clicks - coalesce(sums.clicks, 0) as clicks,
        totals.spend_micros - coalesce(sums.spend_micros, 0) as spend_micros,
        -- Claims of unlike windows have no difference.
        case
            when
                coalesce(sums.windows, 0) <= 1 and coalesce(sums.claim_window, totals.claim_window, '')
                = coalesce(totals.claim_window, '')
                then round(
                    (
                        coalesce(totals.claimed_conversions, 0) - coalesce(sums.claimed_conversions, 0)
                    )::numeric,
                    6
                )::double precision
        end as claimed_conversions,
        case
            when
                coalesce(sums.windows, 0) <= 1 and coalesce(sums.claim_window, totals.claim_window, '')
                = coalesce(totals.claim_window, '')
                then coalesce(totals.claimed_value_micros, 0) - coalesce(sums.claimed_value_micros, 0)
        end as claimed_value_micros,
        totals.claim_window,
        totals.claim_model,
        totals.loaded_at,
        coalesce(totals.loaded_at < sums.loaded_at, false) as is_older
    from totals
    left join sums
        on
            totals.workspace_id = sums.workspace_id
            and totals.channel = sums.channel
            and totals.account_id = sums.account_id
            and totals.day_on = sums.day_on
            and totals.currency = sums.currency
)

select
    *,
    false as is_unallocated
from ads

union all

select
    workspace_id,
    channel,
    account_id,
    day_on,
    month,
    currency,
    '' as campaign_id,
    null as campaign_name,
    '' as ad_set_id,
    null as ad_set_name,
    '' as ad_id,
    null as ad_name,
    '' as network,
    impressions,
    clicks,
    spend_micros,
    claimed_conversions,
    claimed_value_micros,
    claim_window,
    claim_model,
    null as claim_action,
    loaded_at,
    true as is_unallocated
from remainders
where
    (
        impressions <> 0
        or clicks <> 0
        or spend_micros <> 0
        or claimed_conversions <> 0
        or claimed_value_micros <> 0
    )
    -- A total older than its ads that is less than they are does not know what was restated since.
    and not (
        is_older
        and (
            least(impressions, clicks, spend_micros) < 0
            or least(claimed_conversions, claimed_value_micros) < 0
        )
    )
