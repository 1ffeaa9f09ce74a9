"""Slices fetched side by side and handed over in order, with a bounded number of pages waiting."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import Full, Queue
from typing import Any

from channels.contract import Account, Gap, Stream
from core.errors import SpreadersError, VendorDown
from ingestion.parse import Chunk, PageReader
from ingestion.plan import Slice

# Pages a slice may hold ready before its turn comes.
READY_PAGES = 400
POLL_SECONDS = 0.2
# Pages are trees without cycles, freed as soon as they are read; searching them for cycles on the way costs
# a tenth of a load. More objects than the pages in flight hold still start a search.
OBJECTS_IN_FLIGHT = 100_000
# What a connector raises when the answer has not the shape the vendor documents.
SHAPE_ERRORS = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, AssertionError)
log = logging.getLogger(__name__)

Piece = Chunk | Gap | None
Waiting = Queue[Piece | BaseException]


@contextmanager
def fetch_slices(
    stream: Stream,
    connection: Any,
    account: Account,
    slices: Sequence[Slice],
    *,
    side_by_side: int,
    key: bytes,
) -> Iterator[Iterator[tuple[Slice, Piece]]]:
    """Give an iterator of (slice, page or gap) in slice order; None marks the end of its slice.

    The iterator raises the error of the first slice that failed, after the pages before it.
    Leaving the block stops the fetches that still run.
    """
    gc.set_threshold(max(gc.get_threshold()[0], OBJECTS_IN_FLIGHT), *gc.get_threshold()[1:])
    stop = threading.Event()
    reader = PageReader(stream, key)
    queues: list[Waiting] = [Queue(READY_PAGES) for _ in slices]

    def fetch(one: Slice, queue: Waiting) -> None:
        for item in _read(stream, connection, account, one, reader):
            if not _put(queue, item, stop):
                return

    pool = ThreadPoolExecutor(max_workers=max(1, side_by_side), thread_name_prefix="fetch")
    try:
        for one, queue in zip(slices, queues, strict=True):
            pool.submit(fetch, one, queue)
        yield _drain(slices, queues)
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _read(
    stream: Stream, connection: Any, account: Account, one: Slice, reader: PageReader
) -> Iterator[Piece | BaseException]:
    try:
        for page in stream.pages(connection, account, one.span):
            yield page if isinstance(page, Gap) else reader.read(page)
        yield None
    except SpreadersError as error:
        yield error
    except SHAPE_ERRORS as error:
        down = VendorDown(
            f"{stream.name} of {account.id} came in a shape the vendor does not document; run it again.",
            reason=f"{type(error).__name__}: {error}"[:200],
        )
        down.__cause__ = error
        log.warning("%s of %s came in another shape", stream.name, account.id, exc_info=error)
        yield down
    except GeneratorExit:
        raise
    except BaseException as error:  # noqa: BLE001 - carried to the consumer, raised there
        yield error


def _put(queue: Waiting, item: Piece | BaseException, stop: threading.Event) -> bool:
    while not stop.is_set():
        try:
            queue.put(item, timeout=POLL_SECONDS)
        except Full:
            continue
        return True
    return False


def _drain(slices: Sequence[Slice], queues: Sequence[Waiting]) -> Iterator[tuple[Slice, Piece]]:
    for one, queue in zip(slices, queues, strict=True):
        while True:
            item = queue.get()
            if isinstance(item, BaseException):
                raise item
            yield one, item
            if item is None:
                break
