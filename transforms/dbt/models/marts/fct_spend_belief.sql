{{ config(indexes=[{'columns': ['workspace_id', 'channel', 'day_on']}]) }}
-- What was believed of an account's day, and for how long: on a day D, the row with
-- believed_at <= D < believed_until (null: still believed) is what a report of D showed.
select
    belief.workspace_id,
    belief.channel,
    belief.account_id,
    belief.day_on,
    coalesce(belief.currency, account.currency) as currency,
    belief.load_id,
    belief.load_seq,
    belief.believed_at,
    lead(belief.believed_at) over versions as believed_until,
    row_number() over versions as nth_belief,
    belief.is_taken_back,
    case when belief.is_taken_back then 0 else belief.spend_micros end as spend_micros,
    (case when belief.is_taken_back then 0 else belief.spend_micros end)
    - lag(case when belief.is_taken_back then 0 else belief.spend_micros end) over versions
        as restated_spend_micros,
    belief.claimed_conversions,
    belief.claimed_value_micros,
    belief.claim_window
from {{ ref('stg_gold__spend_belief') }} as belief
left join {{ ref('stg_shared__accounts') }} as account
    on
        belief.workspace_id = account.workspace_id
        and belief.channel = account.channel
        and belief.account_id = account.account_id
window versions as (
    partition by belief.workspace_id, belief.channel, belief.account_id, belief.day_on
    order by belief.load_seq
)
