"""A first name to address somebody by, from what they typed into Zoom; rather none than a wrong one. PURE.

A mail that begins with "Dear iPhone" is worse than one without a name (attendance.md 8).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# Names that Zoom's clients and rooms show unless somebody types one, or that devices do: public reports, and Zoom's
# clients for phones (which take the device's name).
_NOBODY = frozenset(
    {
        "admin", "android", "anonymous", "attendee", "call-in", "caller", "computer", "conference", "desktop", "device",
        "galaxy", "guest", "host", "huawei", "imac", "ipad", "iphone", "ipod", "laptop", "mac", "macbook", "meeting",
        "mobile", "moderator", "motorola", "nokia", "notetaker", "office", "oneplus", "oppo", "panelist", "participant",
        "pc", "phone", "pixel", "reconnecting", "redmi", "room", "samsung", "smartphone", "sm", "surface", "tablet",
        "telephone", "test", "unknown", "user", "vivo", "webinar", "windows", "xiaomi", "zoom",
    }
)  # fmt: skip
_TITLES = frozenset(
    {
        "bsc", "dipl", "dipl-ing", "dr", "dra", "eng", "fr", "frau", "herr", "hr", "ing", "ir", "lic", "madame", "mag",
        "mba", "med", "miss", "mlle", "mme", "monsieur", "mr", "mrs", "ms", "msc", "mx", "phd", "prof", "professor",
        "rev", "sir", "sr", "sra", "srta",
    }
)  # fmt: skip
_DEVICES = re.compile(r"\b(iphone|ipad|ipod|macbook|imac|android|galaxy|zoom|user|notetaker)\b", re.IGNORECASE)
"""Whose device it is may be in its name: better no name than part of that."""
_WITHIN = "-'\u2019.\u00b7\u200d"
"""What a name may hold beside letters."""
_AROUND = "\"'`.,;:!?()[]{}<>*_~|/\\-#@&+=\u2019\u2018\u2013\u2014"


def first_name(shown: str | None) -> str | None:
    """The first word that is a name, of "Last, First" of what follows the comma; ``None`` if nothing is left.

    >>> first_name("Dr. Marta Lindqvist"), first_name("MEYER, Jonas"), first_name("iPhone von Anna")
    ('Marta', 'Jonas', None)
    """
    text = _plain(shown or "")
    if _DEVICES.search(text):
        return None
    last, _comma, first = text.partition(",")
    words = (first if first.strip() else last).split()
    return next((name for word in words if (name := _as_name(word)) is not None), None)


def smallest_name(shown: Iterable[str | None]) -> str | None:
    """Of several display names of one person the first name in the smallest that holds one."""
    found = [(text, name) for text in shown if text and (name := first_name(text)) is not None]
    return min(found)[1] if found else None


def registered_name(text: str | None) -> str | None:
    """A name that was typed into a form: whole, without what changes the direction of the text around it."""
    return _plain(text or "").strip() or None


def _plain(text: str) -> str:
    """Without controls, those of the writing direction among them; blanks as one space."""
    if text.isascii() and text.isprintable():
        return text
    kept = (letter if not unicodedata.category(letter).startswith("Z") else " " for letter in text)
    return "".join(letter for letter in kept if unicodedata.category(letter) not in ("Cf", "Cc") or letter == "\u200d")


def _bare(word: str) -> str:
    """Without signs around it, and the name alone of "Dr.Marta"; nothing of what looks like a domain (Otter.ai)."""
    bare = word.strip(_AROUND)
    title, _dot, rest = bare.partition(".")
    if not rest or len(title) == 1:  # an initial
        return bare
    return _bare(rest) if title.casefold() in _TITLES else ""


def _as_name(word: str) -> str | None:
    bare = _bare(word)
    plain = bare.casefold().rstrip(".")
    if not bare or plain in _NOBODY or plain.replace(".", "") in _TITLES or plain in _TITLES:
        return None
    letters = [letter for letter in bare if unicodedata.category(letter)[0] in "LM"]
    others = [letter for letter in bare if unicodedata.category(letter)[0] not in "LM" and letter not in _WITHIN]
    # One letter with capitals is an initial; a word with a digit, a symbol or an emoji is no name.
    is_initial = len(letters) == 1 and letters[0].upper() != letters[0].lower()
    return bare if letters and not is_initial and not others else None
