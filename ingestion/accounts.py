"""The accounts of a channel, and a second try for what its vendor gave up for a moment."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from channels.contract import Account, AccountList, Channel, LeftOut, Stream
from core.errors import RateLimited, SpreadersError, VendorDown
from core.time import zone
from ingestion.ledger import LoadResult

# What may pass by itself: such a stream is tried once more when the others are done.
PASSING = (RateLimited, VendorDown)
PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=1)
Job = tuple[Stream, Account]
Outcome = tuple[LoadResult, SpreadersError | None]
log = logging.getLogger(__name__)


def list_accounts(channel: Channel, connection: Any) -> AccountList:
    """Return the accounts to load; one without a zone that exists is left out with the rest of them.

    Raises:
        SpreadersError: the vendor does not list them, or not in a shape it documents.
    """
    for attempt in range(2):
        try:
            listed = channel.accounts(connection)
            break
        except (RateLimited, VendorDown) as error:
            if attempt:
                raise
            pause_after([error])
        except SpreadersError:
            raise
        except Exception as error:
            log.exception("%s: the accounts cannot be listed", channel.name)
            raise VendorDown(
                f"{channel.title} lists its accounts in an unknown shape; the log has the details.",
                reason=type(error).__name__,
            ) from error
    accounts = AccountList(left_out=getattr(listed, "left_out", ()))
    for account in listed:
        try:
            zone(account.timezone)
        except Exception:  # noqa: BLE001 - None and other kinds are no zone either
            why = f"its time zone {account.timezone!r} is unknown; set one at {channel.title}."
            accounts.left_out.append(LeftOut(account.id, why))
        else:
            accounts.append(account)
    return accounts


def try_again(
    load: Callable[[Stream, Account], Outcome], jobs: Sequence[Job], outcomes: Sequence[Outcome]
) -> list[LoadResult]:
    """Return the results after a second try of what the vendor gave up for a moment, after all the others.

    Streams read for the objects of such a stream are read again with it.
    """
    waiting = [error for _, error in outcomes if isinstance(error, PASSING)]
    if not waiting:
        return [result for result, _ in outcomes]
    pause_after(waiting)
    results = []
    mended: set[tuple[str, str]] = set()
    for (stream, account), (result, error) in zip(jobs, outcomes, strict=True):
        if isinstance(error, PASSING) or (account.id, stream.per) in mended:
            log.info("%s %s of %s: second try", result.channel, stream.name, account.id)
            mended.add((account.id, stream.name))
            result = result.continued(load(stream, account)[0])  # noqa: PLW2901 - the two are one load
        results.append(result)
    return results


def pause_after(errors: Sequence[SpreadersError]) -> None:
    """Wait as long as the vendor asks, but no longer than `LONGEST_PAUSE`."""
    asked = [error.retry_after for error in errors if isinstance(error, RateLimited)]
    time.sleep(min(max(asked, default=PAUSE), LONGEST_PAUSE).total_seconds())
