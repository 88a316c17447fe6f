"""What an answer about the account's attributes comes to, at the start or later."""

from __future__ import annotations

import pytest

from processors.brevo.decisions.attributes import needed_attributes
from processors.brevo.writer.bootstrap import judge_attributes
from runtime.calls import Answer
from schemas.errors import ConfigurationError
from tests.support.contact_facts import configuration


def _told(*left_out: str) -> Answer:
    needed = needed_attributes(configuration().field_mapping)
    rows = [{"name": need.attribute, "category": "normal", "type": need.type} for need in needed]
    return Answer(200, {"attributes": [row for row in rows if row["name"] not in left_out]})


@pytest.mark.parametrize("answer", [Answer(None), Answer(503), Answer(200, is_page=True), Answer(200, {})])
def test_answer_that_tells_of_no_attributes_decides_nothing(answer: Answer) -> None:
    """A worker starts while Brevo is away, and asks again before it writes anything."""
    assert not judge_attributes(answer, configuration())


def test_attribute_that_does_not_exist_is_refused_unless_the_file_says_otherwise() -> None:
    """Brevo would drop its values without an error."""
    assert judge_attributes(_told(), configuration())
    with pytest.raises(ConfigurationError, match=r"field_mapping\.webinar_title: attribute WEBINAR_NAME .* not exist"):
        judge_attributes(_told("WEBINAR_NAME"), configuration())
    assert judge_attributes(_told("WEBINAR_NAME"), configuration(brevo={"missing_attributes": "warn"}))
