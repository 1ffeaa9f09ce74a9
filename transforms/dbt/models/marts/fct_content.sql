-- Every post beside the usual post of its channel and kind, and when it was published by the account's clock.
with posts as (
    select
        post.workspace_id,
        post.channel,
        post.account_id,
        post.post_id,
        coalesce(post.kind, '') as kind,
        post.title,
        post.published_at,
        (post.published_at at time zone coalesce(account.timezone, 'UTC')) as local_at,
        post.views,
        case
            when num_nonnulls(post.likes, post.comments, post.shares, post.saves) > 0
                then
                    coalesce(post.likes, 0) + coalesce(post.comments, 0)
                    + coalesce(post.shares, 0) + coalesce(post.saves, 0)
        end as engagements,
        post.clicks
    from {{ ref('fct_post') }} as post
    left join {{ ref('stg_shared__accounts') }} as account
        on
            post.workspace_id = account.workspace_id
            and post.channel = account.channel
            and post.account_id = account.account_id
),

medians as (
    select
        workspace_id,
        channel,
        kind,
        count(*) as posts,
        percentile_cont(0.5) within group (order by views) as median_views,
        percentile_cont(0.5) within group (order by engagements) as median_engagements
    from posts
    group by workspace_id, channel, kind
)

select
    posts.workspace_id,
    posts.channel,
    posts.account_id,
    posts.post_id,
    posts.kind,
    posts.title,
    posts.published_at,
    extract(isodow from posts.local_at)::integer as weekday,
    extract(hour from posts.local_at)::integer as hour,
    posts.views,
    posts.engagements,
    posts.clicks,
    medians.posts as posts_of_kind,
    medians.median_views,
    medians.median_engagements,
    posts.views / nullif(medians.median_views, 0) as views_by_median,
    posts.engagements / nullif(medians.median_engagements, 0) as engagements_by_median
from posts
inner join medians
    on
        posts.workspace_id = medians.workspace_id
        and posts.channel = medians.channel
        and posts.kind = medians.kind
