{# Before a build: what the lake has published, by table and part. One look for all models of the run, so that
   none of them remembers more than those before it have read. #}
{% macro begin_build() -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        create table if not exists intermediate.build_input (
            input text, workspace_id text, channel text, month text, fingerprint text not null,
            primary key (input, workspace_id, channel, month)
        );
        create table if not exists intermediate.build_state (
            model text, input text, workspace_id text, channel text, month text, fingerprint text not null,
            primary key (model, input, workspace_id, channel, month)
        );
        create table if not exists intermediate.build_changed (
            model text primary key, parts text, built_at timestamptz not null
        );
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
        select input, workspace_id, channel, month, fingerprint from lake.published_part;
    {%- else -%}
        select 1
    {%- endif -%}
{%- endmacro %}

{# What has changed since the model consumed it: {is_new_code, parts: how many there are, changed: SQL rows}. #}
{% macro plan_of(name, inputs, code) -%}
    {%- set there = "('" ~ (inputs + ['']) | join("', '") ~ "')" -%}
    {%- set rows = run_query("""
        with now as (select * from intermediate.build_input where input in """ ~ there ~ """),
        before as (
            select * from intermediate.build_state where model = '""" ~ name ~ """' and input <> 'code'
        ),
        compared as (
            select workspace_id, channel, month, now.fingerprint is distinct from before.fingerprint as is_changed
            from now full join before using (input, workspace_id, channel, month)
        ),
        parts as (
            select workspace_id, channel, month from compared where channel <> '' and month <> ''
            union
            select workspace_id, channel, month from compared where is_changed
        )
        select
            (select fingerprint from intermediate.build_state
             where model = '""" ~ name ~ """' and input = 'code'),
            (select count(*) from parts),
            format('(%L, %L, %L)', workspace_id, channel, month)
        from (values (1)) as one
        left join (
            select * from parts where exists (
                select from compared
                where
                    is_changed and parts.workspace_id = compared.workspace_id
                    and compared.channel in ('', parts.channel) and compared.month in ('', parts.month)
            )
        ) as changed on true
    """) -%}
    {%- set changed = rows.columns[2].values() | reject('equalto', '(NULL, NULL, NULL)') | list -%}
    {{ return({
        'is_new_code': rows.columns[0][0] != code, 'parts': rows.columns[1][0] | int, 'changed': changed
    }) }}
{%- endmacro %}

{# Remember what a model is made of, or what a check has looked at. #}
{% macro consume_inputs(name, inputs, code) -%}
    delete from intermediate.build_state where model = '{{ name }}';
    insert into intermediate.build_state
    select '{{ name }}', input, workspace_id, channel, month, fingerprint
    from intermediate.build_input where input in ('{{ (inputs + ['']) | join("', '") }}')
    union all
    select '{{ name }}', 'code', '', '', '', '{{ code }}';
{%- endmacro %}

{# Remember what the model has consumed, and tell those that read it what it is made of now. #}
{% macro remember_inputs(name, inputs, code, changed) -%}
    {%- set there = "('" ~ (inputs + ['']) | join("', '") ~ "')" -%}
    {%- set parts = 'null' if changed is none else "'" ~ (changed | join(', ') | replace("'", "''")) ~ "'" -%}
    {%- set told = config.get('kept_rows') -%}
    {%- call statement('remember') -%}
        insert into intermediate.build_changed values ('{{ name }}', {{ parts }}, now())
        on conflict (model) do update set parts = excluded.parts, built_at = excluded.built_at;
        {%- if changed is none or changed %}
        {{ consume_inputs(name, inputs, code) }}
        delete from intermediate.build_input where input = '{{ name }}';
        insert into intermediate.build_input
        {%- if told %}
        select '{{ name }}', workspace_id, '', {{ told }}, sum(hashtextextended(kept::text, 0)::numeric)::text
        from {{ this }} as kept
        group by 2, 4
        {%- else %}
        select
            '{{ name }}', part.workspace_id, part.channel, part.month,
            md5('{{ code }}' || string_agg(made.input || ' ' || made.fingerprint, ',' order by made.input, made.channel, made.month))
        from (
            select distinct workspace_id, {{ 'channel, month' if config.get('kept_parts') else "'' as channel, '' as month" }}
            from intermediate.build_input where input in {{ there }}
        ) as part
        inner join intermediate.build_input as made
            on
                made.input in {{ there }} and part.workspace_id = made.workspace_id
                {%- if config.get('kept_parts') %}
                and made.channel in ('', part.channel) and made.month in ('', part.month)
                {%- endif %}
        group by part.workspace_id, part.channel, part.month
        {%- endif %}
        {%- endif %}
    {%- endcall -%}
{%- endmacro %}
