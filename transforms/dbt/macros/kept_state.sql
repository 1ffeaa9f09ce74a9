{# Before a build: what the lake has published, by table and part. One look for all models of the run, so that
   none of them remembers more than those before it have read. #}
{% macro begin_build() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        create table if not exists intermediate.build_input (
            input text, workspace_id text, channel text, month text, fingerprint text not null, days jsonb,
            primary key (input, workspace_id, channel, month)
        );
        create table if not exists intermediate.build_state (
            model text, input text, workspace_id text, channel text, month text, fingerprint text not null,
            days jsonb,
            primary key (model, input, workspace_id, channel, month)
        );
        create table if not exists intermediate.build_changed (
            model text primary key, parts text, built_at timestamptz not null, days text
        );
        -- A warehouse of before there were days.
        alter table intermediate.build_input add column if not exists days jsonb;
        alter table intermediate.build_state add column if not exists days jsonb;
        alter table intermediate.build_changed add column if not exists days text;
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
        -- Only a build that ends well may say again that everything stands as the project describes it.
        delete from intermediate.build_state where model = '';
        delete from intermediate.build_input where input like 'lake.%';
        insert into intermediate.build_input
        select input, workspace_id, channel, month, fingerprint, days from lake.published_part;
    {%- else -%}
        select 1
    {%- endif -%}
{%- endmacro %}
