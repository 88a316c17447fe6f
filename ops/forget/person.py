"""Whom a request is about, and whether a record mentions them. PURE."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from ops.selection.contacts import contact_named
from schemas.codec import contact_id, normalise_email

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
        return cls(contact_named(who), normalise_email(who))

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
        return self._address_in(spelled) is not None

    def address_in(self, data: Iterable[bytes]) -> str | None:
        """The address, where it is known, or where one of these says one that the id is of."""
        return self.email or next(filter(None, map(self._address_in, data)), None)

    def _address_in(self, data: bytes) -> str | None:
        found = (normalise_email(address.decode(errors="replace")) for address in _ADDRESSES.findall(data))
        return next((email for email in found if email is not None and contact_id(email) == self.contact_id), None)


def _unescaped(data: bytes) -> bytes:
    try:
        return orjson.dumps(orjson.loads(data))
    except orjson.JSONDecodeError:
        return data
