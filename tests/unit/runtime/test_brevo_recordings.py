from __future__ import annotations

import pytest
from pydantic import ValidationError

from runtime.brevo_models import Recordings


@pytest.mark.parametrize(
    ("section", "error"),
    [
        ({"by": "template"}, "needs `template`"),
        ({"by": "fax"}, "template"),
        ({"question": "May we?", "answers": []}, "at least one of `answers`"),
        ({"to": ["attended", "late"]}, "no_show"),
        ({"sessions": ["podcast"]}, "webinar"),
    ],
)
def test_recordings_section_that_cannot_work_is_refused(section: dict[str, object], error: str) -> None:
    """With what there is to choose from, or what is missing."""
    with pytest.raises(ValidationError, match=error):
        Recordings.model_validate(section)


def test_recordings_section_may_be_left_out() -> None:
    """Then everybody is told, by the event."""
    assert (Recordings().by, Recordings().question, Recordings().trial) == ("event", None, False)
    assert Recordings().to == ("attended", "left_early", "no_show")
