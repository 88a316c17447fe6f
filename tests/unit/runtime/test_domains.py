from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from runtime.domains import Domain
from runtime.models import Filters

DOMAIN: TypeAdapter[str] = TypeAdapter(Domain)


@pytest.mark.parametrize("text", ["example.com", "@example.com", " @Example.COM ", "example.com."])
def test_domain_in_any_spelling_is_one(text: str) -> None:
    """What a person writes is not what decides."""
    assert DOMAIN.validate_python(text) == "example.com"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("maya@example.com", "is an address"),
        ("*.example.com", "is no domain"),
        ("example", "is no domain"),
        ("", "is no"),
    ],
)
def test_what_is_no_domain_is_refused_with_what_to_write(text: str, says: str) -> None:
    """A rule that never applies would be found out by the person who was not to be written."""
    with pytest.raises(ValidationError, match=says):
        DOMAIN.validate_python(text)


def test_excludes_is_by_the_whole_domain_in_either_spelling_of_other_alphabets() -> None:
    """Subdomains and look-alikes are somebody else's."""
    filters = Filters.model_validate({"exclude_domains": ["@Example.com", "müller.example"]})
    assert filters.excludes("a@example.com")
    assert filters.excludes("a@xn--mller-kva.example")
    assert filters.excludes("a@müller.example")
    assert not filters.excludes("a@mail.example.com")
    assert not filters.excludes("a@notexample.com")
