"""Which attributes the configuration writes, and how an account's own attributes fit them. PURE.

Brevo drops attributes that do not exist, and values of another type, without an error: so they are compared before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from runtime.field_mapping import mapped_sources
from runtime.models import FieldMapping
from schemas.brevo import AttributeType

Problem = Literal["missing", "wrong_type", "other_language"]

# Brevo names the default attributes in the language of the account (help.brevo.com/hc/articles/208729849, checked
# 2026-11-21).
TRANSLATIONS: Mapping[str, tuple[str, ...]] = {
    "FIRSTNAME": ("PRENOM", "NOMBRE", "VORNAME", "NOME"),  # codespell:ignore nome
    "LASTNAME": ("NOM", "APELLIDOS", "NACHNAME", "COGNOME", "SURNAME"),
}


@dataclass(frozen=True, slots=True)
class Needed:
    """One attribute that the configuration writes."""

    attribute: str
    type: AttributeType
    source: str
    explicit: bool
    """Whether the file names it; the others come with the defaults."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """One attribute that would not take its values."""

    needed: Needed
    problem: Problem
    found: str = ""
    """The type that it has, or the name that it goes by in this account."""

    @property
    def says(self) -> str:
        """For people: what is wrong and what to do."""
        name, wanted = self.needed.attribute, self.needed.type
        match self.problem:
            case "missing":
                return f"attribute {name} ({wanted}) does not exist; `rollcall brevo apply` creates it"
            case "wrong_type":
                return (
                    f"attribute {name} is of type {self.found}, but {self.needed.source} is written as {wanted}; Brevo "
                    f"cannot change a type: map {self.needed.source} to another attribute, or to type {self.found}"
                )
            case "other_language":
                return f"attribute {name} does not exist, but {self.found} does: map {self.needed.source} to it"


def needed_attributes(mapping: FieldMapping) -> tuple[Needed, ...]:
    """Every attribute that may be written, in the mapping's order.

    Raises:
        ConfigurationError: a mapping that cannot work.
    """
    named = mapping.model_fields_set
    return tuple(
        Needed(
            mapped_source.attribute.upper(),
            mapped_source.type,
            mapped_source.source,
            mapped_source.source.partition(":")[0] in named,
        )
        for mapped_source in mapped_sources(mapping)
    )


def types_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Type by name of what `GET /contacts/attributes` lists; one that contacts cannot hold has its category."""
    return {
        str(row.get("name", "")).upper(): str(row.get("type") or row.get("category"))
        if row.get("category") in ("normal", "category")
        else str(row.get("category"))
        for row in rows
    }


def misfits(needed: Iterable[Needed], existing: Mapping[str, str]) -> tuple[Misfit, ...]:
    """What does not fit, in the order of `needed`; `existing` has types by upper-case name."""
    found = []
    for need in needed:
        held = existing.get(need.attribute)
        if held == need.type:
            continue
        if held is not None:
            found.append(Misfit(need, "wrong_type", held))
            continue
        other = next((name for name in TRANSLATIONS.get(need.attribute, ()) if name in existing), None)
        found.append(Misfit(need, "other_language", other) if other else Misfit(need, "missing"))
    return tuple(found)


def dropped(wanted: Mapping[str, object], held: Mapping[str, object]) -> tuple[str, ...]:
    """Names of attributes that were written and that Brevo does not hold so, when it is read back."""
    return tuple(sorted(name for name, value in wanted.items() if not _is_held(value, held.get(name))))


def _is_held(value: object, held: object) -> bool:
    if held is None:
        return value is None or value == ""
    # A date may come back with a time of day behind it.
    return held == value or (isinstance(held, str) and isinstance(value, str) and held[:10] == value)
