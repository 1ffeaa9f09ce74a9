"""Plays the shop's web site: sends its visitors' events to a collector over HTTP."""

from __future__ import annotations

import urllib.error
import urllib.request

import orjson
import polars as pl

BATCH = 1000
TIMEOUT = 60.0


class CollectorRefusedError(RuntimeError):
    """The collector could not be reached or did not accept a batch; the message says what it answered."""


def replay_site(events: pl.DataFrame, collector_url: str, token: str) -> int:
    """Send events in batches of 1,000 as `{"batch": [...]}`; how many were sent.

    Raises CollectorRefusedError.
    """
    if not collector_url.startswith(("http://", "https://")):
        raise CollectorRefusedError(f"collector_url {collector_url!r} is not an http address.")
    for start in range(0, events.height, BATCH):
        batch = [
            {key: value for key, value in event.items() if value is not None}
            for event in events.slice(start, BATCH).iter_rows(named=True)
        ]
        send_batch(orjson.dumps({"batch": batch}), collector_url, token)
    return events.height


def send_batch(body: bytes, url: str, token: str) -> None:
    """Send one batch."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            answer.read()
    except urllib.error.HTTPError as error:
        said = error.read()[:200].decode(errors="replace")
        raise CollectorRefusedError(f"The collector at {url} answered {error.code}: {said}") from None
    except OSError as error:
        raise CollectorRefusedError(f"The collector at {url} cannot be reached: {error}.") from None
