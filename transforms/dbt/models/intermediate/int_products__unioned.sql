{{ config(materialized='view') }}
-- Every source's product variants in one list.
{%- set columns = [
    'workspace_id', 'channel', 'account_id', 'product_id', 'variant_id', 'sku', 'title', 'currency',
    'price_micros', 'unit_cost_micros', 'loaded_at'
] %}

{{ union_streams(['stg_shopify__products', 'stg_import__products'], columns) }}
