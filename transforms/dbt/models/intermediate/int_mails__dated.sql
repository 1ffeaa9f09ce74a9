-- Mails with the account-local day they were sent on, to which their results are booked.
select
    mail.workspace_id,
    mail.channel,
    mail.account_id,
    mail.mail_id,
    mail.list_id,
    mail.title,
    mail.subject,
    mail.sent_at,
    mail.sent,
    mail.hard_bounces,
    mail.soft_bounces,
    mail.opens,
    mail.unique_opens,
    mail.clicks,
    mail.unique_clicks,
    mail.unsubscribes,
    mail.complaints,
    mail.claimed_orders,
    mail.claimed_value_micros,
    mail.currency,
    mail.loaded_at,
    (mail.sent_at at time zone coalesce(account.timezone, 'UTC'))::date as sent_on
from {{ ref('int_mails__unioned') }} as mail
left join {{ ref('stg_shared__accounts') }} as account
    on
        mail.workspace_id = account.workspace_id
        and mail.channel = account.channel
        and mail.account_id = account.account_id
