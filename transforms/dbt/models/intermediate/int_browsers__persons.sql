{{ config(materialized='view') }}
-- Everyone who was ever known in a browser.
select distinct
    workspace_id,
    anonymous_id,
    person_key
from {{ ref('stg_site__event') }}
where person_key is not null
