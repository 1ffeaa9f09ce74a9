-- Numbers of imported posts: of a day, or lifetime totals seen on it.
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
from {{ source('lake', 'post_daily') }}
where stream = 'post_daily_import'
