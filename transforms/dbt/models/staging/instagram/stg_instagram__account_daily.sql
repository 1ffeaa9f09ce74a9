-- The profile's own daily numbers; views replaced impressions in April 2025.
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
from {{ silver_stream('account_daily', 'instagram') }}
