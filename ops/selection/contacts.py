"""The contact that a person means by an address or an id. PURE."""

from __future__ import annotations

import re

from schemas.codec import contact_id, normalise_email
from schemas.errors import ConfigurationError

_CONTACT_ID = re.compile(r"[0-9a-f]{32}")


def is_contact_id(text: str) -> bool:
    """Whether it has the form of one.

    >>> is_contact_id(contact_id("maya@example.com")), is_contact_id("maya@example.com")
    (True, False)
    """
    return _CONTACT_ID.fullmatch(text) is not None


def contact_named(words: str) -> str:
    """The contact id of an address, however it is written, or the id itself.

    >>> contact_named(" Maya@Example.com ") == contact_named(contact_id("maya@example.com"))
    True

    Raises:
        ConfigurationError: it is neither; the words are not repeated, for they may be most of an address.
    """
    if is_contact_id(words):
        return words
    email = normalise_email(words)
    if email is None:
        raise ConfigurationError("the contact is neither an e-mail address nor a contact id of 32 hex digits")
    return contact_id(email)
