"""Which secrets are none: too short to withstand guessing, or published with this project. PURE."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

SHORTEST = 16
"""Characters of a secret that proves a caller to us. Zoom's Secret Tokens have 22; `openssl rand -hex 16` makes 32."""

PUBLISHED = frozenset(
    {
        "sandbox-client-secret",
        "sandbox-webhook-secret",
        "tutorial-webhook-secret",
        "xkeysib-sandbox",
    }
)
"""Of the sandbox and of the tutorial: good where nothing real is called."""

_LOOPBACK = ("localhost", "::1")
_PROVIDERS = ("zoom.us", "zoom.com", "zoomgov.com", "brevo.com", "sendinblue.com")
_QUOTES = "\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u00ab\u00bb"
_REFERENCE = re.compile(r"\$[A-Za-z_]\w*|%[A-Za-z_]\w*%")
_PLACEHOLDER = re.compile(r"<.*>|(x{4,}|change[-_ ]?me|todo)|(your|my|insert|paste)[-_ ].*", re.IGNORECASE)


def mistaken(value: str) -> str | None:
    """What somebody wrote in place of a secret or an id, without showing any of it; ``None``: no such thing.

    >>> mistaken("$ZOOM_CLIENT_SECRET")
    'looks like a variable; write ${NAME}, with braces'
    >>> mistaken("your_client_secret"), mistaken("kf93-Hd0aaLqUT")
    ('is a placeholder; put the real value there', None)
    """
    if value[:1] in tuple(_QUOTES) or value[-1:] in tuple(_QUOTES):
        return (
            f'has typographic quotes ({value[0] if value[0] in _QUOTES else value[-1]}); write plain ones ("), or none'
        )
    if _REFERENCE.fullmatch(value):
        return "looks like a variable; write ${NAME}, with braces"
    if _PLACEHOLDER.fullmatch(value):
        return "is a placeholder; put the real value there"
    return None


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine, by its own words: nothing is resolved.

    >>> is_loopback("http://127.0.0.1:9001/v2"), is_loopback("http://127.0.0.1.example/")
    (True, False)
    """
    host = urlsplit(url).hostname or ""
    return host in _LOOPBACK or (host.startswith("127.") and host.replace(".", "").isdecimal())


def shows_secrets(url: str) -> bool:
    """Whether what is sent there can be read on the way."""
    return urlsplit(url).scheme == "http" and not is_loopback(url)


def is_provider(url: str) -> bool:
    """Whether a base URL is Zoom's or Brevo's own, and no sandbox's.

    >>> is_provider("https://api.brevo.com/v3"), is_provider("http://127.0.0.1:9002/v3")
    (True, False)
    """
    host = urlsplit(url).hostname or ""
    return any(host == domain or host.endswith(f".{domain}") for domain in _PROVIDERS)


def too_short(secret: str) -> str | None:
    """What is wrong with a secret that callers prove themselves with; ``None`` when nothing is."""
    if len(secret) >= SHORTEST:
        return None
    return f"has {len(secret)} characters; at least {SHORTEST} are needed, so that nobody can guess it"
