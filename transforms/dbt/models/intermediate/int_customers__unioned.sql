{{ config(materialized='view') }}
-- Every source's customers in one list.
{%- set columns = [
    'workspace_id', 'channel', 'account_id', 'customer_id', 'person_key', 'created_at', 'updated_at',
    'orders_count', 'spent_micros', 'currency', 'loaded_at'
] %}

{{ union_streams(['stg_shopify__customers', 'stg_import__customers'], columns) }}
