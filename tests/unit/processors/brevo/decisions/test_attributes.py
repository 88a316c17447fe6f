"""How an account's attributes fit what the configuration writes."""

from __future__ import annotations

from processors.brevo.decisions.attributes import dropped, misfits, needed_attributes, types_of
from runtime.models import FieldMapping

MAPPING = FieldMapping.model_validate({"name": "FIRSTNAME", "duration": "MEETING_DURATION"})


def _fitting() -> dict[str, str]:
    return {needed_attribute.attribute: needed_attribute.type for needed_attribute in needed_attributes(MAPPING)}


def test_account_with_everything_fits() -> None:
    """No misfit."""
    assert misfits(needed_attributes(MAPPING), _fitting()) == ()


def test_needed_attributes_tell_what_the_file_names_from_defaults() -> None:
    """Only the former may stop the worker."""
    explicit = {
        needed_attribute.attribute: needed_attribute.explicit for needed_attribute in needed_attributes(MAPPING)
    }
    assert explicit["FIRSTNAME"]
    assert not explicit["ENGAGEMENT_SCORE"]


def test_missing_attribute_is_told_with_its_type() -> None:
    """`apply` creates it so."""
    existing = _fitting()
    del existing["MEETING_DURATION"]
    (misfit,) = misfits(needed_attributes(MAPPING), existing)
    assert (misfit.problem, misfit.needed.type) == ("missing", "float")


def test_attribute_of_another_type_cannot_be_created() -> None:
    """Brevo cannot change a type; it would drop the values."""
    (misfit,) = misfits(needed_attributes(MAPPING), _fitting() | {"MEETING_DURATION": "text"})
    assert misfit.problem == "wrong_type"
    assert "text" in misfit.says


def test_french_account_is_told_to_map_the_name_to_prenom() -> None:
    """Default attributes have names in the account's language."""
    existing = _fitting() | {"PRENOM": "text"}
    del existing["FIRSTNAME"]
    (misfit,) = misfits(needed_attributes(MAPPING), existing)
    assert (misfit.problem, misfit.found) == ("other_language", "PRENOM")


def test_attribute_that_contacts_cannot_hold_does_not_fit() -> None:
    """A global or calculated attribute has the name, and takes no value."""
    types = types_of([{"name": "MEETING_DURATION", "category": "calculated", "type": "float"}])
    assert types == {"MEETING_DURATION": "calculated"}


def test_values_that_brevo_does_not_hold_are_dropped_ones() -> None:
    """A date may come back with a time; an empty text may come back as nothing."""
    written = {"A": 1, "B": "2026-11-20", "C": "x", "D": ""}
    assert dropped(written, {"A": 1, "B": "2026-11-20T00:00:00Z", "C": "y"}) == ("C",)
