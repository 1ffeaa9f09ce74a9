select
    workspace_id,
    channel,
    account_id,
    campaign_id,
    kind,
    name,
    currency,
    first_on,
    last_on
from {{ ref('int_campaigns__named') }}
