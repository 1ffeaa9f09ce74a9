-- Every version of an account's day that a vendor ever told, from the instant it was loaded.
select
    workspace_id,
    channel,
    account_id,
    day_on,
    currency,
    spend_micros,
    claimed_conversions,
    claimed_value_micros,
    claim_window,
    load_id,
    load_seq,
    believed_at,
    is_taken_back
from {{ source('lake', 'spend_belief') }}
