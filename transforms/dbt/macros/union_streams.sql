{# The rows of several staging models, one below the other, by column name. #}
{% macro union_streams(models, columns, is_narrowed=false) -%}
    {%- for model in models %}
    select
        {{ columns | join(',\n        ') }}
    from {{ ref(model) }}{% if is_narrowed %} as one
    where {{ changed_parts('one') }}{% endif %}
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
{%- endmacro %}
