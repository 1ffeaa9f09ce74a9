{{ config(severity='warn') }}
-- Nothing waits for this check. depends_on: {{ ref('fct_blended_daily') }}
select
    workspace_id,
    channel,
    account_id,
    day_on
from {{ ref('fct_spend_daily') }}
where claim_window = 'mixed'
