{# A name as links spell it: lower case, letters and digits joined by single hyphens. #}
{% macro slug(name) -%}
    trim(both '-' from regexp_replace(lower({{ name }}), '[^a-z0-9]+', '-', 'g'))
{%- endmacro %}
