-- Lifetime totals per mail; claimed orders are the vendor's e-commerce report.
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
from {{ silver_stream('email_campaign', 'mailchimp') }}
