{{ config(
    kept_parts={'channel': 'channel', 'month': 'month', 'day': 'day_on'},
    indexes=[{'columns': ['workspace_id', 'channel', 'month']}]
) }}
-- Ads added up to their campaign, so that nobody else needs to read every ad of every day.
select
    ads.workspace_id,
    ads.channel,
    ads.account_id,
    ads.campaign_id,
    ads.day_on,
    ads.month,
    ads.currency,
    (array_agg(ads.campaign_name order by ads.loaded_at desc, ads.ad_id asc, ads.network asc))[1]
        as campaign_name,
    count(*) as ads,
    sum(ads.impressions)::bigint as impressions,
    sum(ads.clicks)::bigint as clicks,
    sum(ads.spend_micros)::bigint as spend_micros,
    sum(ads.claimed_conversions::numeric)::double precision as claimed_conversions,
    sum(ads.claimed_value_micros)::bigint as claimed_value_micros,
    {{ one_window('ads.claim_window') }} as claim_window,
    max(ads.loaded_at) as loaded_at
from {{ ref('int_ads__unioned') }} as ads
where {{ changed_parts('ads') }}
group by
    ads.workspace_id, ads.channel, ads.account_id, ads.campaign_id, ads.day_on, ads.month, ads.currency
