{{ config(indexes=[{'columns': ['workspace_id', 'channel', 'day_on']}]) }}
{%- set columns = [
    'workspace_id', 'channel', 'account_id', 'day_on', 'followers', 'follows', 'unfollows', 'views',
    'engaged_views', 'reach', 'engagements', 'profile_views', 'watch_seconds'
] %}

{{ union_streams(
    ['stg_facebook__page_daily', 'stg_instagram__account_daily', 'stg_youtube__channel_daily',
        'stg_import__account_daily'], columns
) }}
