"""Makes text from outside fit for a log: cut, and without addresses, keys and tokens. PURE.

Whoever sends a request, answers a call or writes a record may choose this text. So nothing here costs more than the
text's length, and a field is cut before anything searches it.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from typing import Final

from schemas.errors import RollcallError

FIELD_CHARACTERS: Final = 1_000
ERROR_CHARACTERS: Final = 8_000
"""Of a traceback."""

# Each pattern begins where a run of its characters does, or a long run would be tried from each of its letters.
_HIDDEN: Final = (
    (
        re.compile(r"(?<![A-Za-z0-9._%+'-])[A-Za-z0-9._%+'-]+(?:@|%40)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"),
        "(address)",
    ),
    # Brevo's keys: https://developers.brevo.com/docs/getting-started, checked 2026-11-21
    (re.compile(r"x(?:keysib|smtpsib)-[A-Za-z0-9-]+"), "(key)"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), r"\1 (token)"),
    # A JWT, as Zoom's access and download tokens are.
    (
        re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?"),
        "(token)",
    ),
)
_WORD: Final = re.compile(r"[A-Za-z0-9._%+'@-]")
_SHOWN: Final = (RollcallError, OSError, AttributeError, ImportError, NameError, TypeError)
"""Errors whose text names places and types. That of any other may quote the value that it failed on."""
_SHOWN_OF: Final = "aiokafka.errors"
"""And all errors of this module, which is named here and not imported: a PURE module knows no Kafka."""


def redact(text: str) -> str:
    """The text without e-mail addresses, API keys and tokens; takes time in proportion to its length."""
    for pattern, instead in _HIDDEN:
        text = pattern.sub(instead, text)
    return text


def cut(text: str, characters: int = FIELD_CHARACTERS) -> str:
    """At most so many characters and how many are gone; the last word goes too, which may be half a secret."""
    if len(text) <= characters:
        return text
    end = characters
    while end and _WORD.match(text, end - 1):
        end -= 1
    return f"{text[:end]}… ({len(text) - end} more characters)"


def describe(error: BaseException) -> str:
    """A traceback, causes first as Python shows it, without the text of errors that may quote foreign values."""
    return cut("\n".join(_lines(error, set())), ERROR_CHARACTERS)


def _lines(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and id(cause) not in seen:
        yield from _lines(cause, seen)
        yield "after which:"
    yield "Traceback (most recent call last):"
    for line in traceback.format_tb(error.__traceback__, limit=-20):
        yield line.rstrip()
    is_told = isinstance(error, _SHOWN) or any(kind.__module__ == _SHOWN_OF for kind in type(error).__mro__)
    text = cut(str(error)) if is_told else ""
    yield f"{type(error).__qualname__}: {text}" if text else type(error).__qualname__
