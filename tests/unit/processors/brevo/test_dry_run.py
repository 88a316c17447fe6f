"""A dry run says what would be done, calls nothing, and leaves all of it to a later worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from processors.brevo.decisions.preview import in_words, upsert_preview
from processors.brevo.decisions.sending_rules import SendingRules
from processors.brevo.decisions.wanted import Known
from processors.brevo.writer.dry_run import DryRunEffect
from schemas.brevo import AttributeValue
from tests.support.brevo_commands import MAYA, event, upsert
from tests.support.sink import sink_beside_brevo

NAME = AttributeValue(type="text", value="Maya", overwrite="if_empty")
MINUTES = AttributeValue(type="float", value=47)


async def test_dry_run_tells_everything_once_and_calls_nothing() -> None:
    """The worker after it does what was told."""
    told: list[Mapping[str, Any]] = []
    async with sink_beside_brevo() as (sink, brevo):
        sink.engine.start(DryRunEffect(told.append, SendingRules()))
        sink.send(upsert(), event())
        assert [line.get("event") for line in told] == [None, "zoom_webinar_attended"]
        assert told[0]["sets"] == {"MEETING_DURATION": 47}
        assert told[0]["joins"] == [16]
        assert brevo.calls == []
        assert sink.results() == []
        await sink.engine.crash()
        sink.start()
        await sink.settled()
        assert brevo.contacts[MAYA].attributes == {"MEETING_DURATION": 47}
        assert len(brevo.events) == 1


def test_preview_tells_what_is_set_what_stays_and_what_has_to_be_asked() -> None:
    """`if_empty` depends on what Brevo holds."""
    command = upsert(attributes={"FIRSTNAME": NAME, "A": MINUTES, "B": MINUTES}, lists=(16,), lists_left=(18,))
    unknown = upsert_preview(command, Known(exists=True, attributes={"B": 47}, lists=frozenset({16})))
    assert unknown["sets"] == {"A": 47}
    assert unknown["keeps"] == ["B"]
    assert unknown["asks"] == ["FIRSTNAME"]
    assert (unknown["joins"], unknown["leaves"]) == ([], [18])
    assert not unknown["creates"]
    new = upsert_preview(command, Known(exists=False))
    assert new["creates"]
    assert new["sets"]["FIRSTNAME"] == "Maya"
    assert "would be created with" in in_words(new)


def test_preview_of_what_brevo_has_already_says_so() -> None:
    """Nothing would be called."""
    known = Known(exists=True, attributes={"MEETING_DURATION": 47}, lists=frozenset({16}))
    assert "nothing would change" in in_words(upsert_preview(upsert(), known))
