-- Daily numbers of an imported page or channel.
select
    workspace_id,
    channel,
    account_id,
    day_on,
    followers,
    follows,
    unfollows,
    views,
    engaged_views,
    reach,
    engagements,
    profile_views,
    watch_seconds,
    loaded_at
from {{ source('lake', 'account_daily') }}
where stream = 'account_daily_import'
