from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from ingress.business_key import business_key, dedupe_key, text_of
from tests.support.ingress import example, example_files

HASH = "f" * 64


def test_dedupe_key_all_samples_differ() -> None:
    """No two samples are the same fact, room moves within one second included."""
    keys = [dedupe_key(example(path.stem), path.stem) for path in example_files()]
    assert len(set(keys)) == len(keys) == 23


@pytest.mark.parametrize("path", example_files(), ids=lambda path: path.stem)
def test_business_key_every_sample_of_an_object_has_one(path: Path) -> None:
    """Only events without an object are told by their bytes."""
    event = example(path.stem)
    assert (business_key(event) is None) == ("object" not in event["payload"])


def test_dedupe_key_recording_with_other_links_is_equal() -> None:
    """Zoom sends `recording.completed` again with new links and another token: it is the same recording."""
    first = example("recording.completed__plain")
    second = copy.deepcopy(first)
    second["download_token"], second["event_ts"] = "other", first["event_ts"] + 60_000
    second["payload"]["object"]["recording_files"].reverse()
    for file in second["payload"]["object"]["recording_files"]:
        file["download_url"] += "2"
    assert dedupe_key(first, HASH) == dedupe_key(second, "e" * 64)
    second["payload"]["object"]["recording_files"].pop()
    assert dedupe_key(first, HASH) != dedupe_key(second, HASH)


def test_dedupe_key_join_on_a_second_subscription_is_equal() -> None:
    """`event_ts` of one join may differ; who and when do not."""
    first = example("meeting.participant_joined__guest")
    second = {**first, "event_ts": first["event_ts"] + 900}
    assert dedupe_key(first, HASH) == dedupe_key(second, HASH)


def test_business_key_without_participant_uuid_uses_the_handle() -> None:
    """Webinars before July 2023 send no `participant_uuid`."""
    event = example("meeting.participant_joined__guest")
    del event["payload"]["object"]["participant"]["participant_uuid"]
    assert business_key(event) == (
        "meeting.participant_joined",
        "pT9/Qw3sRzGm4yBhK1xVdA==",
        "16779264",
        "2026-08-12T14:03:29Z",
        "",
    )


def test_business_key_id_as_number_or_text_is_equal() -> None:
    """Zoom sends the id as either."""
    event = example("meeting.registration_created__plain")
    other = copy.deepcopy(event)
    other["payload"]["object"]["id"] = "84215567031"
    assert business_key(event) == business_key(other)


def test_business_key_registration_status_and_time_tell_apart() -> None:
    """Approved twice at different times are two facts."""
    event = example("meeting.registration_approved__plain")
    assert business_key(event) != business_key({**event, "event_ts": event["event_ts"] + 1})


def test_business_key_waiting_for_the_host_uses_name_and_time() -> None:
    """`participant_jbh_waiting` has neither a handle nor a time of its own."""
    event = {
        "event": "meeting.participant_jbh_waiting",
        "event_ts": 5,
        "payload": {"object": {"uuid": "u==", "participant": {"user_name": "Ann"}}},
    }
    assert business_key(event) == ("meeting.participant_jbh_waiting", "u==", "Ann", "5", "")


def test_business_key_chat_message_uses_its_id() -> None:
    """Two messages may share their millisecond."""
    event: dict[str, Any] = {
        "event": "meeting.chat_message_sent",
        "event_ts": 5,
        "payload": {"object": {"uuid": "u==", "chat_message": {"message_id": "m1"}}},
    }
    other = copy.deepcopy(event)
    other["payload"]["object"]["chat_message"]["message_id"] = "m2"
    assert None is not business_key(event) != business_key(other) is not None


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"event": "x"},
        {"event": "x", "payload": []},
        {"event": "x", "payload": {"object": "text"}},
        {"event": "x", "payload": {"object": {}}},
        {"event": "x", "event_ts": 5, "payload": {"object": {"id": True}}},
        {"event": "x", "payload": {"object": {"uuid": "u", "participant": {"join_time": "2026-08-12T14:03:29Z"}}}},
        {"event": "x", "event_ts": 5, "payload": {"object": {"uuid": "u", "recording_files": [{"id": ""}]}}},
    ],
)
def test_dedupe_key_of_too_little_is_the_bodys_hash(event: dict[str, Any]) -> None:
    """What says too little is equal only to its own bytes, so nothing is lost as a duplicate."""
    assert dedupe_key(event, HASH) == HASH


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "a"), (7, "7"), (7.0, "7"), (2**60, str(2**60)), (7.5, ""), (True, ""), (None, ""), ([], ""), ("", "")],
)
def test_text_of_ids_of_any_type(value: object, text: str) -> None:
    """Whole numbers and texts are ids; anything else is missing."""
    assert text_of(value) == text
