{{ config(indexes=[{'columns': ['workspace_id', 'channel', 'day_on']}]) }}
-- What happened to a post on a day. Where the vendor tells lifetime totals, a day is the difference to the
-- snapshot before; the first snapshot counts in full only for a post published since the day before it, for
-- an older one it is the starting point and the day before is unknown.
{%- set counts = [
    'views', 'engaged_views', 'reach', 'likes', 'comments', 'shares', 'saves', 'clicks', 'watch_seconds'
] %}

with snapshots as (
    select
        daily.*,
        coalesce(post.published_at::date >= daily.day_on - 1, false) as is_new
    from {{ ref('int_posts__daily') }} as daily
    left join {{ ref('int_posts__unioned') }} as post
        on
            daily.workspace_id = post.workspace_id
            and daily.channel = post.channel
            and daily.account_id = post.account_id
            and daily.post_id = post.post_id
),

followed as (
    select
        *,
        lag(day_on) over snapshot is null as is_first,
    {%- for count in counts %}
    lag({{ count }}) over snapshot as {{ count }}_before{{ ',' if not loop.last }}
    {%- endfor %}
    from snapshots
    window snapshot as (
        partition by workspace_id, channel, account_id, post_id, is_cumulative
        order by day_on
    )
)

select
    workspace_id,
    channel,
    account_id,
    post_id,
    day_on,
    is_cumulative,
    is_cumulative and is_first and not is_new as is_starting_point,
{%- for count in counts %}
case
    when not is_cumulative then {{ count }}
    when not is_first then {{ count }} - coalesce({{ count }}_before, 0)
    when is_new then {{ count }}
end as {{ count }}{{ ',' if not loop.last }}
{%- endfor %}
from followed
