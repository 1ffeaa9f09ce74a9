"""The routes around the pages: sign in, sign out, and the page that starts Streamlit in the browser."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import streamlit
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from app.client import ApiRefused, request
from app.places import MOVED, all_places, is_place
from app.sessions import SESSIONS, STAY_SECONDS, cookie_name, session_of
from core.icon import ICON

STATIC = Path(__file__).parent / "static"
SHELL = Path(streamlit.__file__).parent / "static" / "index.html"
HEAD = """<link rel="icon" href="/icon.svg" type="image/svg+xml" />
    <link rel="manifest" href="/app.webmanifest" />
    <meta name="color-scheme" content="light dark" />
    <script src="/page.js"></script>"""
MOST_BYTES = 10_000
# Nothing is asked of another host; charts compile their expressions.
PROTECTION = {
    "Content-Security-Policy": "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; "
    "frame-ancestors 'self'; form-action 'self'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def routes() -> list[BaseRoute]:
    """Return the routes; every page asks for a session before it is sent."""
    pages = [Route(f"/{place.path}", show_page) for place in all_places()]
    moved = [Route(f"/{path}", show_moved) for path in MOVED]
    return [
        *pages,
        *moved,
        Route("/sign-in", show_sign_in, methods=["GET"]),
        Route("/sign-in", sign_in, methods=["POST"]),
        Route("/sign-out", sign_out, methods=["GET"]),
        Route("/icon.svg", show_icon),
        Route("/app.webmanifest", show_manifest),
        Route("/page.js", show_script),
        Route("/{path}", show_unknown),
    ]


async def show_page(request: Request) -> Response:
    """Send the page that starts Streamlit, or ask to sign in and come back here."""
    if SESSIONS.token(_session(request)) is None:
        return RedirectResponse(sign_in_address(_address(request)), 303)
    return HTMLResponse(shell(), headers=PROTECTION)


async def show_moved(request: Request) -> Response:
    """Send the browser to a page's present address."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/{MOVED[request.url.path.strip('/')]}{query}", 308)


async def show_unknown(request: Request) -> Response:
    """Send the browser to the first page from an address that is no page of ours."""
    if "." in request.url.path:  # a file, not a page
        return Response(status_code=404)
    return RedirectResponse("/", 303)


async def show_sign_in(request: Request) -> Response:
    """Send the sign-in form; whoever is signed in goes on to the page."""
    target = _target(request.query_params.get("next"))
    if SESSIONS.token(_session(request)) is not None:
        return RedirectResponse(target, 303)
    return _form(target)


async def sign_in(request: Request) -> Response:
    """Ask the API whether it knows the token, begin a session and go on to the page."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        return _form("/", "Sign in from this page itself.", 403)
    body = await request.body()
    if len(body) > MOST_BYTES:
        return _form("/", "This is no login token.", 413)
    fields = parse_qs(body.decode("utf-8", "replace"))
    target = _target(next(iter(fields.get("next", ())), None))
    token = next(iter(fields.get("token", ())), "").strip()
    try:
        await to_thread.run_sync(_check, token)
    except ApiRefused as refusal:
        return _form(target, str(refusal), refusal.status)
    answer = RedirectResponse(target, 303)
    answer.set_cookie(
        cookie_name(request.headers.get("host", "")),
        SESSIONS.begin(token),
        max_age=STAY_SECONDS,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer


async def sign_out(request: Request) -> Response:
    """End the session, unless another site's page asks for it."""
    if request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        return RedirectResponse("/", 303)
    SESSIONS.end(_session(request))
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(cookie_name(request.headers.get("host", "")))
    return answer


async def show_icon(_: Request) -> Response:
    """Send the icon."""
    return FileResponse(ICON, media_type="image/svg+xml")


async def show_manifest(_: Request) -> Response:
    """Send what a phone needs to keep the app on its home screen."""
    return FileResponse(STATIC / "app.webmanifest", media_type="application/manifest+json")


async def show_script(_: Request) -> Response:
    """Send the page's own script."""
    return FileResponse(STATIC / "page.js", media_type="text/javascript")


def sign_in_address(target: str) -> str:
    """Return the address of the sign-in form that leads on to a page."""
    return f"/sign-in?next={quote(target, safe='')}"


@cache
def shell() -> str:
    """Return Streamlit's first page with our title, icon and script, and nothing of another host."""
    page = SHELL.read_text(encoding="utf-8")
    page = page.replace('<link rel="shortcut icon" href="./favicon.png" />', HEAD)
    return page.replace("<title>Streamlit</title>", "<title>Spreaders</title>")


def _check(token: str) -> None:
    request("db.getHealth", {}, token)


def _form(target: str, refusal: str | None = None, status: int = 200) -> Response:
    page = (STATIC / "sign_in.html").read_text(encoding="utf-8").replace("{next}", escape(target))
    if refusal:
        page = page.replace("<!-- refusal -->", f'<p role="alert">{escape(refusal)}</p>')
    return HTMLResponse(page, status, PROTECTION)


def _session(request: Request) -> str | None:
    return session_of(request.cookies, request.headers.get("host", ""))


def _address(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _target(address: str | None) -> str:
    """Return the page to go on to: one of our own, else the first."""
    return address if address and is_place(address) else "/"
