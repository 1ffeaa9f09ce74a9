select
    workspace_id,
    channel,
    account_id,
    list_id,
    day_on,
    sent,
    unique_opens,
    recipient_clicks,
    hard_bounces,
    soft_bounces,
    subscribes,
    unsubscribes
from {{ ref('stg_mailchimp__list_activity') }}
