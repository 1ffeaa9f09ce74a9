{{ config(indexes=[{'columns': ['workspace_id', 'day_on']}]) }}
-- What became of the mails sent on a day, by list. Openers contain machines that fetch every mail; the
-- vendors we read do not tell them apart, so opens by opener is the sign to watch.
with parts as (
    select
        workspace_id,
        channel,
        account_id,
        coalesce(list_id, '') as list_id,
        sent_on as day_on,
        count(*) as mails,
        sum(sent)::bigint as sent,
        sum(coalesce(hard_bounces, 0))::bigint as hard_bounces,
        sum(coalesce(soft_bounces, 0))::bigint as soft_bounces,
        sum(opens)::bigint as opens,
        sum(unique_opens)::bigint as unique_opens,
        sum(unique_clicks)::bigint as unique_clicks,
        sum(unsubscribes)::bigint as unsubscribes,
        sum(complaints)::bigint as complaints
    from {{ ref('fct_email_campaign') }}
    where sent_on is not null
    group by workspace_id, channel, account_id, coalesce(list_id, ''), sent_on
)

select
    workspace_id,
    channel,
    account_id,
    list_id,
    day_on,
    mails,
    sent,
    sent - hard_bounces - soft_bounces as delivered,
    hard_bounces,
    soft_bounces,
    opens,
    unique_opens,
    unique_clicks,
    unsubscribes,
    complaints,
    {{ metric('delivery_rate') }} as delivery_rate,
    {{ metric('hard_bounce_rate') }} as hard_bounce_rate,
    {{ metric('complaint_rate') }} as complaint_rate,
    {{ metric('open_rate') }} as open_rate,
    {{ metric('opens_per_opener') }} as opens_per_opener
from parts
