{# Every model shows a workspace its own rows only: views ask as their reader, tables carry the policy. A new
   table has no statistics, and without them the next model's joins are planned for a handful of rows. #}
{% macro protect_rows() -%}
    {%- if model.config.materialized == 'view' -%}
        alter view {{ this }} set (security_invoker = true)
    {%- elif not model.is_kept -%}
        select lake.protect('{{ this }}'::regclass);
        analyze {{ this }}
    {%- endif -%}
{%- endmacro %}
