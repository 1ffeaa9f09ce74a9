"""What is read one by one: an account or an object that fails costs itself, not the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from channels.contract import Account, AccountList, Gap, LeftOut, Record
from core.errors import (
    AuthExpired,
    MissingScope,
    NotFound,
    RateLimited,
    Rejected,
    SpreadersError,
    VendorDown,
)

T = TypeVar("T")
# So many failures of the vendor one after the other are no object's own fault.
MOST_FAILURES_RUNNING = 3
log = logging.getLogger(__name__)


def read_accounts(
    records: Iterable[T], read: Callable[[T], Account | None], name: Callable[[T], str]
) -> AccountList:
    """Return the accounts that `read` makes of the vendor's records; one it fails for is left out.

    Args:
        records: What the vendor lists.
        read: Returns the account, None where the record is none to load. Whatever it raises leaves
            this one out, but for an expired credential, which is everyone's.
        name: Returns the id to call a left-out record by; it must not raise.

    Raises:
        AuthExpired: the credential no longer works.
        SpreadersError: `read` failed for every record; the first failure.
    """
    accounts = AccountList()
    failures: list[SpreadersError] = []
    for record in records:
        try:
            account = read(record)
        except AuthExpired:
            raise
        except SpreadersError as error:
            failures.append(error)
            accounts.left_out.append(LeftOut(name(record), error.message))
        except Exception as error:
            log.exception("an account was left out")
            accounts.left_out.append(LeftOut(name(record), explain_account(error)))
        else:
            if account is not None:
                accounts.append(account)
    if failures and not accounts:
        raise failures[0]
    return accounts


def explain_account(error: Exception) -> str:
    """Return why an account cannot be read, for an exception nobody foresaw."""
    if isinstance(error, KeyError) and error.args:
        return f"The vendor did not say its {error.args[0]}; complete the account there."
    return "The vendor described it in a way that cannot be read; the log has the details."


def read_objects(
    keys: Iterable[str], read: Callable[[str], Iterable[Sequence[Record] | Gap]]
) -> Iterator[Sequence[Record] | Gap]:
    """Yield the pages of each object; one that cannot be read becomes a `Gap` and the next is read.

    Raises:
        AuthExpired, RateLimited: they concern every object; so does a missing permission that every
            object meets, and a vendor that fails several times running.
        VendorDown: the vendor failed for several objects one after the other.
    """
    refused: list[SpreadersError] = []
    is_any_read = False
    running = 0
    for key in keys:
        try:
            yield from read(key)
        except (AuthExpired, RateLimited):
            raise
        except (MissingScope, Rejected) as error:
            refused.append(error)
            yield Gap(f"{key}: {error.message}", of=key)
        except NotFound as error:
            yield Gap(f"{key}: {error.message}", of=key, is_lasting=True)
        except VendorDown as error:
            running += 1
            if running >= MOST_FAILURES_RUNNING:
                raise
            yield Gap(f"{key}: {error.message}", of=key)
            continue
        except Exception:
            log.exception("object %s was passed over", key)
            yield Gap(f"{key}: the answer has a shape the vendor does not document.", of=key)
        else:
            is_any_read = True
        running = 0
    if not is_any_read and any(isinstance(error, MissingScope) for error in refused):
        raise refused[0]
