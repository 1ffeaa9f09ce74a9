-- Every organic channel's post days in one list, as the vendors tell them: daily or lifetime.
{%- set columns = [
    'workspace_id', 'channel', 'account_id', 'post_id', 'day_on', 'is_cumulative', 'views', 'engaged_views',
    'reach', 'likes', 'comments', 'shares', 'saves', 'clicks', 'watch_seconds'
] %}

{{ union_streams(
    ['stg_facebook__post_insights', 'stg_instagram__media_insights', 'stg_youtube__video_daily',
        'stg_import__post_daily'], columns
) }}
