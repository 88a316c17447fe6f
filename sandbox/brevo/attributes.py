"""Contact attributes: which exist, of which type, and what is silently dropped. PURE."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sandbox.brevo.answers import invalid, not_found

Scalar = str | int | float | bool
StoredValue = Scalar | list[str]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
# https://developers.brevo.com/reference/create-attribute (checked 2026-11-21).
TYPES: Mapping[str, Set[str | None]] = {
    "normal": {"text", "date", "float", "boolean", "multiple-choice", "user"},
    "transactional": {"text", "date", "float", "boolean", "id"},
    "category": {"category"},
    "calculated": {"float", None},
    "global": {"float", None},
}
IDENTIFYING = ("EMAIL", "SMS", "EXT_ID")
"""Names that Brevo knows in `attributes` without having them as attributes."""
_OPTION_CHARACTERS = 200


@dataclass(slots=True)
class Attribute:
    """One attribute of the account; `options` are the labels of a category or of multiple choice, by value."""

    name: str
    category: str
    type: str | None
    options: dict[str, str] = field(default_factory=dict)
    formula: str | None = None

    def shown(self) -> dict[str, Any]:
        """As `GET /contacts/attributes` lists it."""
        shown: dict[str, Any] = {"name": self.name, "category": self.category}
        if self.category == "category":
            shown["enumeration"] = [_option(value, label) for value, label in self.options.items()]
            return shown
        if self.type is not None:
            shown["type"] = self.type
        if self.type == "multiple-choice":
            shown["multiCategoryOptions"] = list(self.options.values())
        if self.formula is not None:
            shown["calculatedValue"] = self.formula
        return shown

    def accepts(self, value: object) -> bool:
        """Whether a value of the right type; a date is exactly ``YYYY-MM-DD`` and has no time of day."""
        match self.type:
            case "text" | "user" | "id":
                return isinstance(value, str)
            case "float":
                return isinstance(value, int | float) and not isinstance(value, bool)
            case "boolean":
                return isinstance(value, bool)
            case "date":
                return isinstance(value, str) and _is_date(value)
            case "category":
                return isinstance(value, str | int) and (str(value) in self.options or value in self._labels())
            case "multiple-choice":
                return isinstance(value, list) and all(label in self._labels() for label in value)
        return False

    def _labels(self) -> list[object]:
        return list(self.options.values())


class AttributeBook:
    """The attributes of the account, in order of creation."""

    def __init__(self) -> None:
        self._known: dict[str, Attribute] = {}

    def create(
        self,
        category: str,
        name: str,
        kind: str | None = None,
        *,
        options: Mapping[str, str] | None = None,
        formula: str | None = None,
    ) -> None:
        """Add one; its type must fit its category."""
        if category not in TYPES:
            raise invalid("Invalid category type")
        if not _NAME.fullmatch(name):
            raise invalid("Attribute name is not valid")
        if name.upper() in self._known or name.upper() in IDENTIFYING:
            raise invalid("Attribute name must be unique")
        if kind not in TYPES[category]:
            raise invalid("Attribute type is not valid for this category")
        _check_labels((options or {}).values())
        self._known[name.upper()] = Attribute(name.upper(), category, kind, dict(options or {}), formula)

    def change(self, category: str, name: str, *, options: Mapping[str, str] | None, formula: str | None) -> None:
        """Options or formula; the type of an attribute never changes."""
        attribute = self._get(category, name)
        if options is not None:
            _check_labels(options.values())
            attribute.options = dict(options)
        if formula is not None:
            attribute.formula = formula

    def remove(self, category: str, name: str) -> None:
        """Forget one."""
        del self._known[self._get(category, name).name]

    def shown(self) -> list[dict[str, Any]]:
        """All of them as Brevo lists them."""
        return [attribute.shown() for attribute in self._known.values()]

    def accepted(self, given: Mapping[str, object]) -> dict[str, StoredValue]:
        """The values that stick. An unknown name and a value of another type are dropped and nobody is told."""
        return {name: _as_value(value) for name, value in given.items() if self._sticks(name, value)}

    def _sticks(self, name: str, value: object) -> bool:
        attribute = self._known.get(name)
        return attribute is not None and attribute.accepts(value)

    def _get(self, category: str, name: str) -> Attribute:
        attribute = self._known.get(name.upper())
        if attribute is None or attribute.category != category:
            raise not_found("Attribute not found")
        return attribute


def _as_value(value: object) -> StoredValue:
    assert isinstance(value, str | int | float | bool | list)
    return value


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _option(value: str, label: str) -> dict[str, Any]:
    # Since 2026-05-01 `value` is 0 for what is no number, and `valueStr` has the truth
    # (https://developers.brevo.com/changelog/2026/5/1, checked 2026-11-21).
    return {"value": int(value) if value.isdecimal() else 0, "valueStr": value, "label": label}


def _check_labels(labels: Iterable[str]) -> None:
    if any(len(label) > _OPTION_CHARACTERS for label in labels):
        raise invalid(f"An option has at most {_OPTION_CHARACTERS} characters")
