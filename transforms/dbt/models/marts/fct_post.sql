-- A post with its life so far: the latest snapshot of lifetime totals, or the sum of its days.
{%- set counts = [
    'views', 'engaged_views', 'reach', 'likes', 'comments', 'shares', 'saves', 'clicks', 'watch_seconds'
] %}

with latest as (
    select distinct on (workspace_id, channel, account_id, post_id)
        workspace_id, channel, account_id, post_id,
        {{ counts | join(', ') }}
    from {{ ref('int_posts__daily') }}
    where is_cumulative
    order by workspace_id asc, channel asc, account_id asc, post_id asc, day_on desc
),

sums as (
    select
        workspace_id,
        channel,
        account_id,
        post_id,
        {%- for count in counts if count != 'reach' %}
        sum({{ count }})::bigint as {{ count }},
        {%- endfor %}
        -- People reached on two days are one: daily reach does not add up.
        null::bigint as reach
    from {{ ref('int_posts__daily') }}
    where not is_cumulative
    group by workspace_id, channel, account_id, post_id
)

select
    post.workspace_id,
    post.channel,
    post.account_id,
    post.post_id,
    post.kind,
    post.title,
    post.url,
    post.published_at,
{%- for count in counts %}
coalesce(latest.{{ count }}, sums.{{ count }}) as {{ count }}{{ ',' if not loop.last }}
{%- endfor %}
from {{ ref('int_posts__unioned') }} as post
left join latest
    on
        post.workspace_id = latest.workspace_id
        and post.channel = latest.channel
        and post.account_id = latest.account_id
        and post.post_id = latest.post_id
left join sums
    on
        post.workspace_id = sums.workspace_id
        and post.channel = sums.channel
        and post.account_id = sums.account_id
        and post.post_id = sums.post_id
