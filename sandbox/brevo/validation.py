"""How bodies and query strings are read: exactly the fields of a model, errors as Brevo words them. PURE."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from sandbox.brevo.answers import RefusedError, invalid, missing

B = TypeVar("B", bound=BaseModel)


class Body(BaseModel):
    """A JSON object of exactly these fields, in camel case on the wire, in exactly these types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, alias_generator=to_camel)


class SnakeBody(BaseModel):
    """The same for events, whose names have underscores on the wire too."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Query(BaseModel):
    """Parameters of the query string: texts, read as what they stand for."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)


def parse(model: type[B], given: object) -> B:
    """Validate a body or query.

    Raises:
        RefusedError: 400 with the first thing wrong; `unknown` is set for a field that is not known.
    """
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise RefusedError(400, "invalid_parameter", f"Unknown field: {where}", unknown=True) from None
        if first["type"] == "missing":
            raise missing(f"{where} is missing") from None
        if first["type"] in ("less_than_equal", "greater_than_equal"):
            raise RefusedError(400, "out_of_range", f"{where} is out of range: {first['msg']}") from None
        raise invalid(f"{where or 'body'} is not valid: {first['msg']}") from None
