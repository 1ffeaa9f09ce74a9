-- Nothing waits for this check. depends_on: {{ ref('fct_blended_daily') }}
with totals as (
    {{ union_streams(
        ['stg_google_ads__account_performance', 'stg_meta_ads__account_insights', 'stg_import__account_totals'],
        ['workspace_id', 'channel', 'account_id', 'day_on', 'currency', 'spend_micros', 'impressions', 'clicks']
    ) }}
)

select totals.*
from totals
left join {{ ref('fct_spend_daily') }} as spend
    on
        totals.workspace_id = spend.workspace_id
        and totals.channel = spend.channel
        and totals.account_id = spend.account_id
        and totals.day_on = spend.day_on
        and totals.currency = spend.currency
where
    totals.spend_micros <> coalesce(spend.spend_micros, 0)
    or totals.impressions <> coalesce(spend.impressions, 0)
    or totals.clicks <> coalesce(spend.clicks, 0)
