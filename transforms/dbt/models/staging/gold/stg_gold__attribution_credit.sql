-- What each touch of a conversion is credited with: one share a model, each summing to 1 over a path.
select
    workspace_id,
    window_days,
    path_id,
    position,
    day_on,
    person_id,
    marketing_channel,
    campaign,
    ad,
    currency,
    value_micros,
    first,
    last,
    last_non_direct,
    linear,
    position_based,
    time_decay,
    markov,
    shapley
from {{ source('lake', 'attribution_credit') }}
