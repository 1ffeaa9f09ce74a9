-- Posts, reels and carousels of the profile.
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
from {{ silver_stream('post', 'instagram') }}
