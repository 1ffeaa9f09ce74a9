{{ config(indexes=[{'columns': ['workspace_id', 'window_days', 'day_on']}]) }}
-- What each model credits a channel with on a day, beside what the channel's platform claims and cost. A
-- claim belongs to its platform's own window: it repeats for every window of ours and is added over neither.
{%- set models = [
    'first', 'last', 'last_non_direct', 'linear', 'position', 'time_decay', 'markov', 'shapley'
] %}

with credited as (
    select
        workspace_id,
        window_days,
        channel,
        day_on,
        currency,
    {%- for model in models %}
    sum({{ model }}_conversions::numeric)::double precision as {{ model }}_conversions,
    sum({{ model }}_value_micros::numeric)::double precision as {{ model }}_value_micros
    {{- ',' if not loop.last }}
    {%- endfor %}
    from {{ ref('fct_attribution_daily') }}
    group by workspace_id, window_days, channel, day_on, currency
),

windows as (
    select distinct
        workspace_id,
        window_days
    from credited
),

claimed as (
    select
        channels.workspace_id,
        windows.window_days,
        channels.channel,
        channels.day_on,
        channels.currency,
        channels.spend_micros,
        channels.claimed_conversions,
        channels.claimed_value_micros,
        channels.claim_window
    from {{ ref('fct_channel_daily') }} as channels
    inner join windows on channels.workspace_id = windows.workspace_id
    where channels.spend_micros <> 0 or channels.claimed_conversions is not null
)

select
    coalesce(credited.workspace_id, claimed.workspace_id) as workspace_id,
    coalesce(credited.window_days, claimed.window_days) as window_days,
    coalesce(credited.channel, claimed.channel) as channel,
    coalesce(credited.day_on, claimed.day_on) as day_on,
    coalesce(credited.currency, claimed.currency) as currency,
    coalesce(claimed.spend_micros, 0) as spend_micros,
    claimed.claimed_conversions,
    claimed.claimed_value_micros,
    claimed.claim_window,
{%- for model in models %}
coalesce(credited.{{ model }}_conversions, 0) as {{ model }}_conversions,
coalesce(credited.{{ model }}_value_micros, 0) as {{ model }}_value_micros{{ ',' if not loop.last }}
{%- endfor %}
from credited
full join claimed
    on
        credited.workspace_id = claimed.workspace_id
        and credited.window_days = claimed.window_days
        and credited.channel = claimed.channel
        and credited.day_on = claimed.day_on
        and credited.currency = claimed.currency
