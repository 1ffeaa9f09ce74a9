select
    workspace_id,
    channel,
    account_id,
    name,
    currency,
    timezone
from {{ ref('stg_shared__accounts') }}
