"""The sentence that says why a contact has its score: `ENGAGEMENT_WHY`, about the latest occurrence. PURE."""

from __future__ import annotations

from processors.engagement.score import ON_TIME_SECONDS
from processors.engagement.state import SessionRow
from schemas.attendance import Interaction
from schemas.instants import whole_minutes

MAX_CHARACTERS = 200
"""Longest sentence written (attendance.md 8)."""


def why(row: SessionRow) -> str:
    """One plain English sentence of at most `MAX_CHARACTERS` characters.

    ``55 of 60 min, on time, left before the end``; ``registered, did not attend``.
    """
    if row.late_seconds is None:  # whoever has a result and did not stay away joined at some time
        return "registered, did not attend"
    phrases = [
        f"{whole_minutes(row.attended_seconds)} of {whole_minutes(row.length_seconds)} min",
        "on time" if row.late_seconds <= ON_TIME_SECONDS else f"{whole_minutes(row.late_seconds)} min late",
        "stayed to the end" if row.status == "attended" else "left before the end",
    ]
    if row.interaction is not None:
        phrases += _taking_part(row.interaction)
    return ", ".join(phrases)[:MAX_CHARACTERS]


def _taking_part(interaction: Interaction) -> list[str]:
    phrases = []
    if interaction.polls_answered:
        phrases.append(f"{interaction.polls_answered} of {interaction.polls_offered or 0} polls")
    if interaction.questions_asked:
        phrases.append("asked a question")
    if interaction.chat_messages:
        phrases.append(f"{interaction.chat_messages} chat messages")
    return phrases
