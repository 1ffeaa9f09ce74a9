{{ config(materialized='view') }}
-- Who bought: the browser a purchase came from and the person known in it.
with purchases as (
    select
        workspace_id,
        order_id,
        anonymous_id,
        person_key
    from {{ ref('stg_site__event') }}
    where kind = 'purchase' and order_id is not null
)

select
    workspace_id,
    order_id,
    'browser ' || anonymous_id as visitor
from purchases
union
select
    workspace_id,
    order_id,
    'person ' || person_key as visitor
from purchases
where person_key is not null
