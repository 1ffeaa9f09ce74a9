{# Keep the last result of every check, per workspace, where the app can read it. #}
{% macro record_checks(results) -%}
    {%- if execute and results -%}
        create table if not exists marts.check_result (
            workspace_id text not null,
            check_name text not null,
            model_name text not null,
            status text not null,
            failures bigint not null,
            message text not null,
            checked_at timestamptz not null,
            primary key (workspace_id, check_name)
        );
        select lake.protect('marts.check_result');
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
        {%- endfor %}
    {%- endif -%}
{%- endmacro %}
