from __future__ import annotations

import uuid

from processors.brevo.decisions.recordings import mail_body, was_accepted_before, why_not_mailed
from runtime.calls import Answer
from schemas.brevo import SendRecording
from tests.support.brevo_commands import MAYA, event

COMMAND = SendRecording.model_validate(
    {**event(("r|s1", "r|s2"), name="zoom_recording_ready").model_dump(exclude={"kind"}), "template_id": 41}
)


def key(command: SendRecording, *, trial: bool = False) -> str:
    """The idempotency key of a mail."""
    return str(mail_body(command, trial=trial)["headers"]["idempotencyKey"])


def test_mail_is_one_version_with_the_template_and_its_values() -> None:
    """No content of ours, one recipient, a tag to find it by."""
    body = mail_body(COMMAND, trial=False)
    assert body == {
        "templateId": 41,
        "headers": {"idempotencyKey": key(COMMAND)},
        "tags": ["zoom-recording"],
        "messageVersions": [{"to": [{"email": MAYA}], "params": dict(COMMAND.properties)}],
    }
    assert uuid.UUID(key(COMMAND)).version == 5


def test_mail_of_one_person_and_recording_has_one_key_for_ever() -> None:
    """Whatever else of the command differs."""
    again = COMMAND.model_copy(update={"revision": 9, "properties": {"minutes": 5}, "command_id": "other"})
    assert key(again) == key(COMMAND)
    for other in ({"contact_id": "other"}, {"once_keys": ("r|s3",)}, {"template_id": 42}):
        assert key(COMMAND.model_copy(update=other)) != key(COMMAND)


def test_trial_is_dropped_by_brevo_and_does_not_use_up_the_key_of_the_mail() -> None:
    """`X-Sib-Sandbox` stands in the body, as Brevo wants it."""
    headers = mail_body(COMMAND, trial=True)["headers"]
    assert headers == {"idempotencyKey": key(COMMAND, trial=True), "X-Sib-Sandbox": "drop"}
    assert key(COMMAND, trial=True) != key(COMMAND)


def test_refused_repeat_says_that_the_mail_is_on_its_way() -> None:
    """No other refusal does."""
    assert was_accepted_before(Answer(400, {"code": "duplicate_parameter", "message": "x"}))
    assert not was_accepted_before(Answer(400, {"code": "invalid_parameter", "message": "x"}))
    assert not was_accepted_before(Answer(429, {"code": "duplicate_parameter"}))


def test_blocklisted_contact_is_not_mailed() -> None:
    """Only what Brevo says plainly counts."""
    assert why_not_mailed({"emailBlacklisted": True}) == "the contact is unsubscribed"
    assert why_not_mailed({"emailBlacklisted": False}) is None
    assert why_not_mailed({}) is None
