-- An audience as it is: how many are in it, came and went lately, and what its members have bought.
with latest as (
    select distinct on (workspace_id, person_id) *
    from {{ ref('stg_gold__person_profile') }}
    order by workspace_id asc, person_id asc, as_of_on desc
),

members as (
    select
        member.*,
        max(coalesce(member.until_on, member.since_on)) over (
            partition by member.workspace_id, member.audience_id
        ) as last_on
    from {{ ref('stg_gold__audience_member') }} as member
)

select
    members.workspace_id,
    members.audience_id,
    members.version,
    latest.currency,
    max(members.last_on) as as_of_on,
    count(*) filter (where members.until_on is null) as members,
    count(*) filter (where members.since_on > members.last_on - 28) as joined,
    count(*) filter (where members.until_on > members.last_on - 28) as gone,
    coalesce(sum(latest.orders) filter (where members.until_on is null), 0)::bigint as orders,
    coalesce(sum(latest.revenue_micros) filter (where members.until_on is null), 0)::bigint as revenue_micros
from members
left join latest on members.workspace_id = latest.workspace_id and members.person_id = latest.person_id
group by members.workspace_id, members.audience_id, members.version, latest.currency
