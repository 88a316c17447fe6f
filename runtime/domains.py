"""Domains of addresses as a person writes them: one spelling inside, whatever stands in the file. PURE."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))+")


def ascii_domain(text: str) -> str:
    """Lower case, without a final dot, letters of other alphabets as mail servers spell them.

    >>> ascii_domain("Müller.Example.")
    'xn--mller-kva.example'
    """
    domain = text.strip().lower().removesuffix(".")
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


def _domain(text: str) -> str:
    domain = ascii_domain(text.strip().removeprefix("@"))
    if "@" in domain:
        raise ValueError("is an address; a domain is what stands behind its @, such as example.com")
    if not _NAME.fullmatch(domain):
        raise ValueError("is no domain; write it as example.com, without wildcards: subdomains are listed one by one")
    return domain


Domain = Annotated[str, AfterValidator(_domain)]
"""`example.com`, which `@example.com` and `Example.COM` also become."""
