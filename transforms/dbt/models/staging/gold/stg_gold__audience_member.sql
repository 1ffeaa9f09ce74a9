-- Who is or was in an audience; until_on is null while the person is a member.
select
    workspace_id,
    audience_id,
    version,
    person_id,
    since_on,
    until_on
from {{ source('lake', 'audience_member') }}
