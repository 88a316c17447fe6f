"""Inventing people and ids. PURE: the same generator gives the same people."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from random import Random
from uuid import UUID

_FIRST = (
    "Ada", "Amara", "Anselm", "Beatriz", "Bogdan", "Carmen", "Chiara", "Dilan", "Dörte", "Eero", "Elif", "Émile",
    "Farah", "Gudrun", "Hana", "Hugo", "Ilse", "Imani", "Jaan", "Jonas", "Kasia", "Kenji", "Lars", "Leïla", "Linh",
    "Lucía", "Maeve", "Marek", "Maya", "Mikael", "Nadia", "Noor", "Oskar", "Paloma", "Pia", "Priya", "Quentin",
    "Ravi", "Rosa", "Saskia", "Selma", "Søren", "Tariq", "Tove", "Ulla", "Viktor", "Wanda", "Xenia", "Yara", "Zoltán",
)  # fmt: skip
_LAST = (
    "Abiola", "Almeida", "Andersen", "Bauer", "Benali", "Bianchi", "Castillo", "Çelik", "Dubois", "Eriksen", "Fischer",
    "Fontaine", "García", "Haddad", "Hashimoto", "Horvat", "Ivanova", "Jansen", "Kaya", "Kowalska", "Larsen",
    "Lindqvist", "Mbeki", "Moreau", "Müller", "Nakamura", "Nowak", "Okafor", "Olsen", "Petrov", "Pham", "Quiroga",
    "Rossi", "Sato", "Schröder", "Silva", "Tanaka", "Toivonen", "Urbina", "Vasquez", "Virtanen", "Weber", "Yilmaz",
)  # fmt: skip
_DOMAINS = ("example.com", "example.org", "example.net")
_ASCII = str.maketrans("áçéèíïöøüß", "aceeiiooub")
# Zoom's numeric handles of connections begin here and rise by 1024 (docs/reference/zoom.md, captured traffic).
_FIRST_USER_ID = 16_778_240


class Inventor:
    """Hands out names, addresses and ids that are unique within one world."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._names = self._all_names()
        self._user_id = _FIRST_USER_ID - 1_024

    def _all_names(self) -> Iterator[tuple[str, str, str]]:
        pairs = [(first, last) for first in _FIRST for last in _LAST]
        self._random.shuffle(pairs)
        generation = 0
        while True:
            generation += 1
            for first, last in pairs:
                suffix = "" if generation == 1 else str(generation)
                local = f"{first}.{last}{suffix}".lower().translate(_ASCII)
                yield first, last, local

    def name(self, domain: str | None = None) -> tuple[str, str, str]:
        """First name, last name and lower-cased e-mail of somebody new."""
        first, last, local = next(self._names)
        return first, last, f"{local}@{domain or self._random.choice(_DOMAINS)}"

    def typed(self, email: str) -> str:
        """The address as somebody typed it: now and then with capitals."""
        if self._random.random() < 0.7:
            return email
        local, _, domain = email.partition("@")
        return f"{local.title()}@{self._random.choice((domain, domain.capitalize(), domain.upper()))}"

    def opaque_id(self) -> str:
        """A registrant id: 22 characters, as Zoom's user ids have."""
        return base64.urlsafe_b64encode(self._random.randbytes(16)).decode().rstrip("=")

    def zoom_user(self, email: str) -> str:
        """The id of the Zoom user with this address: Zoom has one per address, so worlds that meet agree on it."""
        self._random.randbytes(16)  # unused: without it every world of every seed would be another one
        return base64.urlsafe_b64encode(hashlib.sha256(email.encode()).digest()[:16]).decode().rstrip("=")

    def session_uuid(self, shape: str) -> str:
        """A session uuid: base64 of 16 bytes. `slash` begins with `/` and contains `//`, `inner` contains one `/`."""
        text = base64.b64encode(self._random.randbytes(16)).decode().replace("/", "x")
        if shape == "slash":
            return f"/{text[1:9]}//{text[11:]}"
        return f"{text[:5]}/{text[6:]}" if shape == "inner" else text

    def connection(self) -> str:
        """A `participant_uuid`: upper-case with dashes."""
        return str(UUID(int=self._random.getrandbits(128), version=4)).upper()

    def user_id(self) -> str:
        """The handle of one connection in one room."""
        self._user_id += 1_024
        return str(self._user_id)

    def request_id(self) -> str:
        """A delivery's id, with underscores as Zoom writes it."""
        return str(UUID(int=self._random.getrandbits(128), version=4)).replace("-", "_")
