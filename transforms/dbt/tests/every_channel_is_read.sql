-- Nothing waits for this check. depends_on: {{ ref('fct_blended_daily') }}
{%- set readers = {
    'account_daily': 'fct_account_daily', 'post_daily': 'fct_post_daily', 'post': 'fct_post',
    'email_daily': 'fct_email_daily', 'email_campaign': 'fct_email_campaign'
} %}

with counts as (
    {%- for silver_table, model in readers.items() %}
    select
        '{{ silver_table }}' as silver_table,
        (select count(*) from {{ source('lake', silver_table) }}) as rows_there,
        (select count(*) from {{ ref(model) }}) as rows_read
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    silver_table,
    rows_there,
    rows_read
from counts
where rows_there <> rows_read
