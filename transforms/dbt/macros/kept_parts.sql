{# Where a kept model's query may be narrowed: rows of other parts change nothing in the parts at hand. #}
{% macro changed_parts(row, month=none, day=none) -%}
    {%- set is_mixed = not (config.get('kept_parts') or {}).get('channel') -%}
    {%- set by_day = day or row ~ '.day_on' -%}
    {%- set by_month = month or ("to_char(" ~ by_day ~ ", 'YYYY-MM')" if is_mixed else row ~ '.month') -%}
    /* part: {{ row }}.workspace_id; {{ row }}.channel; {{ by_month }}; {{ by_day }} */ true
{%- endmacro %}

{% macro narrow(query, plan) -%}
    {%- set of_part = modules.re.compile('/\* part: (.*?); (.*?); (.*?); (.*?) \*/ true') -%}
    {%- set of_key = modules.re.compile('/\* key of (.*?): (.*?) \*/ true') -%}
    {%- set parts = config.get('kept_parts') -%}
    {%- set is_changed = in_parts(
        {
            'channel': parts.channel and '\\2', 'month': '\\3', 'day': parts.day and '\\4',
            'since': parts.since and '\\4'
        },
        plan, '\\1'
    ) -%}
    {{ return(of_key.sub(in_keys('\\2', '\\1.'), of_part.sub(is_changed, query))) }}
{%- endmacro %}

{# Whether a row belongs to what has changed. Days alone tell where channels are mixed: a month beside them would
   have the planner expect next to nothing. Rows that depend on earlier days are all changed since the first month
   that is. #}
{% macro in_parts(parts, plan, workspace='workspace_id') -%}
    {%- if parts.since -%} {{ return(parts.since ~ " >= '" ~ plan.first_month ~ "-01'") }} {%- endif -%}
    {%- set key = workspace ~ ", " ~ (parts.channel or "''") ~ ", " ~ parts.month -%}
    {%- set in_month = '(' ~ key ~ ') in (' ~ plan.changed | join(', ') ~ ')' -%}
    {%- if not parts.day or not plan.days -%} {{ return(in_month) }} {%- endif -%}
    {%- set in_day = '(' ~ workspace ~ ', ' ~ parts.day ~ ') in (' ~ plan.days ~ ')' -%}
    {{ return(in_month ~ ' and ' ~ in_day if parts.channel else in_day) }}
{%- endmacro %}
