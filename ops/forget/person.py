"""Whom a request is about, and whether a record mentions them. PURE."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from schemas.codec import contact_id, normalise_email
from schemas.errors import ConfigurationError

_CONTACT_ID = re.compile(r"[0-9a-f]{32}")
_ADDRESSES = re.compile(rb"[^\s\"'<>(),;:\\\[\]|/]{1,64}@[^\s\"'<>(),;:\\\[\]|/@]{1,255}")


@dataclass(frozen=True, slots=True)
class DataSubject:
    """One person, by the id of their contact."""

    contact_id: str
    email: str | None
    """``None``: whoever asks has the id alone, and every address is compared with it."""

    @classmethod
    def named(cls, who: str) -> DataSubject:
        """Of an address or a contact id.

        Raises:
            ConfigurationError: it is neither.
        """
        email = normalise_email(who)
        if email is not None:
            return cls(contact_id(email), email)
        if _CONTACT_ID.fullmatch(who):
            return cls(who, None)
        raise ConfigurationError("WHO is neither an e-mail address nor a contact id of 32 hex digits")

    def is_in(self, *parts: bytes | None) -> bool:
        """Whether bytes of a record say the address or the id, however the address is written."""
        return any(part is not None and self._is_in(part) for part in parts)

    def _is_in(self, data: bytes) -> bool:
        if self.contact_id.encode() in data:
            return True
        if b"@" not in data and rb"\u0040" not in data:
            return False
        # As JSON may spell a letter that is not ASCII, or anything at all.
        spelled = data if rb"\u" not in data else _unescaped(data)
        if self.email is not None:
            return self.email in spelled.decode(errors="replace").lower()
        found = (normalise_email(each.decode(errors="replace")) for each in _ADDRESSES.findall(spelled))
        return any(email is not None and contact_id(email) == self.contact_id for email in found)

    def addresses_in(self, data: Iterable[bytes]) -> str | None:
        """The address, where it is known, or where one of these says one that the id is of."""
        if self.email is not None:
            return self.email
        for part in data:
            for each in _ADDRESSES.findall(part):
                email = normalise_email(each.decode(errors="replace"))
                if email is not None and contact_id(email) == self.contact_id:
                    return email
        return None


def _unescaped(data: bytes) -> bytes:
    try:
        return orjson.dumps(orjson.loads(data))
    except orjson.JSONDecodeError:
        return data
