{{ config(materialized='view') }}
-- Every source's order lines in one list.
{%- set columns = [
    'workspace_id', 'channel', 'account_id', 'order_id', 'line_id', 'day_on', 'product_id', 'variant_id',
    'sku', 'quantity', 'net_micros', 'tax_micros', 'currency', 'loaded_at'
] %}

{{ union_streams(['stg_shopify__order_lines', 'stg_import__order_lines'], columns) }}
