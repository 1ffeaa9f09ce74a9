{# Every model shows a workspace its own rows only: views ask as their reader, tables carry the policy. A new
   table has no statistics, and without them the next model's joins are planned for a handful of rows; one built
   by parts needs them of its new parts only. #}
{% macro protect_rows() -%}
    {%- if model.config.materialized == 'view' -%}
        alter view {{ this }} set (security_invoker = true)
    {%- elif is_protected() -%}
        {%- set keys = model.config.get('indexes', []) | map(attribute='columns') | sum(start=[]) | unique -%}
        analyze {{ this }} {%- if keys %} ({{ keys | join(', ') }}) {%- endif %}
    {%- else -%}
        select lake.protect('{{ this }}'::regclass);
        analyze {{ this }}
    {%- endif -%}
{%- endmacro %}

{% macro is_protected() -%}
    {%- if not execute -%} {{ return(false) }} {%- endif -%}
    {{ return(run_query("select 1 from pg_policy where polrelid = to_regclass('" ~ this ~ "')").rows | length > 0) }}
{%- endmacro %}
