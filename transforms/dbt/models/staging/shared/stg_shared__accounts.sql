-- Accounts need no choice per vendor, so every channel's are read here.
select
    workspace_id,
    channel,
    account_id,
    name,
    currency,
    timezone,
    loaded_at
from {{ source('lake', 'account') }}
