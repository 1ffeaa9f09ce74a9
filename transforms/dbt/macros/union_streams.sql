{# The rows of several staging models, one below the other, by column name. #}
{% macro union_streams(models, columns) -%}
    {%- for model in models %}
    select
        {{ columns | join(',\n        ') }}
    from {{ ref(model) }}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
{%- endmacro %}
