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

    def given(self, word: str | None) -> str | None:
        """`code` of what may be missing."""
        return None if word is None else self.code(word)

    def word(self, code: str) -> str:
        """The word that `code` was given."""
        return self._words.get(code) or code.removeprefix(_UNKNOWN)


STATUS_LETTERS = Codes(attended="a", left_early="l", no_show="n", retracted="r")
REASON_LETTERS = Codes(
    present_to_the_end="p", left_before_the_end="l", below_the_minimum="b", approved_and_not_seen="s",
    excluded="x", outside="o", anonymous="a", not_registered="r", elsewhere="e", not_yet="y", no_session="n",
    recomputed="c",
)  # fmt: skip
EVIDENCE_LETTERS = Codes(live="l", report="r", both="b")
RULE_LETTERS = Codes(registrant="r", email="e", user="u")
TIER_LETTERS = Codes(hot="h", warm="w", cold="c")
OUTCOME_LETTERS = Codes(
    intended="i", withdrawn="w", acknowledged="a", unchanged="u", rejected="r", in_doubt="d", suppressed="s",
)  # fmt: skip
KIND_LETTERS = Codes(upsert="u", event="e", recording="r", confirmation="o", campaign="c")
CAUSE_LETTERS = Codes(
    result="e", registration="r", recording="o", notice="n", session_recording="s", resync="y", rebuild="b",
)  # fmt: skip
ORIGIN_LETTERS = Codes(live="l", backfill="b", backfill_with_events="e", replay="r")
CODED = MappingProxyType(
    {
        "people.status": STATUS_LETTERS,
        "people.reason": REASON_LETTERS,
        "people.evidence": EVIDENCE_LETTERS,
        "people.rule": RULE_LETTERS,
        "contacts.outcome": OUTCOME_LETTERS,
        "scores.tier": TIER_LETTERS,
        "calls.kind": KIND_LETTERS,
        "calls.cause": CAUSE_LETTERS,
        "calls.origin": ORIGIN_LETTERS,
        "calls.outcome": OUTCOME_LETTERS,
    }
)
"""The codes of each coded column."""
