"""How connections to Zoom, Brevo and other servers on the internet are secured."""

from __future__ import annotations

import ssl
from functools import cache


@cache
def outward_tls() -> ssl.SSLContext:
    """TLS 1.2 or newer, with a server that proves its name by an authority that this machine trusts.

    One for the whole process: it reads every authority's certificate, 20 ms of work. Nobody may change it.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
