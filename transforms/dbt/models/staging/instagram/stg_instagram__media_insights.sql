-- Media insights are lifetime totals: each day's row is what was seen on that day.
select
    workspace_id,
    channel,
    account_id,
    post_id,
    day_on,
    is_cumulative,
    views,
    engaged_views,
    reach,
    likes,
    comments,
    shares,
    saves,
    clicks,
    watch_seconds,
    loaded_at
from {{ silver_stream('post_daily', 'instagram') }}
