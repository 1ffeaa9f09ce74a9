-- Mails of reports and of lists of sendings, opens and clicks; people are counted, never kept.
select
    workspace_id,
    channel,
    account_id,
    mail_id,
    list_id,
    title,
    subject,
    sent_at,
    sent,
    hard_bounces,
    soft_bounces,
    opens,
    unique_opens,
    clicks,
    unique_clicks,
    unsubscribes,
    complaints,
    claimed_orders,
    claimed_value_micros,
    currency,
    loaded_at
from {{ source('lake', 'email_campaign') }}
where stream = 'mail_import'
