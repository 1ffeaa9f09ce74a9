{# What has changed since a model, or a check of a view, last consumed it: {is_new_code, parts: how many there are,
   changed: SQL rows (workspace, channel, month), first_month: of these, days: SQL rows (workspace, day) of these,
   none where a change knows no day}. Where `parts` names no channel, the parts are the months of all channels
   together. #}
{% macro plan_of(name, inputs, code, parts=none) -%}
    {%- set there = "('" ~ (inputs + ['']) | join("', '") ~ "')" -%}
    {%- set is_mixed = parts and not parts.channel -%}
    {%- set rows = run_query("""
        with now as (select * from intermediate.build_input where input in """ ~ there ~ """),
        before as (
            select * from intermediate.build_state where model = '""" ~ name ~ """' and input <> 'code'
        ),
        compared as (
            select
                workspace_id, """ ~ ("'' as channel" if is_mixed else "channel") ~ """, month,
                now.fingerprint is distinct from before.fingerprint as is_changed,
                case when now.fingerprint is null then '{}' else now.days end as days,
                case when before.fingerprint is null then '{}' else before.days end as days_before
            from now full join before using (input, workspace_id, channel, month)
        ),
        parts as (
            select workspace_id, channel, month from compared
            where month <> '' """ ~ ("" if is_mixed else "and channel <> ''") ~ """
            union
            select workspace_id, channel, month from compared where is_changed
        ),
        days as (
            select bool_and(month <> '' and days is not null and days_before is not null) as are_known
            from compared where is_changed
        ),
        changed_days as (
            select distinct compared.workspace_id, day.key
            from compared
            cross join lateral (
                select key from jsonb_each_text(days) as one full join jsonb_each_text(days_before) as other
                    using (key)
                where one.value is distinct from other.value
            ) as day
            where is_changed
        )
        select
            (select fingerprint from intermediate.build_state
             where model = '""" ~ name ~ """' and input = 'code'),
            (select count(*) from parts),
            format('(%L, %L, %L)', workspace_id, channel, month),
            min(nullif(month, '')) over (),
            case when (select are_known from days)
                then (select string_agg(format('(%L, %L)', workspace_id, key), ', ') from changed_days) end
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
        'is_new_code': rows.columns[0][0] != code, 'parts': rows.columns[1][0] | int, 'changed': changed,
        'first_month': rows.columns[3][0], 'days': rows.columns[4][0]
    }) }}
{%- endmacro %}

{% macro is_of_any_month(plan) -%}
    {{ return(", '')" in plan.changed | join) }}
{%- endmacro %}
