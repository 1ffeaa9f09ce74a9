{# The claim window all rows share; 'mixed' says that their claims are not alike. #}
{% macro one_window(column) -%}
    case when count(distinct {{ column }}) > 1 then 'mixed' else min({{ column }}) end
{%- endmacro %}
