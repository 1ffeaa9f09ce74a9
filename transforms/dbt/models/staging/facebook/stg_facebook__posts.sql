-- Posts of the page, whatever their kind.
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
from {{ silver_stream('post', 'facebook') }}
