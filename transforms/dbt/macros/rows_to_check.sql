{# Rows a key may have been doubled in since it last held: those of the parts that changed. All of them when the
   table was built whole, when a check of it does not hold, or when its key knows no part. #}
{% macro rows_to_check(relation, columns) -%}
    {%- set all_rows = 'true' -%}
    {%- if not execute or flags.WHICH != 'build' or flags.FULL_REFRESH -%} {{ return(all_rows) }} {%- endif -%}
    {%- set failing = run_query(
        "select count(*) filter (where status <> 'pass'), count(*) from marts.check_result"
        ~ " where model_name = '" ~ relation.identifier ~ "'"
    ).rows[0] -%}
    {%- if failing[0] or not failing[1] -%} {{ return(all_rows) }} {%- endif -%}
    {%- set is_of_view = model.attached_node and is_view(model.attached_node) -%}
    {%- set parts = view_parts(model) if is_of_view else table_parts(relation) -%}
    {%- if parts is none -%} {{ return(all_rows) }} {%- endif -%}
    {%- if not parts -%} {{ return('false') }} {%- endif -%}
    {%- if 'channel' not in columns or 'day_on' not in columns -%} {{ return(all_rows) }} {%- endif -%}
    {%- set known = adapter.get_columns_in_relation(relation) | map(attribute='name') -%}
    {%- set month = 'month' if 'month' in known else "to_char(day_on, 'YYYY-MM')" -%}
    {{ return('(workspace_id, channel, ' ~ month ~ ') in (' ~ parts ~ ')') }}
{%- endmacro %}

{# The parts of a table this run built again, as SQL; none for all. #}
{% macro table_parts(relation) -%}
    {%- set built = run_query(
        "select parts from intermediate.build_changed where model = '" ~ relation.identifier ~ "'"
        ~ " and parts is not null and built_at >= '" ~ run_started_at ~ "'"
    ).columns[0].values() -%}
    {{ return(built[0] if built else none) }}
{%- endmacro %}

{# The parts of the lake's tables under a view that changed since this check last looked at it; none for all. #}
{% macro view_parts(check) -%}
    {%- set plan = plan_of(check.name, inputs_of(check), code_of(check, '')) -%}
    {%- set parts = plan.changed | join(', ') -%}
    {{ return(none if plan.is_new_code or "''" in parts else parts) }}
{%- endmacro %}
