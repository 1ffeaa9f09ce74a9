"""The REST paths of the Google Ads API."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request, Response

from sandbox.google.tokens import check_token, token_routes
from sandbox.google_ads.account import AdsAccount
from sandbox.google_ads.failure import AdsError, make_request_id, refuse, write_failure
from sandbox.google_ads.gaql import QueryError, parse_query
from sandbox.google_ads.mutate import Outcome, run_operations
from sandbox.google_ads.rules import PLURALS, Operation
from sandbox.google_ads.search import run_query, write_mask
from sandbox.twin import Refused, TheStore, TheWorld, Twin, answer

LATEST = 26
OLDEST = 23
PAGE = 10_000
MOST_OPERATIONS = 10_000
MOST_CONVERSIONS = 2_000
DAILY_OPERATIONS = 15_000  # Basic access
AUTHENTICATION = {
    "expired": ("OAUTH_TOKEN_EXPIRED", "OAuth token in the HTTP header has expired."),
    "unknown": ("OAUTH_TOKEN_INVALID", "OAuth token in the HTTP header is not valid."),
    "absent": ("OAUTH_TOKEN_HEADER_INVALID", "HTTP header for OAuth is not valid."),
}
router = APIRouter()
router.include_router(token_routes("https://www.googleapis.com/auth/adwords"))


def read_version(request: Request) -> int:
    """The major version in the path; refuses retired ones."""
    text = request.path_params["version"]
    version = int(text) if text.isdigit() else LATEST + 1
    if version > LATEST:
        raise Refused(
            answer(
                {"error": {"code": 404, "message": "Requested entity was not found.", "status": "NOT_FOUND"}},
                404,
            )
        )
    if version < OLDEST:
        message = f"Version v{version} is deprecated. Requests to this version will be blocked."
        raise refuse(LATEST, AdsError("requestError", "UNSUPPORTED_VERSION", message))
    return version


Version = Annotated[int, Depends(read_version)]


async def read_body(request: Request) -> dict[str, Any]:
    """The JSON body."""
    try:
        body = orjson.loads(await request.body() or b"{}")
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        error = {"code": 400, "message": "Invalid JSON payload received.", "status": "INVALID_ARGUMENT"}
        raise Refused(answer({"error": error}, 400))
    return body


Body = Annotated[dict[str, Any], Depends(read_body)]


def open_account(request: Request, version: Version, world: TheWorld, store: TheStore) -> AdsAccount:
    """The account a request may use: token, customer id and login customer id are checked."""
    state = check_token(request)
    if state != "valid":
        raise refuse(version, AdsError("authenticationError", *AUTHENTICATION[state]), status=401)
    account = AdsAccount(world, store)
    asked = request.path_params.get("customer")
    if asked is not None and not (asked.isdigit() and len(asked) == 10):
        message = f"Invalid customer ID '{asked}'."
        raise refuse(version, AdsError("requestError", "INVALID_CUSTOMER_ID", message, trigger=asked))
    for given in (asked, request.headers.get("login-customer-id")):
        if given is not None and given != account.customer_id:
            message = (
                "User doesn't have permission to access customer. Note: If you're accessing a client"
                " customer, the manager's customer id must be set in the 'login-customer-id' header."
            )
            raise refuse(
                version, AdsError("authorizationError", "USER_PERMISSION_DENIED", message), status=403
            )
    return account


Account = Annotated[AdsAccount, Depends(open_account)]


def count_operations(account: AdsAccount, version: int, number: int) -> None:
    """Take operations from the day's quota; refuses when there are none left."""
    counts = account.store.table("operations")
    now = account.world.now
    day = now.date().isoformat()
    if counts.get(day, 0) + number > DAILY_OPERATIONS:
        midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        details = {
            "quotaErrorDetails": {
                "rateScope": "DEVELOPER",
                "rateName": "Number of operations for basic access",
                "retryDelay": f"{int((midnight - now).total_seconds())}s",
            }
        }
        message = "Too many requests. Retry in 24 hours."
        raise refuse(
            version, AdsError("quotaError", "RESOURCE_EXHAUSTED", message, details=details), status=429
        )
    counts[day] = counts.get(day, 0) + number


@router.get("/v{version}/customers:listAccessibleCustomers")
def list_accessible_customers(account: Account) -> Response:
    """The customers the token may use directly."""
    return reply({"resourceNames": [account.root]})


@router.post("/v{version}/customers/{customer}/googleAds:search")
def search(account: Account, version: Version, body: Body) -> Response:
    """One page of 10,000 rows of a query."""
    if "pageSize" in body:
        message = (
            "Setting the page size is not supported. Search Responses will have fixed page size of 10000."
        )
        raise refuse(version, AdsError("requestError", "PAGE_SIZE_NOT_SUPPORTED", message))
    text = str(body.get("query", ""))
    start = read_page_token(version, str(body.get("pageToken", "")), text)
    if not start:
        count_operations(account, version, 1)
    rows, mask = find_rows(account, version, text)
    more = (
        [b'"nextPageToken":"' + write_page_token(start + PAGE, text) + b'"']
        if len(rows) > start + PAGE
        else []
    )
    return reply(b"{" + b",".join([*write_batch(rows[start : start + PAGE], mask), *more]) + b"}")


@router.post("/v{version}/customers/{customer}/googleAds:searchStream")
def search_stream(account: Account, version: Version, body: Body) -> Response:
    """All rows of a query as an array of batches."""
    count_operations(account, version, 1)
    rows, mask = find_rows(account, version, str(body.get("query", "")))
    request_id = make_request_id()
    mark = b'"requestId":"' + request_id.encode() + b'"'
    batches = [
        b"{" + b",".join([*write_batch(rows[at : at + PAGE], mask), mark]) + b"}"
        for at in range(0, max(1, len(rows)), PAGE)
    ]
    return reply(b"[" + b",".join(batches) + b"]", request_id)


def find_rows(account: AdsAccount, version: int, text: str) -> tuple[list[bytes], str]:
    """The rows of a query text and its field mask; refuses a wrong query."""
    try:
        query = parse_query(text)
        build: Callable[[], list[bytes]] = lambda: run_query(account, query)  # noqa: E731
        return account.world.cached(("google_ads query", query, account.revision), build), write_mask(query)
    except QueryError as error:
        raise refuse(version, AdsError("queryError", error.code, error.message)) from None


def write_batch(rows: list[bytes], mask: str) -> list[bytes]:
    """Results (absent when there are none) and field mask as JSON members."""
    results = [b'"results":[' + b",".join(rows) + b"]"] if rows else []
    return [*results, b'"fieldMask":' + orjson.dumps(mask)]


def write_page_token(start: int, query: str) -> bytes:
    """An opaque token of where a page begins, good for one query."""
    check = hashlib.sha256(query.encode()).hexdigest()[:8]
    return base64.urlsafe_b64encode(f"{start}:{check}".encode())


def read_page_token(version: int, token: str, query: str) -> int:
    """The row a page begins with; refuses a token of another query."""
    if not token:
        return 0
    try:
        start = int(base64.urlsafe_b64decode(token).split(b":")[0])
    except (ValueError, binascii.Error):
        start = 0
    if not start or token.encode() != write_page_token(start, query):
        raise refuse(
            version, AdsError("requestError", "INVALID_PAGE_TOKEN", "Page token is not valid.", trigger=token)
        )
    return start


@router.post("/v{version}/customers/{customer}/googleAds:mutate")
def mutate_all(account: Account, version: Version, body: Body) -> Response:
    """Operations of any kind in one request, with temporary resource names."""
    operations: list[Operation] = []
    for i, wrapper in enumerate(body.get("mutateOperations", [])):
        name, content = next(iter(wrapper.items()), ("", {}))
        kind = name.removesuffix("Operation")
        if kind not in PLURALS:
            raise Refused(answer({"error": f"googleAds:mutate with {name} is not emulated"}, 501))
        snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
        operations.append(Operation(kind, content, (("mutate_operations", i), snake)))
    outcome = change(account, version, body, operations)
    responses = [
        {f"{operation.kind}Result": {"resourceName": name}} if name else {}
        for operation, name in zip(operations, outcome.names, strict=False)
    ]
    return write_outcome(version, outcome, "mutateOperationResponses", responses)


@router.post("/v{version}/customers/{customer}/{plural}:mutate")
def mutate_one_kind(account: Account, version: Version, body: Body, plural: str) -> Response:
    """Operations on campaigns, campaignBudgets, adGroups or adGroupAds."""
    kind = next((kind for kind, many in PLURALS.items() if many == plural), None)
    if kind is None:
        raise Refused(answer({"error": f"{plural}:mutate is not emulated"}, 501))
    operations = [
        Operation(kind, content, (("operations", i),)) for i, content in enumerate(body.get("operations", []))
    ]
    outcome = change(account, version, body, operations)
    wants_all = body.get("responseContentType") == "MUTABLE_RESOURCE"
    results = []
    for operation, name in zip(operations, outcome.names, strict=False):
        result: dict[str, Any] = {"resourceName": name} if name else {}
        content = operation.body.get("create") or operation.body.get("update")
        if name and wants_all and content:
            result[kind] = content | {"resourceName": name}
        results.append(result)
    return write_outcome(version, outcome, "results", results)


def change(account: AdsAccount, version: int, body: dict[str, Any], operations: list[Operation]) -> Outcome:
    """Run the operations of a request; refuses all of them for one error, unless failure may be partial."""
    if len(operations) > MOST_OPERATIONS:
        message = "Too many mutate operations in the request."
        raise refuse(version, AdsError("requestError", "TOO_MANY_MUTATE_OPERATIONS", message))
    if not operations:
        raise refuse(
            version, AdsError("requestError", "REQUIRED_FIELD_MISSING", "Required field is missing.")
        )
    count_operations(account, version, len(operations))
    is_partial = bool(body.get("partialFailure"))
    outcome = run_operations(
        account, operations, is_partial=is_partial, is_dry=bool(body.get("validateOnly"))
    )
    if outcome.errors and not is_partial:
        raise refuse(version, *outcome.errors)
    return outcome


def write_outcome(version: int, outcome: Outcome, name: str, results: list[dict[str, Any]]) -> Response:
    """The answer of a mutate; a dry run has no results."""
    content: dict[str, Any] = {name: results} if results else {}
    if outcome.errors:
        content["partialFailureError"] = write_status(version, outcome.errors)
    return reply(content)


def write_status(version: int, errors: list[AdsError]) -> dict[str, Any]:
    """The status of a partial failure."""
    message = f"Multiple errors in 'details'. First error: {errors[0].message}"
    return {"code": 3, "message": message, "details": [write_failure(version, errors)]}


@router.post("/v{version}/customers/{customer}:uploadClickConversions")
def upload_click_conversions(account: Account, version: Version, body: Body) -> Response:
    """Newcomers are refused since June 2026: conversions go to the Data Manager API."""
    conversions = body.get("conversions", [])
    if len(conversions) > MOST_CONVERSIONS:
        message = "The request contained more than 2000 conversions."
        raise refuse(version, AdsError("conversionUploadError", "TOO_MANY_CONVERSIONS_IN_REQUEST", message))
    count_operations(account, version, 1)
    message = "Customer is not allowlisted for accessing this feature. Use the Data Manager API instead."
    code = "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE"
    if not body.get("partialFailure"):
        raise refuse(version, AdsError("notAllowlistedError", code, message), status=403)
    errors = [
        AdsError("notAllowlistedError", code, message, (("conversions", i),)) for i in range(len(conversions))
    ]
    return reply({"partialFailureError": write_status(version, errors), "results": [{} for _ in conversions]})


def reply(content: Any, request_id: str | None = None) -> Response:
    """A good answer with its request id."""
    return answer(content, headers={"request-id": request_id or make_request_id()})


def play_fault(kind: str, seconds: float, _path: str) -> Response:
    """The vendor's answer to a fault."""
    if kind == "expired_token":
        return refuse(LATEST, AdsError("authenticationError", *AUTHENTICATION["expired"]), status=401).answer
    if kind == "rate_limit":
        told = {"rateScope": "ACCOUNT", "rateName": "Requests per service", "retryDelay": f"{seconds:g}s"}
        details = {"quotaErrorDetails": told}
        error = AdsError(
            "quotaError", "RESOURCE_TEMPORARILY_EXHAUSTED", "Too many requests.", details=details
        )
        return refuse(LATEST, error, status=429).answer
    return refuse(
        LATEST, AdsError("internalError", "INTERNAL_ERROR", "An internal error has occurred."), status=500
    ).answer


def find_records(body: Any) -> list[Any] | None:
    """The rows of a search answer, or of the first batch of a stream."""
    first = body[0] if isinstance(body, list) and body else body
    found = first.get("results") if isinstance(first, dict) else None
    return found if isinstance(found, list) else None


twin = Twin("google_ads", router, play_fault, find_records)
