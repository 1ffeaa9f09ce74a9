select
    workspaces.workspace_id,
    workspaces.reporting_currency,
    coalesce(currencies.digits, 2)::integer as reporting_digits
from {{ ref('int_workspaces__currency') }} as workspaces
left join {{ ref('currencies') }} as currencies on workspaces.reporting_currency = currencies.currency
