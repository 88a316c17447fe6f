"""Words of closed lists as the tables have them: a letter each, as a session of 100,000 people repeats them. PURE."""

from __future__ import annotations

from types import MappingProxyType

_UNKNOWN = "="


class Codes:
    """The letters of one column.

    >>> tier = Codes(hot="h", cold="c")
    >>> tier.code("hot"), tier.word("h"), tier.code("tepid"), tier.word("=tepid")
    ('h', 'hot', '=tepid', 'tepid')
    """

    def __init__(self, **letters: str) -> None:
        """By word. A letter that was given is never given to another word."""
        self.letters = MappingProxyType(letters)
        self._words = {letter: word for word, letter in letters.items()}

    def code(self, word: str) -> str:
        """What the column holds; a word of a newer version stays one."""
        return self.letters.get(word) or f"{_UNKNOWN}{word}"

    def word(self, code: str) -> str:
        """The word that `code` was given."""
        return self._words.get(code) or code.removeprefix(_UNKNOWN)


STATUS_LETTERS = Codes(attended="a", left_early="l", no_show="n", retracted="r")
OUTCOME_LETTERS = Codes(
    intended="i", withdrawn="w", acknowledged="a", unchanged="u", rejected="r", in_doubt="d", suppressed="s",
)  # fmt: skip
