{# The current silver rows a channel's own streams brought; imports have staging models of their own. #}
{% macro silver_stream(table, channel) -%}
    (select * from {{ source('lake', table) }} where channel = '{{ channel }}' and stream not like '%\_import') as silver
{%- endmacro %}
