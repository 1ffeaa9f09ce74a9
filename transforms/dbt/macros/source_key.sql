{# What decides the marketing channel of a visit, spelled one way so that rules and visits meet. #}
{% macro source_key(source, medium, click_id_kind, referrer_host) -%}
    coalesce(lower(trim({{ source }})), '') as source,
    coalesce(lower(trim({{ medium }})), '') as medium,
    coalesce(lower({{ click_id_kind }}), '') as click_id_kind,
    coalesce(regexp_replace(lower({{ referrer_host }}), '^www\.', ''), '') as referrer_host
{%- endmacro %}
