-- The ordered touches of a person before a conversion, and those that led to none.
select
    workspace_id,
    window_days,
    path_id,
    person_id,
    is_conversion,
    converted_at,
    day_on,
    currency,
    value_micros,
    position,
    touches,
    event_id,
    occurred_at,
    marketing_channel,
    channel_group,
    campaign,
    ad
from {{ source('lake', 'path_touch') }}
