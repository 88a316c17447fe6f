"""What every request passes: the name it was asked under, the form's token, and the headers of every answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware

from console.gate import Gate
from console.passwords import Account

ACCOUNT: web.RequestKey[Account] = web.RequestKey("account", Account)
"""Who asks, of a request that was let through."""
PageHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# One file of script, for live updates: pages are whole without it.
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
_OWN_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def names_of(url: str) -> frozenset[str]:
    """The names that the console answers under: this machine's own, and that of `CONSOLE_URL`."""
    return _OWN_NAMES | {urlsplit(url).hostname or "localhost"}


def under_our_names(url: str) -> Middleware:
    """Refuses every other name: a page elsewhere could make its own point here (DNS rebinding)."""
    names = names_of(url)

    @web.middleware
    async def check(request: web.Request, handler: PageHandler) -> web.StreamResponse:
        try:
            asked = urlsplit(f"//{request.headers.get('Host', '')}").hostname or ""
        except ValueError:
            asked = ""
        if asked.rstrip(".") not in names:
            return web.Response(status=421, text="The console is not served under this name; set CONSOLE_URL.\n")
        return await handler(request)

    return check


def headers(url: str) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Puts the headers on every answer as it begins, errors and streams too (`Application.on_response_prepare`)."""
    strict = dict(_HEADERS)
    if url.startswith("https://"):
        strict["Strict-Transport-Security"] = "max-age=31536000"

    async def add(_request: web.Request, response: web.StreamResponse) -> None:
        for name, value in strict.items():
            response.headers.setdefault(name, value)

    return add


def for_operators(request: web.Request) -> None:
    """Refuses whoever is none.

    Raises:
        web.HTTPForbidden: a reader asks.
    """
    if request[ACCOUNT].role != "operator":
        raise web.HTTPForbidden(text="This page is for operators; whoever keeps the password file can make you one.")


async def _form(request: web.Request) -> Mapping[str, object]:
    """The fields; our pages send no other kind of body, so none is parsed.

    Raises:
        web.HTTPBadRequest: it is no form, or one that cannot be read.
    """
    try:
        if request.content_type == "application/x-www-form-urlencoded":
            return await request.post()
    except (LookupError, UnicodeError):  # of an encoding that there is not, or in another one
        pass
    raise web.HTTPBadRequest(text="This form cannot be read: load its page anew.")


def from_our_forms(gate: Gate) -> Middleware:
    """Refuses whatever would change something and does not come from a form of ours."""

    @web.middleware
    async def check(request: web.Request, handler: PageHandler) -> web.StreamResponse:
        if request.method not in ("GET", "HEAD"):
            fields = await _form(request)
            if not gate.is_ours(request, str(fields.get("csrf", ""))):
                raise web.HTTPForbidden(text="This form is not from a page of this console, or too old: load it anew.")
        return await handler(request)

    return check
