{# One side of a channel's day: the measures it tells, null for the others. #}
{% macro channel_side(has) -%}
    {%- set measures = {
        'impressions': 'bigint', 'clicks': 'bigint', 'views': 'bigint', 'engagements': 'bigint',
        'mails_sent': 'bigint', 'spend_micros': 'bigint', 'claimed_conversions': 'double precision',
        'claimed_value_micros': 'bigint', 'claim_window': 'text', 'orders': 'bigint', 'new_customers': 'bigint',
        'revenue_micros': 'bigint', 'margin_micros': 'bigint'
    } -%}
    {%- for name, kind in measures.items() %}
        ({{ has.get(name, 'null') }})::{{ kind }} as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
