{# Rows a key may have been doubled in since it last held: those of the parts this run built again. All of them
   when the model was built whole, when a check of it does not hold, or when its key knows no part. #}
{% macro rows_to_check(relation, columns) -%}
    {%- set all_rows = 'true' -%}
    {%- if not execute or flags.WHICH != 'build' -%} {{ return(all_rows) }} {%- endif -%}
    {%- set built = run_query(
        "select parts from intermediate.build_changed where model = '" ~ relation.identifier ~ "'"
        ~ " and parts is not null and built_at >= '" ~ run_started_at ~ "'"
    ).columns[0].values() -%}
    {%- if not built -%} {{ return(all_rows) }} {%- endif -%}
    {%- set failing = run_query(
        "select count(*) filter (where status <> 'pass'), count(*) from marts.check_result"
        ~ " where model_name = '" ~ relation.identifier ~ "'"
    ).rows[0] -%}
    {%- if failing[0] or not failing[1] -%} {{ return(all_rows) }} {%- endif -%}
    {%- if not built[0] -%} {{ return('false') }} {%- endif -%}
    {%- if 'channel' not in columns or 'day_on' not in columns -%} {{ return(all_rows) }} {%- endif -%}
    {{ return("(workspace_id, channel, to_char(day_on, 'YYYY-MM')) in (" ~ built[0] ~ ")") }}
{%- endmacro %}
