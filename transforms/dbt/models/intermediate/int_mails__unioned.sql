{{ config(materialized='view') }}
-- Every source's mails in one list.
{%- set columns = [
    'workspace_id', 'channel', 'account_id', 'mail_id', 'list_id', 'title', 'subject', 'sent_at', 'sent',
    'hard_bounces', 'soft_bounces', 'opens', 'unique_opens', 'clicks', 'unique_clicks', 'unsubscribes',
    'complaints', 'claimed_orders', 'claimed_value_micros', 'currency', 'loaded_at'
] %}

{{ union_streams(['stg_mailchimp__reports', 'stg_import__mails'], columns) }}
