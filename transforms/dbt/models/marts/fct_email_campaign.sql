{{ config(kept_rows=true, kept_parts={'month': "to_char(sent_on, 'YYYY-MM')", 'day': 'sent_on'}) }}
select
    mail.workspace_id,
    mail.channel,
    mail.account_id,
    mail.mail_id,
    mail.list_id,
    mail.title,
    mail.subject,
    mail.sent_at,
    mail.sent_on,
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
    mail.currency,
    mail.claimed_value_micros,
    {{ to_minor('mail.claimed_value_micros', 'money.digits') }} as claimed_value_minor,
    money.reporting_currency,
    money.reporting_digits::integer as reporting_digits,
    {{ convert('mail.claimed_value_micros', 'money.rate') }} as reporting_claimed_value_micros
from {{ ref('int_mails__dated') }} as mail
left join {{ ref('int_currency_daily') }} as money
    on
        mail.workspace_id = money.workspace_id
        and mail.sent_on = money.day_on
        and mail.currency = money.currency
where {{ changed_parts('mail', day='mail.sent_on') }}
