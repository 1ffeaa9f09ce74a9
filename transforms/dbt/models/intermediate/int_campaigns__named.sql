{{ config(kept_rows=true) }}
-- Every campaign and mail by its latest name; links name them by id or by name.
with ads as (
    select distinct on (workspace_id, channel, account_id, campaign_id)
        workspace_id,
        channel,
        account_id,
        campaign_id,
        campaign_name,
        currency
    from {{ ref('int_campaigns__daily') }}
    where campaign_id <> ''
    order by workspace_id asc, channel asc, account_id asc, campaign_id asc, day_on desc, loaded_at desc
),

spans as (
    select
        workspace_id,
        channel,
        account_id,
        campaign_id,
        min(day_on) as first_on,
        max(day_on) as last_on
    from {{ ref('int_campaigns__daily') }}
    group by workspace_id, channel, account_id, campaign_id
),

named as (
    select
        ads.workspace_id,
        ads.channel,
        ads.account_id,
        ads.campaign_id,
        'ads' as kind,
        coalesce(ads.campaign_name, ads.campaign_id) as name,
        ads.currency,
        spans.first_on,
        spans.last_on
    from ads
    inner join spans
        on
            ads.workspace_id = spans.workspace_id
            and ads.channel = spans.channel
            and ads.account_id = spans.account_id
            and ads.campaign_id = spans.campaign_id
    union all
    select
        workspace_id,
        channel,
        account_id,
        mail_id as campaign_id,
        'mail' as kind,
        coalesce(title, subject, mail_id) as name,
        currency,
        sent_on as first_on,
        sent_on as last_on
    from {{ ref('int_mails__dated') }}
)

select
    *,
    {{ slug('name') }} as slug
from named
