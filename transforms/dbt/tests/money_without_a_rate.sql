-- Nothing waits for this check. depends_on: {{ ref('fct_blended_daily') }}
select
    workspace_id,
    currency,
    wanted_currency,
    min(day_on) as first_on,
    max(day_on) as last_on
from {{ ref('int_currency_daily') }}
where not is_convertible
group by workspace_id, currency, wanted_currency
