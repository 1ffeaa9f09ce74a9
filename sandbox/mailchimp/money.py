"""What Mailchimp claims to have sold, as decimal numbers."""

from __future__ import annotations

from typing import Any

from sandbox.currency import exponent_of
from sandbox.guarded import GuardedWorld


def write_shop(world: GuardedWorld, totals: dict[str, Any], *, names_currency: bool) -> dict[str, Any]:
    """The `ecommerce` member: order totals, and the same less tax and shipping."""
    unit = 10 ** exponent_of(world.currency)
    shop = {
        "total_orders": totals["orders"],
        "total_spent": totals["spent_minor"] / unit,
        "total_revenue": totals["revenue_minor"] / unit,
    }
    return shop | ({"currency_code": world.currency} if names_currency else {})
