{# Rows a key may have been doubled in since it last held: those that share it with a row of what changed. All of
   them when the table was built whole, when a check of it does not hold, or when its rows know no day. #}
{% macro rows_to_check(relation, columns) -%}
    {%- set all_rows = 'true' -%}
    {%- if not execute or flags.WHICH != 'build' or flags.FULL_REFRESH -%} {{ return(all_rows) }} {%- endif -%}
    {%- set of = graph.nodes[model.attached_node] -%}
    {%- set is_of_view = is_view(model.attached_node) -%}
    {%- set failing = run_query(
        "select count(*) filter (where status <> 'pass'), count(*) from marts.check_result"
        ~ " where model_name = '" ~ relation.identifier ~ "'"
    ).rows[0] -%}
    {%- if failing[0] or not failing[1] -%} {{ return(all_rows) }} {%- endif -%}
    {%- set plan = view_plan(model) if is_of_view else table_plan(relation) -%}
    {%- if plan is none -%} {{ return(all_rows) }} {%- endif -%}
    {%- if not plan.changed -%} {{ return('false') }} {%- endif -%}
    {%- set known = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
    {%- set parts = of.config.get('kept_parts') or {'channel': 'channel', 'day': 'day_on'} -%}
    {%- if 'day_on' not in known or 'channel' not in known -%} {{ return(all_rows) }} {%- endif -%}
    {%- set by_month = {'channel': parts.channel, 'month': "to_char(day_on, 'YYYY-MM')"} -%}
    {%- set is_changed = in_parts(part_of(by_month), parts.day, plan) -%}
    {%- if 'channel' in columns and 'day_on' in columns -%} {{ return(is_changed) }} {%- endif -%}
    {%- set key = 'hash_record_extended(row(' ~ columns | join(', ') ~ '), 0)' -%}
    {{ return(key ~ ' in (select ' ~ key ~ ' from ' ~ relation ~ ' where ' ~ is_changed ~ ')') }}
{%- endmacro %}

{# What this run built again of a table; none for all of it. #}
{% macro table_plan(relation) -%}
    {%- set built = run_query(
        "select parts, days from intermediate.build_changed where model = '" ~ relation.identifier ~ "'"
        ~ " and parts is not null and built_at >= '" ~ run_started_at ~ "'"
    ).rows -%}
    {{ return({'changed': [built[0][0]] if built[0][0] else [], 'days': built[0][1]} if built else none) }}
{%- endmacro %}

{# What changed in the lake's tables under a view since this check last looked at it; none for all of it. #}
{% macro view_plan(check) -%}
    {%- set plan = plan_of(check.name, inputs_of(check), code_of(check, '')) -%}
    {{ return(none if plan.is_new_code or "''" in plan.changed | join else plan) }}
{%- endmacro %}
