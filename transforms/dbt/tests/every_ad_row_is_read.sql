-- Nothing waits for this check. depends_on: {{ ref('fct_blended_daily') }}
{%- set of_changed = parts_to_check() %}

with counts as (
    select
        (select count(*) from {{ source('lake', 'ad_daily') }} where {{ of_changed }}) as rows_there,
        (
            select count(*) from {{ ref('int_ads__unioned') }}
            where not is_unallocated and {{ of_changed }}
        ) as rows_read
)

select
    rows_there,
    rows_read
from counts
where rows_there <> rows_read
