"""`field_mapping` at work: values by source become typed attributes by their name in Brevo. PURE."""

from __future__ import annotations

from processors.engagement.contact import Values
from runtime.field_mapping import MappedSource
from schemas.brevo import AttributeType, Overwrite

AttributeFields = dict[str, tuple[AttributeType, str | int, Overwrite]]
"""By attribute: the fields of a `schemas.brevo.AttributeValue`, which is built only for what is sent."""


def attributes(values: Values, mapping: tuple[MappedSource, ...]) -> AttributeFields:
    """Attributes by name, in the mapping's order; a source without a value is left out."""
    return {
        mapped.attribute: (mapped.type, value, mapped.overwrite)
        for mapped in mapping
        if mapped.source in values and (value := mapped.convert(values[mapped.source])) is not None
    }
