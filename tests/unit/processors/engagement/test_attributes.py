from __future__ import annotations

from typing import Any

import pytest

from processors.engagement.attributes import AttributeFields, attributes
from processors.engagement.contact import Values
from runtime.field_mapping import mapped_sources
from runtime.models import FieldMapping
from schemas.errors import ConfigurationError
from tests.support.contact_facts import MAPPING


def written(values: Values, **mapping: Any) -> AttributeFields:
    """Attributes under a mapping."""
    return attributes(values, mapped_sources(FieldMapping.model_validate(mapping)))


def test_attributes_guide_mapping_has_natural_types_and_overwrites() -> None:
    """Types follow from the source; a name fills only what is empty."""
    values: Values = {"name": "Maya", "join_time": "2026-08-12", "duration": 55, "no_shows": 0}
    assert written(values, **MAPPING) == {
        "FIRSTNAME": ("text", "Maya", "if_empty"),
        "MEETING_JOIN_DATE": ("date", "2026-08-12", "always"),
        "MEETING_DURATION": ("float", 55, "always"),
        "NO_SHOWS": ("float", 0, "always"),
    }


def test_attributes_source_not_mapped_is_not_written() -> None:
    """Only the engagement attributes have names of their own."""
    assert written({"duration": 55, "engagement_tier": "hot"}).keys() == {"ENGAGEMENT_TIER"}


@pytest.mark.parametrize(
    ("transform", "expected"),
    [("none", " maya okafor "), ("lower", " maya okafor "), ("upper", " MAYA OKAFOR "), ("title", " Maya Okafor ")],
)
def test_attributes_transform_changes_text(transform: str, expected: str) -> None:
    """The closed set of transforms does what its names say."""
    mapping = {"attribute": "N", "transform": transform}
    assert written({"name": " maya okafor "}, name=mapping)["N"][1] == expected


def test_attributes_text_of_which_nothing_is_left_is_not_written() -> None:
    """An empty text would erase what is there."""
    assert written({"name": "  "}, name={"attribute": "N", "transform": "trim"}) == {}


@pytest.mark.parametrize(
    ("kind", "value", "expected"), [("text", 55, "55"), ("boolean", 55, True), ("boolean", 0, False)]
)
def test_attributes_number_written_as_other_type(kind: str, value: int, expected: str | bool) -> None:
    """A number can be written as text or as whether it is not zero."""
    attribute = written({"duration": value}, duration={"attribute": "D", "type": kind})["D"]
    assert attribute == (kind, expected, "always")
    assert type(attribute[1]) is type(expected)


@pytest.mark.parametrize(
    ("mapping", "path"),
    [
        ({"name": {"attribute": "N", "type": "float"}}, r"field_mapping\.name\.type"),
        ({"join_time": {"attribute": "J", "type": "float"}}, r"field_mapping\.join_time\.type"),
        ({"webinar_title": {"attribute": "T", "type": "boolean"}}, r"field_mapping\.webinar_title\.type"),
        ({"duration": {"attribute": "D", "overwrite": "if_newer"}}, r"field_mapping\.duration\.overwrite"),
    ],
)
def test_mapped_sources_impossible_mapping_names_the_key(mapping: dict[str, Any], path: str) -> None:
    """A mapping that could never be written stops the start and says where."""
    with pytest.raises(ConfigurationError, match=path):
        mapped_sources(FieldMapping.model_validate(mapping))
