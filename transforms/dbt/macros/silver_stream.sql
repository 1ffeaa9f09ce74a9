{# The current silver rows a channel's own streams brought; imported reports have a staging model of their own. #}
{% macro silver_stream(table, channel) -%}
    (select * from {{ source('lake', table) }} where channel = '{{ channel }}' and stream <> 'report_import') as silver
{%- endmacro %}
