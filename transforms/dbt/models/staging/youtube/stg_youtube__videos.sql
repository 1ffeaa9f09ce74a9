-- Videos and shorts of the channel.
select
    workspace_id,
    channel,
    account_id,
    post_id,
    kind,
    title,
    url,
    published_at,
    loaded_at
from {{ silver_stream('post', 'youtube') }}
