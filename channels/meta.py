"""What Meta's Graph API says the same way for Facebook, Instagram and their ads."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson

from channels.connection import LONGEST_WAIT_SECONDS, Answer, Connection, limit_wait, read_status
from channels.contract import Credential, Record
from channels.paging import Cursors
from channels.records import find
from core.errors import (
    AuthExpired,
    Conflict,
    MissingScope,
    NotFound,
    RateLimited,
    Rejected,
    SpreadersError,
    VendorDown,
)

HOSTS = {"api": "https://graph.facebook.com"}
VERSION = "v26.0"  # of 2026-07-29
CREDENTIALS = (
    Credential("access_token", "System user token, or a long-lived user token (60 days, no refresh)."),
    Credential("app_secret", "Secret of the app; every call is signed with it."),
    Credential("app_id", "Number of the app.", secret=False, required=False),
)
# Pages and Instagram accounts count their days in Pacific time (the vendor's documentation says so for
# pages; for Instagram it is unverified).
TIMEZONE = "America/Los_Angeles"
PAGE_SIZE = 100
BATCH_SIZE = 50
BATCH_TRIES = 3
# What the address of a next page holds besides its place in the list.
NOT_PAGING = {"access_token", "appsecret_proof", "limit"}

# Usage headers tell percent of the quota: slower from 75, pause at 95 as long as the vendor says.
SLOW_FROM, STOP_AT = 75, 95
SECONDS_PER_PERCENT = 0.25
UNKNOWN_PAUSE = timedelta(minutes=60)
USAGE = ("X-App-Usage", "X-Business-Use-Case-Usage", "X-Ad-Account-Usage", "X-Fb-Ads-Insights-Throttle")

# Errors are told by code and subcode; the HTTP status is nearly always 400.
RATE = {4, 17, 32, 341, 613, 80000, 80001, 80002, 80003, 80004, 80005, 80006, 80009, 80014, 1390008}
TRANSIENT = {-2, -1, 1, 2, 1363047, 1609010}
AUTH = {102, 190}
SCOPE = {3, 10, *range(200, 300), 1404078, 4854002}
POLICY = {368, 1346003, 1404102, 1404112}
DUPLICATE = {506, 1366051}
MISSING = {803}
RETIRED = 2635
INVALID = 100
# A subcode that says more than its code. 33 (no such object) is unverified.
SUBCODES: Mapping[tuple[int, int], type[SpreadersError]] = {
    (100, 33): NotFound,
    (4, 2207051): Rejected,
    (9, 2207042): RateLimited,
    (18, 2207034): RateLimited,  # 30 different hashtags in 7 days (subcode unverified)
    (25, 2207050): Rejected,
    (2, 1504041): Rejected,
}
# What is asked for is too much for one answer. It comes marked as passing, but only asking for less helps.
TOO_MUCH_SUBCODES = {1487534, 1504018}
TOO_MUCH_AT_ONCE = 1504018  # only a shorter range or the report queue helps
TOO_MUCH_WORDS = ("reduce the amount of data", "too much data", "reduce the time range")


def authorise(connection: Connection) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Sign with the connection's own token."""
    return sign(connection, connection.fields["access_token"])


def sign(connection: Connection, token: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the header and the query that prove we hold this token and the app's secret."""
    secret = connection.fields["app_secret"].encode()
    proof = hmac.new(secret, token.encode(), hashlib.sha256).hexdigest()
    return {"Authorization": f"Bearer {token}"}, {"appsecret_proof": proof}


def check(answer: Answer) -> SpreadersError | None:
    """Return the error an answer means: the envelope counts, whatever the HTTP status."""
    error = answer.field("error") if answer.body else None
    if not error:
        return None
    if not isinstance(error, Mapping):
        return VendorDown(f"Meta answered with an error it does not describe: {str(error)[:200]}")
    code, subcode = number_of(error.get("code")), number_of(error.get("error_subcode"))
    said = str(error.get("error_user_msg") or error.get("message") or "")
    evidence = {"code": code, "subcode": subcode, "vendor_says": said, "trace": error.get("fbtrace_id")}
    words = f"{said} {error.get('message') or ''}".lower()
    if subcode in TOO_MUCH_SUBCODES or any(part in words for part in TOO_MUCH_WORDS):
        return Rejected(f"Meta refused, ask for less: {said}", is_too_much=True, **evidence)
    kind = SUBCODES.get((code, subcode)) or kind_of(code, is_transient=error.get("is_transient") is True)
    if kind is RateLimited:
        return RateLimited("Meta asks us to slow down.", pause_of(answer), **evidence)
    return kind(explain(kind, code, said), **evidence)


def number_of(value: Any) -> int:
    """Return a code as a whole number, 0 where it is none."""
    try:
        return int(value or 0)
    except (TypeError, ValueError):
        return 0


def is_too_much(error: SpreadersError) -> bool:
    """Say whether the vendor wants to be asked for less at once."""
    return error.evidence.get("is_too_much") is True


def kind_of(code: int, *, is_transient: bool) -> type[SpreadersError]:
    """Return the class of error a code stands for."""
    kinds: tuple[tuple[set[int], type[SpreadersError]], ...] = (
        (AUTH, AuthExpired),
        (RATE, RateLimited),
        (SCOPE, MissingScope),
        (TRANSIENT, VendorDown),
        (DUPLICATE, Conflict),
        (MISSING, NotFound),
    )
    for codes, kind in kinds:
        if code in codes:
            return kind
    return VendorDown if is_transient else Rejected


def explain(kind: type[SpreadersError], code: int, said: str) -> str:
    """Return one sentence that says what to do."""
    if code == RETIRED:
        return f"Meta has retired version {VERSION} of its API; upgrade Spreaders."
    if code in POLICY:
        return f"Meta blocked this for its policies; a person must look at the account: {said}"
    advice: dict[type[SpreadersError], str] = {
        AuthExpired: "Meta no longer takes the access token; connect the account again.",
        MissingScope: f"Meta says the token may not do this; grant the permission: {said}",
        VendorDown: "Meta had a passing failure; try again later.",
        Conflict: f"Meta says this was already done: {said}",
        NotFound: f"Meta knows no such object: {said}",
    }
    return advice.get(kind, f"Meta refused: {said}")


def usage_of(answer: Answer) -> tuple[float, float]:
    """Return the highest percentage of any quota used, and the seconds until it is free again.

    A header that is no object of numbers says nothing.
    """
    percent = seconds = 0.0
    for name in USAGE:
        try:
            told = orjson.loads(answer.headers.get(name, "{}"))
        except orjson.JSONDecodeError:
            continue
        if not isinstance(told, Mapping):
            continue
        groups = [entry for value in told.values() if isinstance(value, list) for entry in value]
        for usage in groups or [told]:
            if not isinstance(usage, Mapping):
                continue
            counts = {key: value for key, value in usage.items() if type(value) in {int, float}}
            minutes = counts.pop("estimated_time_to_regain_access", 0)
            counts.pop("reset_time_duration", None)
            percent = max(percent, *counts.values(), 0)
            seconds = max(seconds, 60.0 * minutes)
    return percent, seconds


def pace(answer: Answer) -> float:
    """Return the seconds to wait before the next call; calls while throttled lengthen the block."""
    percent, seconds = usage_of(answer)
    if percent >= STOP_AT:
        return seconds or UNKNOWN_PAUSE.total_seconds()
    return max(0.0, percent - SLOW_FROM) * SECONDS_PER_PERCENT


def pause_of(answer: Answer) -> timedelta:
    """Return how long a throttled account must rest."""
    seconds = usage_of(answer)[1]
    return limit_wait(seconds) if seconds else answer.retry_after(UNKNOWN_PAUSE)


def read_pages(
    connection: Connection,
    path: str,
    params: Mapping[str, Any],
    token: str | None = None,
    halves_at: Callable[[SpreadersError], bool] = is_too_much,
) -> Iterator[Sequence[Record]]:
    """Yield the `data` of a list, page by page; of the `next` address, which carries the token, the place.

    A page that is too much for one answer (`halves_at`) is asked for in halves, down to single records.

    Raises:
        VendorDown: the list leads in a circle, to another host, or announces a page it does not name.
        Rejected: a single record is too much (`is_too_much`), or the vendor says no.
    """
    headers, proof = sign(connection, token) if token else ({}, {})
    size = int(params.get("limit", PAGE_SIZE))
    cursors = Cursors("Meta", path=path)
    following: Mapping[str, Any] = {}
    while True:
        asked = {**params, **proof, **following, "limit": size}
        try:
            answer = connection.get(f"/{VERSION}/{path}", params=asked, headers=headers)
        except Rejected as error:
            if not halves_at(error) or size == 1:
                raise
            size //= 2
            continue
        page = answer.page("data")
        if not isinstance(page, Sequence) or isinstance(page, str):
            raise VendorDown("Meta answered with something else than a list; try again later.", path=path)
        yield page
        following = _find_next(connection, path, answer.field("paging"))
        if not following:
            return
        cursors.follow(urlencode(sorted(following.items())))


def _find_next(connection: Connection, path: str, paging: Any) -> Mapping[str, Any]:
    """Return the parameters of the next page; none after the last one."""
    address = paging.get("next") if isinstance(paging, Mapping) else None
    if not address:
        return {}
    cursor = find(paging, "cursors.after")
    if cursor:
        return {"after": str(cursor)}
    parts = urlsplit(str(address))
    hosts = {
        urlsplit(host).netloc for host in (*connection.channel.hosts.values(), connection.sandbox_url or "")
    }
    if parts.netloc not in hosts or not parts.path.rstrip("/").endswith(path.rpartition("/")[2]):
        raise VendorDown("Meta names a next page at another place; it was not opened.", path=path)
    return {name: value for name, value in parse_qsl(parts.query) if name not in NOT_PAGING}


def read_node(connection: Connection, node: str, fields: str, token: str | None = None) -> Record:
    """Return one object with these fields."""
    headers, proof = sign(connection, token) if token else ({}, {})
    asked = {"fields": fields, **proof}
    body: Record = connection.get(f"/{VERSION}/{node}", params=asked, headers=headers).json()
    return body


def read_batch(
    connection: Connection, addresses: Sequence[str], token: str | None = None
) -> Iterator[tuple[str, Any]]:
    """Yield `(address, body or SpreadersError)` for many reads, 50 to a request, in the order asked.

    Each counts as one call of the quota. A read that was not finished in time is asked again; one that
    stays so yields VendorDown.

    Raises:
        AuthExpired, RateLimited: as soon as one read says so; they hold for all.
        VendorDown: no read of a whole request was answered in three tries.
    """
    for start in range(0, len(addresses), BATCH_SIZE):
        group = addresses[start : start + BATCH_SIZE]
        found: dict[str, Any] = {}
        for _ in range(BATCH_TRIES):
            waiting = [address for address in group if address not in found]
            if waiting:
                found |= _read_patiently(connection, waiting, token)
        if not found:
            raise VendorDown("Meta left a batch unanswered; try again later.")
        down = VendorDown("Meta left this part of a batch unanswered; try again later.")
        yield from ((address, found.get(address, down)) for address in group)


def _read_patiently(connection: Connection, addresses: Sequence[str], token: str | None) -> dict[str, Any]:
    """Read a group, once more after a short pause that one of its reads asks for."""
    try:
        return _read_group(connection, addresses, token)
    except RateLimited as error:
        if error.retry_after.total_seconds() > LONGEST_WAIT_SECONDS:
            raise
        connection.sleep(error.retry_after.total_seconds())
    return _read_group(connection, addresses, token)


def _read_group(connection: Connection, addresses: Sequence[str], token: str | None) -> dict[str, Any]:
    calls = [{"method": "GET", "relative_url": f"{VERSION}/{address}"} for address in addresses]
    form = {"batch": orjson.dumps(calls).decode(), "include_headers": "false"}
    headers, proof = sign(connection, token) if token else ({}, {})
    answers = connection.post(f"/{VERSION}/", form=form, params=proof, headers=headers, safe=True).json()
    if not isinstance(answers, list) or len(answers) != len(addresses):
        raise VendorDown("Meta answered a batch with something else; try again later.")
    found: dict[str, Any] = {}
    for address, part in zip(addresses, answers, strict=True):
        body = _read_part(address, part)
        if isinstance(body, AuthExpired | RateLimited):
            raise body
        if not isinstance(body, VendorDown):
            found[address] = body
    return found


def _read_part(address: str, part: Any) -> Any:
    """Return the body of one answer of a batch, or the error it means; null is one not done in time."""
    if not isinstance(part, Mapping):
        return VendorDown("Meta did not finish this part of a batch.")
    answer = Answer(number_of(part.get("code")), {}, str(part.get("body") or "").encode(), address)
    try:
        error = check(answer) or read_status(answer)
        return error or answer.json()
    except VendorDown as unreadable:
        return unreadable


def list_pages(connection: Connection) -> list[Record]:
    """Return the pages the token can see, each with its own token where the vendor gives one."""
    with connection.lock:
        if "pages" not in connection.memo:
            fields = "id,name,access_token,tasks,instagram_business_account{id}"
            pages = [
                page
                for part in read_pages(connection, "me/accounts", {"fields": fields})
                for page in part
                if isinstance(page, dict)
            ]
            for page in pages:
                connection.keep_secret(str(page.get("access_token") or ""))
            connection.memo["pages"] = pages
        found: list[Record] = connection.memo["pages"]
        return found


def page_token(connection: Connection, page_id: str) -> str | None:
    """Return the page's own token; None means the connection's token serves."""
    pages = list_pages(connection)
    return next((page.get("access_token") for page in pages if page.get("id") == page_id), None)
