{#
Rows that depend on all rows of their key, as visits do on all events of a browser, whatever their days:
kept_keys={key: a column of the table and of what it reads, rows: the models whose rows make it,
first_day, last_day: columns of the table, the days of all that a row is made of lie between them}.
#}
{% macro changed_keys(row) -%}
    {%- set keys = config.get('kept_keys') or {} -%}
    /* key of {{ row }}: {{ row }}.{{ keys.key }} */ true
{%- endmacro %}

{% macro in_keys(key, row='') -%}
    {{ return('(' ~ row ~ 'workspace_id, ' ~ key ~ ') in (select workspace_id, key from changed_key)') }}
{%- endmacro %}

{# The keys of rows that are in a changed day now, and of rows that reached into one before. #}
{% macro find_changed_keys(target, keys, parts, plan) -%}
    {%- set days = '(values ' ~ plan.days ~ ') as changed (workspace_id, day)' -%}
    create temporary table changed_key on commit drop as
    {%- for model in keys.rows %}
    select workspace_id, {{ keys.key }} as key
    from {{ ref(model) }}
    where {{ in_parts(parts, plan) }}
    union
    {%- endfor %}
    select workspace_id, {{ keys.key }} as key
    from {{ target }}
    where
        {{ keys.first_day }} <= (select max(day::date) from {{ days }})
        and {{ keys.last_day }} >= (select min(day::date) from {{ days }});
    analyze changed_key;
{%- endmacro %}
