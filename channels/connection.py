"""One connection to one vendor: signing, retries, pacing and errors, the same for every channel."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Self, cast

import orjson
import stamina

from channels.contract import Channel
from channels.pages import WrittenPage, cut, parse
from core.errors import (
    AuthExpired,
    MissingScope,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    SpreadersError,
    VendorDown,
)
from core.http import NEVER_SENT, HTTPError, make_client
from core.settings import Settings
from core.time import Clock

ATTEMPTS = 5
DEADLINE_SECONDS = 180.0
FIRST_WAIT_SECONDS = 0.5
# Longer than this nobody waits inside a call: RateLimited says when to come back.
LONGEST_WAIT_SECONDS = 60.0
UNKNOWN_WAIT = timedelta(seconds=30)
# No vendor means more than a day; a longer wait is a mistake of its clock or its header.
LONGEST_RETRY = timedelta(days=1)
# What reading an answer raises that has not the shape the vendor documents.
SHAPE_ERRORS = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError)
HIDDEN = "***"
log = logging.getLogger(__name__)


def _note_retry(details: stamina.instrumentation.RetryDetails) -> None:
    """Leave a quiet line: a repeat that helps is nobody's concern, one that does not is an error."""
    log.info(
        "try %s failed (%s), again in %.1f s",
        details.retry_num,
        type(details.caused_by).__name__,
        details.wait_for,
    )


# The HTTP library logs whole addresses at INFO, and some vendors want secrets in the query.
logging.getLogger("httpx").setLevel(logging.WARNING)
stamina.instrumentation.set_on_retry_hooks([_note_retry])


class Answer:
    """What a vendor answered: status, headers (any case), body, and the address without secrets."""

    __slots__ = ("_fields", "_parsed", "body", "headers", "status", "url")

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes, url: str) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.url = url
        self._parsed: tuple[Any] | None = None
        self._fields: tuple[dict[str, bytes] | None] | None = None

    def json(self) -> Any:
        """Return the parsed body; a cut or HTML body raises VendorDown."""
        if self._parsed is None:
            try:
                self._parsed = (parse(self.body),)
            except orjson.JSONDecodeError:
                raise VendorDown(
                    "The vendor's answer is not whole JSON; try again later.",
                    status=self.status,
                    url=self.url,
                    size=len(self.body),
                ) from None
        return self._parsed[0]

    def field(self, name: str) -> Any:
        """Return one field of an object without parsing the others; None if it is not there."""
        fields = self._cut()
        if fields is None:
            body = self.json()
            return body.get(name) if isinstance(body, Mapping) else None
        return orjson.loads(fields[name]) if name in fields else None

    def page(self, name: str) -> Sequence[Any]:
        """Return the list in this field; its records become objects only when looked at."""
        fields = self._cut()
        if fields is None or not fields.get(name, b"").startswith(b"["):
            return cast(Sequence[Any], self.json()[name])
        return WrittenPage(fields[name])

    def require_json(self) -> None:
        """Raise VendorDown unless the body is whole JSON."""
        if self._cut() is None:
            self.json()

    def _cut(self) -> dict[str, bytes] | None:
        if self._fields is None:
            self._fields = (cut(self.body),)
        return self._fields[0]

    def retry_after(self, default: timedelta = UNKNOWN_WAIT) -> timedelta:
        """Return how long the `Retry-After` header asks us to wait, in either of its two forms."""
        told = self.headers.get("Retry-After", "")
        if re.fullmatch(r"[0-9]+(\.[0-9]+)?", told):
            return limit_wait(float(told))
        try:
            until, now = parsedate_to_datetime(told), parsedate_to_datetime(self.headers.get("Date", ""))
            return limit_wait((until - now).total_seconds())
        except (ValueError, TypeError, OverflowError):  # no date, or only one of them names its zone
            return default


def limit_wait(seconds: float) -> timedelta:
    """Return the seconds a vendor asks us to wait as a time from zero to a day."""
    return timedelta(seconds=min(max(seconds, 0.0), LONGEST_RETRY.total_seconds()))


def read_status(answer: Answer) -> SpreadersError | None:
    """Return the error an HTTP status alone means, or None for 2xx."""
    status = answer.status
    if status < 300:
        return None
    if status == 429:
        return RateLimited("The vendor asks us to slow down.", answer.retry_after())
    if status >= 500:
        return VendorDown("The vendor failed to answer; try again later.")
    kinds: dict[int, tuple[type[SpreadersError], str]] = {
        401: (AuthExpired, "The vendor no longer takes the credential; connect the account again."),
        403: (MissingScope, "The credential may not do this; grant it the scope."),
        404: (NotFound, "The vendor knows no such thing."),
    }
    kind, message = kinds.get(status, (Rejected, f"The vendor refused the call with status {status}."))
    return kind(message)


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    host: str
    params: Mapping[str, Any]
    headers: Mapping[str, str]
    content: Mapping[str, Any]
    is_safe: bool
    is_signed: bool = True

    def wait_before_repeat(self, error: Exception) -> bool | float:
        """Say whether to repeat after this error, or for how many seconds to wait first."""
        if isinstance(error, RateLimited):
            seconds = error.retry_after.total_seconds()
            return seconds if self.is_safe and seconds <= LONGEST_WAIT_SECONDS else False
        return isinstance(error, VendorDown) and (self.is_safe or error.evidence.get("is_sent") is False)


class Connection:
    """A channel with its credentials; safe to share between threads.

    `memo` is for what a channel must remember (an access token, page tokens); hold `lock` while
    changing it. Every call returns an `Answer` that passed the channel's own success test or raises
    one of `core.errors`; no message, address or log line shows a secret.
    """

    def __init__(
        self, channel: Channel, fields: dict[str, str], clock: Clock, sandbox_url: str | None = None
    ) -> None:
        self.channel = channel
        self.fields = fields
        self.clock = clock
        self.sandbox_url = sandbox_url
        self.memo: dict[str, Any] = {}
        self.lock = threading.RLock()
        self.sleep = time.sleep
        self._client = make_client(connections=channel.concurrency)
        self._turns = threading.BoundedSemaphore(channel.concurrency)
        self._free_at = 0.0
        self._renewals = 0
        self._secrets = {fields[c.name] for c in channel.credentials if c.secret and fields.get(c.name)}

    def get(
        self,
        path: str,
        *,
        host: str = "api",
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Read `path` of one of the channel's hosts; repeated when the vendor fails."""
        return self._call(_Request("GET", path, host, params or {}, headers or {}, {}, is_safe=True))

    def post(
        self,
        path: str,
        *,
        host: str = "api",
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        form: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        safe: bool = False,
        signed: bool = True,
    ) -> Answer:
        """Post JSON or a form. `safe` marks a read by POST; `signed=False` is for token endpoints.

        Raises:
            OutcomeUnknown: not safe, and the answer was lost or unreadable after the request left.
        """
        content: dict[str, Any] = {} if form is None else {"data": form}
        if json is not None:
            content = {"content": orjson.dumps(json)}
            headers = {"Content-Type": "application/json", **(headers or {})}
        return self._call(
            _Request("POST", path, host, params or {}, headers or {}, content, safe, is_signed=signed)
        )

    def keep_secret(self, value: str) -> None:
        """Hide this value wherever it would be shown: for tokens learned along the way."""
        self._secrets.add(value)

    def close(self) -> None:
        """Give the sockets back."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(self, request: _Request) -> Answer:
        for attempt in stamina.retry_context(
            request.wait_before_repeat,
            attempts=ATTEMPTS,
            timeout=DEADLINE_SECONDS,
            wait_initial=FIRST_WAIT_SECONDS,
            wait_max=LONGEST_WAIT_SECONDS,
        ):
            with attempt:
                return self._renewing(request)
        raise AssertionError

    def _renewing(self, request: _Request) -> Answer:
        seen = self._renewals
        try:
            return self._exchange(request)
        except AuthExpired:
            if self.channel.renew is None or not request.is_signed:
                raise
        with self.lock:
            if self._renewals == seen:  # no other thread was faster
                self.channel.renew(self)
                self._renewals += 1
        return self._exchange(request)

    def _exchange(self, request: _Request) -> Answer:
        signed: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})
        if request.is_signed:
            signed = self.channel.authorise(self)
        headers, params = {**signed[0], **request.headers}, {**signed[1], **request.params}
        self._secrets |= {value.split(" ")[-1] for part in signed for value in part.values()}
        base = self._base(request.host)
        self._wait_turn()
        with self._turns:
            try:
                with self._client.stream(
                    request.method,
                    base + request.path,
                    params=params or None,
                    headers=headers,
                    **request.content,
                ) as response:
                    # Read here, the library does not keep a copy of the body alive in its own cycle.
                    body = b"".join(response.iter_bytes())
            except HTTPError as error:
                raise self._lost(request, base, error) from None
        answer = Answer(response.status_code, response.headers, body, self._hide(base + request.path))
        self._keep_pace(answer)
        fault = self._judge(answer)
        if fault is not None:
            raise self._sealed(request, fault, answer)
        return answer

    def _keep_pace(self, answer: Answer) -> None:
        if self.channel.pace is None:
            return
        try:
            seconds = limit_wait(self.channel.pace(answer)).total_seconds()
        except (VendorDown, *SHAPE_ERRORS):
            return  # usage that cannot be read says nothing
        self._free_at = max(self._free_at, time.monotonic() + seconds)

    def _base(self, host: str) -> str:
        if self.sandbox_url is not None:
            return f"{self.sandbox_url.rstrip('/')}/{self.channel.name}"
        return self.channel.hosts[host].format_map(self.fields)

    def _wait_turn(self) -> None:
        seconds = self._free_at - time.monotonic()
        if seconds > LONGEST_WAIT_SECONDS:
            raise RateLimited(
                f"{self.channel.title} has little quota left; come back in {seconds / 60:.0f} minutes.",
                timedelta(seconds=seconds),
            )
        if seconds > 0:
            self.sleep(seconds)

    def _judge(self, answer: Answer) -> SpreadersError | None:
        try:
            meant = self.channel.check(answer) or read_status(answer)
            if meant is None and answer.body:
                answer.require_json()
        except VendorDown as unreadable:
            return unreadable
        except SHAPE_ERRORS as error:
            return VendorDown(
                f"{self.channel.title} answered in a shape it does not document; try again later.",
                reason=f"{type(error).__name__}: {error}"[:200],
            )
        return meant

    def _lost(self, request: _Request, base: str, error: HTTPError) -> SpreadersError:
        kind, is_sent = type(error).__name__, not isinstance(error, NEVER_SENT)
        if is_sent and not request.is_safe:
            return self._unknown(request, kind)
        return VendorDown(
            f"{self.channel.title} did not answer at {self._hide(base)} ({kind}); "
            "check the address and the network, then try again.",
            channel=self.channel.name,
            is_sent=is_sent,
        )

    def _sealed(self, request: _Request, error: SpreadersError, answer: Answer) -> SpreadersError:
        """Return the error with its place and without secrets; a write's failure is an unknown outcome."""
        if isinstance(error, VendorDown) and not request.is_safe:
            error = self._unknown(request, error.message)
        error.message = self._hide(error.message)
        error.args = (error.message,)
        place = {"channel": self.channel.name, "status": answer.status, "url": answer.url}
        error.evidence = {
            key: self._hide(value) if isinstance(value, str) else value
            for key, value in {**place, **error.evidence}.items()
        }
        return error

    def _unknown(self, request: _Request, why: str) -> OutcomeUnknown:
        return OutcomeUnknown(
            f"{self.channel.title} may or may not have done it; look it up before any repeat.",
            channel=self.channel.name,
            path=self._hide(request.path),
            why=why,
        )

    def _hide(self, text: str) -> str:
        for secret in sorted(self._secrets, key=len, reverse=True):
            if len(secret) > 3:
                text = text.replace(secret, HIDDEN)
        return text


def connect(channel: Channel, settings: Settings, clock: Clock) -> Connection:
    """Return a connection by the settings; with a sandbox set, to the channel's twin there.

    Raises:
        ProviderNotConfigured: a required credential is absent and no sandbox is in use.
    """
    if settings.sandbox_url is None:
        required = [c.name for c in channel.credentials if c.required]
        return Connection(channel, dict(settings.channel(channel.name, *required)), clock)
    given = settings.channels.get(channel.name, {})
    assumed = {c.name: f"sandbox-{c.name}" for c in channel.credentials if c.required or c.secret}
    return Connection(channel, {**assumed, **given}, clock, settings.sandbox_url)
