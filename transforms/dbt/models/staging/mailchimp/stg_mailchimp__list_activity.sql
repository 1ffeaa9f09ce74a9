-- The list's daily activity; opens include those of machines, which the vendor does not separate here.
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
    unsubscribes,
    loaded_at
from {{ silver_stream('email_daily', 'mailchimp') }}
