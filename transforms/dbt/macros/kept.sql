{#
A table that is built again only where what it reads has changed.

Every input has a fingerprint per part (workspace, channel, month; empty means all) and of the days of a part,
where they are known: the lake's tables bring those of their publication, a model those of what it was made
from, or of its rows. A model remembers which it has consumed, and its own code. Same code and same
fingerprints: nothing is done. Other code, or too much that changed: built whole. Otherwise, if it
has `kept_parts`, the changed parts, or their changed days, are deleted and inserted; where it says
`changed_parts`, its query is narrowed to them. With `kept_keys` it is everything of a key that has a row there.
What to say when: docs/data-teams.md.
#}
{% materialization kept, adapter='postgres' %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set inputs = inputs_of(model) -%}
    {%- set code = code_of(model, sql) -%}
    {%- set parts = config.get('kept_parts') -%}
    {%- set keys = config.get('kept_keys') -%}
    {%- set plan = plan_of(model.name, inputs, code, parts) -%}
    {%- set is_there = load_cached_relation(this) is not none -%}

    {%- if should_full_refresh() or not is_there or plan.is_new_code
        or (plan.changed and (not parts or not can_be_narrowed(plan) or (keys and not plan.days))) -%}
        {%- do materialization_table_default() -%}
        {%- do remember_inputs(model.name, inputs, code, none) -%}
        {%- do adapter.commit() -%}
    {%- elif plan.changed -%}
        {{ run_hooks(pre_hooks, inside_transaction=False) }}
        {{ run_hooks(pre_hooks, inside_transaction=True) }}
        {%- set columns = kept_columns(target) | join(', ') -%}
        {%- set is_changed = in_keys(keys.key) if keys else in_parts(parts, plan) -%}
        {%- call statement('main') -%}
            {%- if keys %} {{ find_changed_keys(target, keys, parts, plan) }} {%- endif %}
            delete from {{ target }} where {{ is_changed }};
            insert into {{ target }} ({{ columns }})
            select {{ columns }} from (
                {{ narrow(sql, plan) }}
            ) as fresh
            where {{ is_changed }};
            {% if not plan.days %} {{ analyze_keys(target) }} {% endif %}
        {%- endcall -%}
        {%- do remember_inputs(model.name, inputs, code, plan) -%}
        {#- It is protected, and has its statistics. -#}
        {%- do model.update({'is_kept': true}) -%}
        {{ run_hooks(post_hooks, inside_transaction=True) }}
        {%- do adapter.commit() -%}
        {{ run_hooks(post_hooks, inside_transaction=False) }}
    {%- else -%}
        {%- call statement('main') -%} select 1 {%- endcall -%}
        {%- do remember_inputs(model.name, inputs, code, plan) -%}
        {%- do adapter.commit() -%}
    {%- endif -%}

    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{# Not where most has changed, nor where a change knows no month: it may be in one nothing else has rows of. #}
{% macro can_be_narrowed(plan) -%}
    {{ return(plan.changed | length <= plan.parts / 2 and not is_of_any_month(plan)) }}
{%- endmacro %}

{% macro kept_columns(target) -%}
    {%- if config.get('contract').enforced -%} {{ return(model.columns | list) }} {%- endif -%}
    {{ return(adapter.get_columns_in_relation(target) | map(attribute='quoted') | list) }}
{%- endmacro %}

{# Whole months may be new to the statistics; of a day more they tell well enough, until Postgres looks itself. #}
{% macro analyze_keys(target) -%}
    {%- set keys = config.get('indexes', []) | map(attribute='columns') | sum(start=[]) | unique | list -%}
    analyze {{ target }} {%- if keys %} ({{ keys | join(', ') }}) {%- endif %}
{%- endmacro %}
