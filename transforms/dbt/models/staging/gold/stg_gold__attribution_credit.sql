-- What each touch of a conversion is credited with: one share a model, each summing to 1 over a path.
-- Markov's is Shapley's share times the channel's removal effect, as part of the path's sum of these: effects
-- move with every conversion, so they are kept by channel. Channels that never convert have no effect; a path
-- of them alone is shared as Shapley does.
with weighed as (
    select
        credit.*,
        credit.shapley * coalesce(effect.effect, 0) as by_effect
    from {{ source('lake', 'attribution_credit') }} as credit
    left join {{ source('lake', 'channel_effect') }} as effect
        on
            credit.workspace_id = effect.workspace_id
            and credit.window_days = effect.window_days
            and credit.marketing_channel = effect.marketing_channel
)

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
    coalesce(by_effect / nullif(sum(by_effect) over path, 0), shapley) as markov,
    shapley
from weighed
window path as (
    partition by workspace_id, window_days, day_on, path_id
    order by position
    rows between unbounded preceding and unbounded following
)
