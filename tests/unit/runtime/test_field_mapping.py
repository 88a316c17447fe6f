"""What `field_mapping` may say of identifiers."""

from __future__ import annotations

import pytest

from runtime.field_mapping import mapped_sources
from runtime.models import FieldMapping, MappedAttribute
from schemas.errors import ConfigurationError


@pytest.mark.parametrize("attribute", ["SMS", "sms", "WHATSAPP", "LANDLINE_NUMBER", "EXT_ID"])
def test_identifier_is_mapped_on_purpose_alone(attribute: str) -> None:
    """A typed number may be another contact's: the error says at which key, and both ways out."""
    with pytest.raises(ConfigurationError, match=r"custom_questions\.Your mobile\?: .*identifier: true"):
        mapped_sources(FieldMapping(custom_questions={"Your mobile?": MappedAttribute(attribute=attribute)}))
    meant = MappedAttribute(attribute=attribute, identifier=True)
    assert mapped_sources(FieldMapping(custom_questions={"Your mobile?": meant}))[-1].attribute == attribute


def test_ordinary_attribute_is_no_identifier() -> None:
    """Brevo would neither check it nor look contacts up by it."""
    with pytest.raises(ConfigurationError, match=r"name\.identifier: is for EXT_ID"):
        mapped_sources(FieldMapping(name=MappedAttribute(attribute="FIRSTNAME", identifier=True)))
