-- The credits added up per channel, campaign or ad, a row a model, with removal effect and interval where
-- there are such.
{%- set models = [
    'first', 'last', 'last_non_direct', 'linear', 'position', 'time_decay', 'markov', 'shapley'
] %}
select
    total.workspace_id,
    total.window_days,
    total.grain,
    fact.model,
    total.marketing_channel,
    total.campaign,
    total.ad,
    total.currency,
    fact.conversions,
    fact.value_micros,
    fact.share,
    case when fact.model = 'markov' then total.removal_effect end as removal_effect,
    fact.conversions_low,
    fact.conversions_high,
    fact.share_low,
    fact.share_high,
    total.computed_at
from {{ source('lake', 'attribution_total') }} as total
cross join
    lateral (
        values
        {%- for model in models %}
        (
            '{{ model }}',
            total.{{ model }}_conversions,
            total.{{ model }}_value_micros,
            total.{{ model }}_share,
            total.{{ model }}_conversions_low,
            total.{{ model }}_conversions_high,
            total.{{ model }}_share_low, total.{{ model }}_share_high
        ){{ ',' if not loop.last }}
        {%- endfor %}
    ) as fact (
        model, conversions, value_micros, share, conversions_low, conversions_high, share_low, share_high
    )
where fact.conversions is not null
