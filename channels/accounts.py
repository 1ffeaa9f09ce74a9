"""An account made of what a vendor says, which may be less than documented."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from channels.contract import Account
from core.errors import Rejected


def make_account(
    number: Any, name: Any, currency: Any, timezone: Any, *, needs_currency: bool = False
) -> Account:
    """Return an account; one without a name is called by its id.

    Raises:
        Rejected: the id, the time zone or a currency that is needed is missing or unknown.
    """
    if not number:
        raise Rejected("The vendor did not say the account's id; look at the account there.")
    if needs_currency and not currency:
        raise Rejected("The account has no currency yet; complete it at the vendor.")
    if not timezone:
        raise Rejected("The account has no time zone yet; complete it at the vendor.")
    try:
        ZoneInfo(str(timezone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Rejected(f"The account's time zone {timezone!r} is none that is known.") from None
    return Account(str(number), str(name or number), str(currency) if currency else None, str(timezone))
