{#
A table that is built again only where what it reads has changed.

Every input has a fingerprint per part (workspace, channel, month; empty means all): the lake's tables bring
the one of their publication, a model that of what it was made from, or of its rows. A model remembers which
it has consumed, and its own code. Same code and same fingerprints: nothing is done. Other code, or more than
half of the parts changed: built whole. Otherwise, if it has `kept_parts`, the changed parts are deleted and
inserted; where it says `changed_parts`, its query is narrowed to them.
#}
{% materialization kept, adapter='postgres' %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set inputs = inputs_of(model) -%}
    {%- set code = code_of(model, sql) -%}
    {%- set plan = plan_of(model.name, inputs, code) -%}
    {%- set is_there = load_cached_relation(this) is not none -%}

    {%- if should_full_refresh() or not is_there or plan.is_new_code
        or (plan.changed and (not config.get('kept_parts') or plan.changed | length > plan.parts / 2)) -%}
        {%- do materialization_table_default() -%}
        {%- do remember_inputs(model.name, inputs, code, none) -%}
        {%- do adapter.commit() -%}
    {%- elif plan.changed -%}
        {{ run_hooks(pre_hooks, inside_transaction=False) }}
        {{ run_hooks(pre_hooks, inside_transaction=True) }}
        {%- set columns = adapter.get_columns_in_relation(target) | map(attribute='quoted') | join(', ') -%}
        {%- set parts = config.get('kept_parts') -%}
        {%- call statement('main') -%}
            delete from {{ target }} as kept
            where (kept.workspace_id, {{ parts.channel }}, {{ parts.month }}) in ({{ plan.changed | join(', ') }});
            insert into {{ target }} ({{ columns }})
            select {{ columns }} from (
                {{ narrow(sql, plan.changed) }}
            ) as fresh
            where (fresh.workspace_id, {{ parts.channel }}, {{ parts.month }}) in ({{ plan.changed | join(', ') }})
        {%- endcall -%}
        {%- do remember_inputs(model.name, inputs, code, plan.changed) -%}
        {{ run_hooks(post_hooks, inside_transaction=True) }}
        {%- do adapter.commit() -%}
        {{ run_hooks(post_hooks, inside_transaction=False) }}
    {%- else -%}
        {%- call statement('main') -%} select 1 {%- endcall -%}
        {%- do remember_inputs(model.name, inputs, code, []) -%}
        {%- do adapter.commit() -%}
    {%- endif -%}

    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{# Where a kept model's query may be narrowed: rows of other parts change nothing in the parts at hand. #}
{% macro changed_parts(row, month=none) -%}
    /* parts: {{ row }}.workspace_id, {{ row }}.channel, {{ month or row ~ '.month' }} */ true
{%- endmacro %}

{% macro narrow(query, parts) -%}
    {%- set found = modules.re.compile('/\* parts: (.*?) \*/ true') -%}
    {{ return(found.sub('(\\1) in (' ~ parts | join(', ') ~ ')', query)) }}
{%- endmacro %}
