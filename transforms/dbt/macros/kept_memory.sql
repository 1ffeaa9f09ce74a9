{# Remember what a model is made of, or what a check has looked at. #}
{% macro consume_inputs(name, inputs, code) -%}
    delete from intermediate.build_state where model = '{{ name }}';
    insert into intermediate.build_state
    select '{{ name }}', input, workspace_id, channel, month, fingerprint, days
    from intermediate.build_input where input in ('{{ (inputs + ['']) | join("', '") }}')
    union all
    select '{{ name }}', 'code', '', '', '', '{{ code }}', null;
{%- endmacro %}

{# Remember what the model has consumed, and tell those that read it what it is made of now; no plan: it was
   built whole. #}
{% macro remember_inputs(name, inputs, code, plan) -%}
    {%- call statement('remember') -%}
        insert into intermediate.build_changed values (
            '{{ name }}',
            {{ quoted(plan.changed | join(', ')) if plan else 'null' }},
            now(),
            {{ quoted(plan.days) if plan and plan.days else 'null' }}
        )
        on conflict (model) do update
        set parts = excluded.parts, built_at = excluded.built_at, days = excluded.days;
        {%- if not plan or plan.changed %}
        {{ consume_inputs(name, inputs, code) }}
        delete from intermediate.build_input where input = '{{ name }}';
        insert into intermediate.build_input
        {%- if config.get('kept_rows') %}
        {{ told_by_rows(name) }}
        {%- elif config.get('kept_days') %}
        {{ told_by_days(name, config.get('kept_days')) }}
        {%- else %}
        {{ told_by_inputs(name, inputs, code, config.get('kept_parts')) }}
        {%- endif %}
        {%- endif %}
    {%- endcall -%}
{%- endmacro %}

{% macro quoted(text) -%}
    {{ return("'" ~ text | replace("'", "''") ~ "'") }}
{%- endmacro %}

{# A table that seldom changes is known by its rows. #}
{% macro told_by_rows(name) -%}
    select '{{ name }}', workspace_id, '', '', sum(hash_record_extended(kept, 0)::numeric)::text, null
    from {{ this }} as kept
    group by workspace_id
{%- endmacro %}

{# A table that is built whole and changes in few days is known by the rows of each. #}
{% macro told_by_days(name, day) -%}
    select
        '{{ name }}', workspace_id, '', to_char(day, 'YYYY-MM'), sum(hash)::text,
        jsonb_object_agg(day, hash::text)
    from (
        select workspace_id, {{ day }} as day, sum(hash_record_extended(kept, 0)::numeric) as hash
        from {{ this }} as kept
        group by workspace_id, {{ day }}
    ) as days
    group by workspace_id, to_char(day, 'YYYY-MM')
{%- endmacro %}

{# Any other is known by what it was made from; one without parts as a whole. #}
{% macro told_by_inputs(name, inputs, code, parts) -%}
    {%- set columns = {'channel': 'channel' if parts and parts.channel else "''", 'month': 'month' if parts else "''"} -%}
    {%- set is_of_part -%}
        part.workspace_id = made.workspace_id
        {%- if parts and parts.channel %} and made.channel in ('', part.channel) {%- endif %}
        {%- if parts %} and made.month in ('', part.month) {%- endif %}
    {%- endset -%}
    with made as (
        select * from intermediate.build_input where input in ('{{ (inputs + ['']) | join("', '") }}')
    )
    select
        '{{ name }}', part.workspace_id, part.channel, part.month,
        md5('{{ code }}' || string_agg(made.input || ' ' || made.fingerprint, ',' order by made.input, made.channel, made.month)),
        {%- if parts and parts.day %}
        (
            select jsonb_object_agg(key, hash)
            from (
                select
                    day.key,
                    md5('{{ code }}' || string_agg(
                        made.input || ' ' || case when made.days is null then made.fingerprint else made.days ->> day.key end,
                        ',' order by made.input, made.channel, made.month
                    )) as hash
                from (
                    select distinct key from made cross join lateral jsonb_object_keys(made.days) as key
                    where {{ is_of_part }}
                ) as day
                inner join made on {{ is_of_part }}
                group by day.key
            ) as days
        )
        {%- else %} null {%- endif %}
    from (
        select distinct workspace_id, {{ columns.channel }} as channel, {{ columns.month }} as month from made
    ) as part
    inner join made on {{ is_of_part }}
    group by part.workspace_id, part.channel, part.month
{%- endmacro %}
