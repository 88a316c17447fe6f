"""Who somebody shows themselves to be: addresses, names, identities (attendance.md 3 and 8). PURE."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from sandbox.zoom.state import StateRow

_ADDRESS = re.compile(r"[^\s@]+@[^\s@.]+(\.[^\s@.]+)+")
_TITLES = {"dr", "dr.", "prof", "prof.", "mr", "mr.", "mrs", "mrs.", "ms", "ms.", "herr", "frau", "ing.", "dipl.-ing."}
_MACHINES = {
    "android", "client", "desktop", "galaxy", "guest", "ipad", "iphone", "laptop", "macbook", "pc", "phone", "pixel",
    "room", "samsung", "tablet", "user", "zoom",
}  # fmt: skip


def address(text: object) -> str | None:
    """The e-mail, trimmed and lower-cased; ``None`` for what is none by its syntax.

    >>> address(" Lena@Fair.Example ")
    'lena@fair.example'
    >>> [address(text) for text in ("n/a@", "root@localhost", "two words@fair.example", "none", "", None)]
    [None, None, None, None, None, None]
    """
    email = text.strip().lower() if isinstance(text, str) else ""
    return email if _ADDRESS.fullmatch(email) else None


def first_name(display_name: str) -> str | None:
    """The first word that is a name; of "Last, First" of what follows the comma.

    >>> [first_name(text) for text in ("Dr. Marta Lindqvist", "MEYER, Jonas", "🎧 Ola Nordin", "Krystyna Żak")]
    ['Marta', 'Jonas', 'Ola', 'Krystyna']
    >>> first_name("Dr.Marta Lindqvist")
    'Marta'
    >>> [first_name(text) for text in ("iPhone", "Zoom user", "+49 170 1234567", "")]
    [None, None, None, None]
    """
    shown = "".join(letter for letter in display_name if unicodedata.category(letter) != "Cf")
    before, comma, behind = shown.partition(",")
    told = behind if comma and behind.strip() else before
    words = re.sub(r"\b(dr|prof|mr|mrs|ms)\.(?=\w)", r"\1. ", told, flags=re.IGNORECASE).split()
    return next((word for word in words if _is_name(word)), None)


def _is_name(word: str) -> bool:
    kinds = {unicodedata.category(letter)[0] for letter in word}
    return word.lower() not in _TITLES | _MACHINES and "L" in kinds and not kinds & {"N", "S", "C"}


@dataclass
class ShownIdentity:
    """Everything that a connection or a report's row showed of whose it is, per kind."""

    registrant_ids: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    user_ids: set[str] = field(default_factory=set)
    """Of Zoom users."""
    names: set[str] = field(default_factory=set)
    internal: bool = False

    def show(self, row: StateRow) -> None:
        """Notes what a webhook's participant or a report's row says."""
        self.registrant_ids |= {text for text in [row.get("registrant_id")] if text}
        self.emails |= {text for text in [address(row.get("email") or row.get("user_email"))] if text}
        self.user_ids |= {text for text in (row.get("id"), row.get("participant_user_id")) if text}
        self.names |= {text for text in [row.get("user_name") or row.get("name")] if text}
        self.internal = self.internal or row.get("internal_user") is True

    def filled_from(self, others: Iterable[ShownIdentity]) -> ShownIdentity:
        """With each kind that it lacks taken from the others."""
        known = list(others)
        return ShownIdentity(
            self.registrant_ids or {registrant_id for other in known for registrant_id in other.registrant_ids},
            self.emails or {email for other in known for email in other.emails},
            self.user_ids or {user_id for other in known for user_id in other.user_ids},
            self.names or {name for other in known for name in other.names},
            self.internal or any(other.internal for other in known),
        )
