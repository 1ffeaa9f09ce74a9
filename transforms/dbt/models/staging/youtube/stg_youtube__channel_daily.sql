-- The channel's own daily numbers, in the vendor's Pacific days.
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
from {{ silver_stream('account_daily', 'youtube') }}
