"""A column of coded words (`readmodel.codes`)."""

from __future__ import annotations

from sqlalchemy import Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from typing_extensions import override

from readmodel.codes import Codes


class Coded(TypeDecorator[str]):
    """A column of them: words for whoever asks through SQLAlchemy, letters in the database."""

    impl = Text
    cache_ok = True

    def __init__(self, codes: Codes) -> None:
        """Of these."""
        super().__init__()
        self.codes = codes

    @override
    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """A word on its way into a statement."""
        return None if value is None else self.codes.code(value)

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """A letter on its way out."""
        return None if value is None else self.codes.word(value)
