"""Which secrets are none: too short to withstand guessing, or published with this project. PURE."""

from __future__ import annotations

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
