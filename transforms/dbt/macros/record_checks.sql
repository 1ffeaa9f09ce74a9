{# Keep the last result of every check, per workspace, where the app can read it. #}
{% macro record_checks(results) -%}
    {%- if execute and results -%}
        {%- for result in results if result.node.resource_type in ('test', 'unit_test') %}
        {%- set node = result.node %}
        insert into marts.check_result
        select
            workspace_id,
            '{{ node.name }}',
            '{{ (node.attached_node or (node.depends_on.nodes | first) or '').split('.')[-1] }}',
            '{{ result.status }}',
            {{ result.failures or 0 }},
            '{{ [node.description, result.message] | select | join(' ') | replace("'", "''") | truncate(500) }}',
            '{{ run_started_at }}'
        from (select distinct workspace_id from lake.publication) as known
        on conflict (workspace_id, check_name) do update set
            model_name = excluded.model_name, status = excluded.status, failures = excluded.failures,
            message = excluded.message, checked_at = excluded.checked_at;
        {%- set inputs = inputs_of(node) if node.resource_type == 'test' else [] -%}
        {%- if 'lake.' in inputs | join(' ') %}
        {{ consume_inputs(node.name, inputs, code_of(node, '')) }}
        {%- endif %}
        {%- endfor %}
    {%- endif -%}
{%- endmacro %}
