{# Rows a key may have been doubled in since it last held: those that share it with a row of what changed. All of
   them when the table was built whole, when a check of it does not hold, or when its rows know no day. #}
{% macro rows_to_check(relation, columns) -%}
    {%- set all_rows = 'true' -%}
    {%- if not execute or flags.WHICH != 'build' or flags.FULL_REFRESH -%} {{ return(all_rows) }} {%- endif -%}
    {%- set of = graph.nodes[model.attached_node] -%}
    {%- set is_of_view = is_view(model.attached_node) -%}
    {%- set last = last_look(relation) -%}
    {%- if last.failing or not last.checks -%} {{ return(all_rows) }} {%- endif -%}
    {%- set plan = view_plan(model) if is_of_view else last.plan -%}
    {%- if plan is none -%} {{ return(all_rows) }} {%- endif -%}
    {%- if not plan.changed -%} {{ return('false') }} {%- endif -%}
    {%- set known = of.columns | list if of.config.contract.enforced
        else adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
    {%- set parts = of.config.get('kept_parts') or {'channel': 'channel', 'day': 'day_on'} -%}
    {%- if 'day_on' not in known or 'channel' not in known or parts.since -%} {{ return(all_rows) }} {%- endif -%}
    {%- set by_month = {'channel': parts.channel, 'month': "to_char(day_on, 'YYYY-MM')", 'day': parts.day} -%}
    {%- set is_changed = in_parts(by_month, plan) -%}
    {%- if 'channel' in columns and 'day_on' in columns -%} {{ return(is_changed) }} {%- endif -%}
    {%- set key = 'hash_record_extended(row(' ~ columns | join(', ') ~ '), 0)' -%}
    {{ return(key ~ ' in (select ' ~ key ~ ' from ' ~ relation ~ ' where ' ~ is_changed ~ ')') }}
{%- endmacro %}

{# How many checks of a table there were and failed, and the plan this run built it by; none: built whole. #}
{% macro last_look(relation) -%}
    {%- set row = run_query("
        select
            (select count(*) from marts.check_result where model_name = looked.name),
            (select count(*) from marts.check_result where model_name = looked.name and status <> 'pass'),
            changed.parts is not null, changed.parts, changed.days
        from (values ('" ~ relation.identifier ~ "')) as looked (name)
        left join intermediate.build_changed as changed
            on changed.model = looked.name and changed.built_at >= '" ~ run_started_at ~ "'
    ").rows[0] -%}
    {{ return({
        'checks': row[0], 'failing': row[1],
        'plan': {'changed': [row[3]] if row[3] else [], 'days': row[4]} if row[2] else none
    }) }}
{%- endmacro %}

{# What changed in the lake's tables under a view since this check last looked at it; none for all of it, also where
   a change knows no month. #}
{% macro view_plan(check) -%}
    {%- set plan = plan_of(check.name, inputs_of(check), code_of(check, '')) -%}
    {{ return(none if plan.is_new_code or is_of_any_month(plan) else plan) }}
{%- endmacro %}

{# The parts of the lake's tables that changed since a check of its own last held everywhere. #}
{% macro parts_to_check() -%}
    {%- if not execute or flags.WHICH != 'build' or flags.FULL_REFRESH -%} {{ return('true') }} {%- endif -%}
    {%- set held = run_query(
        "select bool_and(status = 'pass') from marts.check_result where check_name = '" ~ model.name ~ "'"
    ).columns[0][0] -%}
    {%- set plan = view_plan(model) if held else none -%}
    {%- if plan is none -%} {{ return('true') }} {%- endif -%}
    {%- if not plan.changed -%} {{ return('false') }} {%- endif -%}
    {{ return(in_parts({'channel': 'channel', 'month': 'month', 'day': 'day_on'}, plan)) }}
{%- endmacro %}
