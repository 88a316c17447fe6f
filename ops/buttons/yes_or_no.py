"""What a form asks to be answered with no or yes, and the flag that stands for yes at a terminal."""

from __future__ import annotations

from console.acting import Field, FormAnswers

_NO, _YES = "no", "yes"


def yes_or_no(name: str, label: str, hint: str) -> Field:
    """No, unless somebody says otherwise. `name`: the flag's, ``ask_zoom`` for ``--ask-zoom``."""
    return Field(name, label, hint, _NO, (_NO, _YES))


def says_yes(answers: FormAnswers, field: Field) -> bool:
    """Whether it was asked and answered so."""
    return answers.get(field.name) == _YES


def flag(answers: FormAnswers, field: Field) -> list[str]:
    """The command's words for the answer."""
    return [f"--{field.name.replace('_', '-')}"] if says_yes(answers, field) else []
