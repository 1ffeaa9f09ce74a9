{#
A table that is built again only where what it reads has changed.

Every input has a fingerprint per part (workspace, channel, month; empty means all) and of the days of a part,
where they are known: the lake's tables bring those of their publication, a model those of what it was made
from, or of its rows. A model remembers which it has consumed, and its own code. Same code and same
fingerprints: nothing is done. Other code, or more than half of the parts changed: built whole. Otherwise, if it
has `kept_parts`, the changed parts, or their changed days, are deleted and inserted; where it says
`changed_parts`, its query is narrowed to them.
#}
{% materialization kept, adapter='postgres' %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set inputs = inputs_of(model) -%}
    {%- set code = code_of(model, sql) -%}
    {%- set parts = config.get('kept_parts') -%}
    {%- set plan = plan_of(model.name, inputs, code, parts) -%}
    {%- set is_there = load_cached_relation(this) is not none -%}

    {%- if should_full_refresh() or not is_there or plan.is_new_code
        or (plan.changed and (not parts or plan.changed | length > plan.parts / 2)) -%}
        {%- do materialization_table_default() -%}
        {%- do remember_inputs(model.name, inputs, code, none) -%}
        {%- do adapter.commit() -%}
    {%- elif plan.changed -%}
        {{ run_hooks(pre_hooks, inside_transaction=False) }}
        {{ run_hooks(pre_hooks, inside_transaction=True) }}
        {%- set columns = adapter.get_columns_in_relation(target) | map(attribute='quoted') | join(', ') -%}
        {%- set is_changed = in_parts(part_of(parts), parts.day, plan) -%}
        {%- call statement('main') -%}
            delete from {{ target }} where {{ is_changed }};
            insert into {{ target }} ({{ columns }})
            select {{ columns }} from (
                {{ narrow(sql, plan) }}
            ) as fresh
            where {{ is_changed }}
        {%- endcall -%}
        {%- do remember_inputs(model.name, inputs, code, plan) -%}
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

{# Where a kept model's query may be narrowed: rows of other parts change nothing in the parts at hand. #}
{% macro changed_parts(row, month=none, day=none) -%}
    {%- set is_mixed = not (config.get('kept_parts') or {}).get('channel') -%}
    {%- set by_day = day or row ~ '.day_on' -%}
    {%- set by_month = month or ("to_char(" ~ by_day ~ ", 'YYYY-MM')" if is_mixed else row ~ '.month') -%}
    /* part: {{ row }}.workspace_id, {{ "''" if is_mixed else row ~ '.channel' }}, {{ by_month }}; day: {{ by_day }} */ true
{%- endmacro %}

{% macro narrow(query, plan) -%}
    {%- set found = modules.re.compile('/\* part: (.*?); day: (.*?) \*/ true') -%}
    {{ return(found.sub(in_parts('\\1', '\\2' if config.get('kept_parts').day, plan), query)) }}
{%- endmacro %}

{# The columns of a row that say which part it belongs to. #}
{% macro part_of(parts) -%}
    {{ return("workspace_id, " ~ (parts.channel or "''") ~ ", " ~ parts.month) }}
{%- endmacro %}

{# Whether a row belongs to what has changed. #}
{% macro in_parts(part, day, plan) -%}
    {%- set days = ' and ' ~ day ~ ' in (' ~ plan.days ~ ')' if day and plan.days else '' -%}
    {{ return('(' ~ part ~ ') in (' ~ plan.changed | join(', ') ~ ')' ~ days) }}
{%- endmacro %}
