-- Posts of a page exported by hand, whatever its channel.
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
from {{ source('lake', 'post') }}
where stream = 'post_import'
