from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from processors.attendance.intake.deauthorized import DEAUTHORIZED_EVENT as DEAUTHORIZED
from processors.attendance.rules.chat import CHAT_EVENTS as CHATS
from processors.attendance.rules.events import PARSED
from processors.attendance.rules.recordings import RECORDING_EVENT as RECORDED
from schemas.redaction import (
    READ,
    frame_of,
    keeps_payload,
    may_hold_parameters,
    reason_to_drop,
    redact,
    redacted,
    without_secret_parameters,
)
from tests.support.ingress import example, example_files

# Every secret that the sample payloads hold, written out: a test must not find them with the code under test.
SECRET_VALUES = (
    "INVENTED.DOWNLOAD.TOKEN",
    "INVENTED-PLAY-PASSCODE",
    "/rec/play/",
    "/rec/webhook_download/",
    "tk=INVENTED",
    "380417",
    "203.0.113.24",
    "198.51.100.77",
    "192.0.2.15",
    "4930555010077",
    "+49 30 555010077",
)


@pytest.mark.parametrize("path", example_files(), ids=lambda path: path.stem)
def test_redact_sample_holds_no_secret_afterwards(path: Path) -> None:
    """No secret value of any sample is left."""
    event = json.loads(path.read_bytes())
    redact(event)
    text = json.dumps(event, ensure_ascii=False)
    assert [value for value in SECRET_VALUES if value in text] == []
    assert '"password"' not in text


def test_secret_values_are_in_the_samples() -> None:
    """The list above is not empty words: every value occurs before the redaction."""
    text = "".join(path.read_text() for path in example_files())
    assert [value for value in SECRET_VALUES if value not in text] == []


def test_redact_recording_keeps_what_contacts_are_sent() -> None:
    """The share link and everything that tells the files apart stay."""
    event = example("recording.completed__plain")
    assert redact(event) == 1 + 2 + 5
    subject = event["payload"]["object"]
    assert subject["share_url"] == "https://zoom.example.com/rec/share/INVENTED"
    assert [sorted(recording_file) for recording_file in subject["recording_files"]][2] == [
        "file_extension",
        "file_size",
        "file_type",
        "id",
        "meeting_id",
        "recording_end",
        "recording_start",
        "recording_type",
        "status",
    ]


def test_redact_registration_keeps_the_registrants_answers() -> None:
    """Address, answers and name of the tracking source stay; phone, links and pin code go."""
    event = example("meeting.registration_created__plain")
    before = dict(event["payload"]["object"]["registrant"])
    redact(event)
    gone = set(before) - set(event["payload"]["object"]["registrant"])
    assert gone == {"phone", "join_url", "participant_pin_code"}
    webinar = example("webinar.registration_created__registrant")
    tracking = dict(webinar["payload"]["object"]["registrant"]["tracking_source"])
    redact(webinar)
    del tracking["tracking_url"]
    assert webinar["payload"]["object"]["registrant"]["tracking_source"] == tracking


def test_redact_event_without_secrets_is_unchanged() -> None:
    """Nothing is touched where there is nothing to hide."""
    event = example("webinar.ended__plain")
    assert redact(event) == 0
    assert event == example("webinar.ended__plain")


def test_redact_anywhere_in_the_tree() -> None:
    """Depth, lists and unknown neighbours do not matter, nor what kind of value a secret has."""
    tree: Any = {"new": [{"deep": [[{"passcode": {"x": 1}, "keep": 1}]]}], "access_token": None, "zip": "50667"}
    assert redact(tree) == 2
    assert tree == {"new": [{"deep": [[{"keep": 1}]]}], "zip": "50667"}


def test_redact_deep_nesting_does_not_recurse() -> None:
    """A body nested deeper than Python recurses is walked all the same."""
    tree: Any = {"password": "x"}
    for _ in range(5_000):
        tree = [tree]
    assert redact(tree) == 1


@pytest.mark.parametrize("tree", [None, 1, "text", [], {}])
def test_redact_no_tree_is_left_alone(tree: Any) -> None:
    """Any JSON value may arrive."""
    assert redact(tree) == 0


@pytest.mark.parametrize(
    "name",
    [
        "h323_password",
        "Passcode",
        "recording_play_passcode",
        "pstn_passcode",
        "download_token",
        "client_secret",
        "zak",
        "host_key",
        "pin",
        "pin_code",
        "start_url",
        "join_link",
        "ip",
        "ip_address",
        "host_ip_addresses",
        "mobile",
        "phone_numbers",
        "caller_number",
        "fax",
        "message_content",
        "message",
        "summary_overview",
        "next_steps",
        "accessToken",
        "apiKey",
        "jwt",
        "ipAddress",
        "IPAddress",
        "ip_v6",
        "ip_addr",
        "mac_addr",
        "location",
        "global_dial_in_numbers",
        "audio_conference_info",
        "caller_did_number",
        "tracking_url",
        "downloadURL",
        "x" * 65,
    ],
)
def test_is_secret_variants_of_known_names_are(name: str) -> None:
    """Zoom adds fields without notice: the patterns cover the families."""
    assert reason_to_drop(name)


@pytest.mark.parametrize(
    "name",
    [
        "share_url",
        "zip",
        "state",
        "topic",
        "id",
        "email",
        "address",
        "shipping",
        "description",
        "tip",
        "pinned",
        "source_name",
        "message_id",
        "chat_message",
        "recipient",
        "participant",
        "number_of_participants",
        "no_of_employees",
        "role_in_purchase_process",
        "participant_user_id",
        "bind_participant_uuid",
    ],
)
def test_is_secret_other_names_are_not(name: str) -> None:
    """Unknown fields stay, also such as resemble a secret's name."""
    assert reason_to_drop(name) is None


@pytest.mark.parametrize("held", [None, 5, ["https://zoom.example.com?page=a"], "https://zoom.example.com/rec/share/a"])
def test_redact_share_link_that_has_no_query_stays(held: object) -> None:
    """Whatever it is."""
    tree = {"share_url": held}
    assert redact(tree) == 0
    assert tree == {"share_url": held}


def test_redact_share_link_loses_its_query_which_may_hold_the_passcode() -> None:
    """Zoom takes the passcode there: https://zoom…/rec/share/…?pwd=…."""
    tree = {"payload": {"object": {"share_url": "https://zoom.example.com/rec/share/a?pwd=SECRET?x"}}}
    assert redact(tree) == 1
    assert tree == {"payload": {"object": {"share_url": "https://zoom.example.com/rec/share/a"}}}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("https://zoom.us/j/95?pwd=Zm9v", "https://zoom.us/j/95"),
        ("https://zoom.us/w/95?tk=a.b-c&pwd=d&uuid=WN_x#success", "https://zoom.us/w/95?uuid=WN_x#success"),
        ("agenda: zoom.us/j/95?from=mail&pwd=x, then lunch", "agenda: zoom.us/j/95?from=mail"),
        ("<a href='https://zoom.us/j/95?pwd=x'>join</a>", "<a href='https://zoom.us/j/95'>join</a>"),
        ("https://a.example/?next=https%3A%2F%2Fzoom.us%2Fj%2F95%3Fpwd%3Dx%26uid%3D1", None),
        ("https://a.example/?x=1&amp;access_token=y", "https://a.example/?x=1&amp"),
        ("https://a.example/#jwt=abc.def", "https://a.example/"),
        ("https://a.example/?page=2&q=tokyo", "https://a.example/?page=2&q=tokyo"),
        ("1 + 1 = 2 & more", "1 + 1 = 2 & more"),
        ("4444AAAiAAAAAiAiAiiAii==", "4444AAAiAAAAAiAiAiiAii=="),
    ],
)
def test_text_loses_the_secret_parameters_of_its_urls(text: str, left: str | None) -> None:
    """Whatever the field is called; a URL inside of another's parameter too."""
    found = without_secret_parameters(text)
    assert found.startswith(left) if left is not None else "pwd%3Dx" not in found
    tree: Any = {"agenda": text, "list": [text]}
    assert redact(tree) == (0 if found == text else 2)
    assert tree == {"agenda": found, "list": [found]}


@pytest.mark.parametrize(
    "opening", ["?", "&", "#", ";", "%3F", "%26", "%23", "\\u003f", "\\u0026", "\\u003b", "%\\u0033F"]
)
def test_json_that_may_hold_parameters_is_told_from_one_that_holds_none(opening: str) -> None:
    """The short way is taken of the latter alone, and drops the same fields."""
    body = b'{"a": "zoom.us/j/95%spwd=x", "list": [{"password": "y"}], "uuid": "4444AAAiAAAAAiAiAiiAii=="}'
    assert may_hold_parameters(body % opening.encode())
    assert redact(json.loads(body % opening.encode())) == 2
    plain = json.loads(body % b" ")
    assert not may_hold_parameters(body % b" ")
    assert redact(plain, with_urls=False) == 1
    assert plain == redacted(json.loads(body % b" "))


@pytest.mark.parametrize("piece", ["?", "&pwd=", "%3F", "?a", "=", "%", "?pwd=%26", "#", "a=%3", "?pwd=x"])
def test_parameters_are_found_in_linear_time(piece: str) -> None:
    """A signed body has up to 1 MiB."""
    text = piece * (262_144 // len(piece))
    began = time.process_time()
    without_secret_parameters(text)
    assert time.process_time() - began < 1


def test_events_that_are_read_are_those_that_the_rules_read() -> None:
    """An event that a rule begins to read has to keep its payload."""
    assert {*PARSED, *CHATS, RECORDED, DEAUTHORIZED} == READ


def test_payload_of_other_events_is_kept_where_the_operator_allows_it() -> None:
    """By name or by pattern."""
    assert keeps_payload("webinar.started", ())
    assert not keeps_payload("meeting.summary_completed", ("phone.*",))
    assert keeps_payload("meeting.summary_completed", ("meeting.summary_*",))


def test_frame_holds_nothing_that_people_said_or_are_called() -> None:
    """Not even in the place of an id."""
    event = example("meeting.summary_completed__plain")
    event["payload"]["object"] |= {"id": "maya@example.com", "uuid": "x" * 300, "type": {"a": "Maya"}, "topic": "Maya"}
    framed = json.dumps(frame_of(event))
    assert "maya" not in framed.lower()
    assert frame_of(event)["event"] == "meeting.summary_completed"
    assert frame_of([event]) == {}


def test_redacted_copy_leaves_the_original() -> None:
    """Answers of Zoom may be used by others."""
    row = {"settings": [{"password": "x"}], "share_url": "https://zoom.example.com/rec/share/a?pwd=x"}
    assert redacted(row) == {"settings": [{}], "share_url": "https://zoom.example.com/rec/share/a"}
    assert row["settings"] == [{"password": "x"}]
