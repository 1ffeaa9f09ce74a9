"""A Graph request as every Meta twin reads it: version, token, proof, and parameters."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import Depends, Request, Response

from sandbox.meta.errors import bad_param, expired_token, fail
from sandbox.twin import answer

APP_ID = "sandbox-app_id"
APP_SECRET = "sandbox-app_secret"
TOKEN = "sandbox-access_token"
EXPIRED_TOKEN = "sandbox-expired_token"
PAGE_TOKEN = "sandbox-page_token-"
NEWEST = 26
SECRETS = ("access_token", "appsecret_proof", "client_secret", "fb_exchange_token")


@dataclass(slots=True)
class Ask:
    """One request.

    Attributes:
        version: Major version asked for, 26 for `/v26.0/...`.
        params: Parameters of query and body as text (values of a JSON body are written back as JSON text).
        url: The address without its query, for paging links.
        token: The access token.
        headers: Headers the answer will carry (usage).
    """

    version: int
    method: str
    params: dict[str, str]
    url: str
    token: str
    headers: dict[str, str] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        """A parameter as it is."""
        return self.params.get(name, default)

    def value(self, name: str, default: Any = None) -> Any:
        """A parameter given as JSON text; error 100 when it is not JSON."""
        if name not in self.params:
            return default
        try:
            return orjson.loads(self.params[name])
        except orjson.JSONDecodeError:
            raise bad_param(name, f"Param {name} must be valid JSON") from None

    def words(self, name: str) -> list[str]:
        """A list parameter: JSON list, one JSON text, or comma separated."""
        given = self.params.get(name, "").strip()
        if given.startswith(("[", '"')):
            listed = self.value(name)
            return [str(word) for word in listed] if isinstance(listed, list) else [str(listed)]
        return [word.strip() for word in given.split(",") if word.strip()]

    def number(self, name: str, default: int) -> int:
        """A whole number; error 100 otherwise."""
        given = self.params.get(name, str(default)).strip('"')
        if not re.fullmatch(r"-?\d+", given):
            raise bad_param(name, f"Param {name} must be an integer")
        return int(given)

    def flag(self, name: str, *, default: bool) -> bool:
        """A boolean as Graph takes them."""
        return self.params.get(name, str(default)).strip('"').lower() in ("true", "1")

    def link(self, changes: dict[str, str]) -> str:
        """The address of this request with other parameters, as in `paging.next`."""
        asked = {k: v for k, v in self.params.items() if k != "appsecret_proof"} | changes
        return f"{self.url}?{urlencode(asked)}"

    def reply(self, content: Any) -> Response:
        """The answer with the usage headers of this request."""
        return answer(content, 200, {"facebook-api-version": f"v{self.version}.0", **self.headers})

    @property
    def page_of_token(self) -> str | None:
        """The page a page token belongs to; None for a user or system token."""
        return self.token.removeprefix(PAGE_TOKEN) if self.token.startswith(PAGE_TOKEN) else None


async def read_ask(request: Request, version: str) -> Ask:
    """Read and authenticate a request; raises the vendor's refusals."""
    params = dict(request.query_params) | await read_body(request)
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    token = params.get("access_token", "") or (bearer if scheme.lower() in ("bearer", "oauth") else "")
    major = read_version(version, request.url.path)
    check_token(token, params.get("appsecret_proof"))
    url = str(request.url.replace(query=""))
    return Ask(major, request.method, {k: v for k, v in params.items() if k != "method"}, url, token)


async def read_body(request: Request) -> dict[str, str]:
    """Parameters of a form, multipart or JSON body; files count by their name."""
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        try:
            content = orjson.loads(await request.body() or b"{}")
        except orjson.JSONDecodeError:
            raise fail(100, "(#100) Request body is not valid JSON") from None
        return {k: v if isinstance(v, str) else orjson.dumps(v).decode() for k, v in content.items()}
    if not kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        return {}
    form = await request.form()
    return {k: v if isinstance(v, str) else (v.filename or k) for k, v in form.multi_items()}


def read_version(version: str, path: str) -> int:
    """The major version; error 2500 for a path that does not start with one that was released."""
    found = re.fullmatch(r"v(\d+)\.0", version)
    if found is None or int(found[1]) > NEWEST:
        raise fail(2500, f"Unknown path components: /{path.split('/', 2)[-1]}")
    return int(found[1])


def check_token(token: str, proof: str | None) -> None:
    """Refuse what is not a live token of the sandbox with the right proof, when one is sent."""
    if not token:
        raise fail(104, "An access token is required to request this resource.", status=400)
    if token == EXPIRED_TOKEN:
        raise expired_token()
    if token not in (TOKEN, f"{APP_ID}|{APP_SECRET}") and not token.startswith(PAGE_TOKEN):
        raise fail(190, "Invalid OAuth access token - Cannot parse access token", status=401)
    if proof is not None:
        right = hmac.new(APP_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(right, proof):
            raise fail(
                100, "Invalid appsecret_proof provided in the API argument", kind="GraphMethodException"
            )


TheAsk = Annotated[Ask, Depends(read_ask)]
