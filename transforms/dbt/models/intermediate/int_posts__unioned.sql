-- Every organic channel's posts in one list.
{%- set columns = [
    'workspace_id', 'channel', 'account_id', 'post_id', 'kind', 'title', 'url', 'published_at'
] %}

{{ union_streams(
    ['stg_facebook__posts', 'stg_instagram__media', 'stg_youtube__videos', 'stg_import__posts'], columns
) }}
