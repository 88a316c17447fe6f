from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingress.redaction import is_secret, redact, redact_text
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
    assert [sorted(each) for each in subject["recording_files"]][2] == [
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
    """Address, answers and tracking source stay; phone, personal link and pin code go."""
    event = example("meeting.registration_created__plain")
    before = dict(event["payload"]["object"]["registrant"])
    redact(event)
    gone = set(before) - set(event["payload"]["object"]["registrant"])
    assert gone == {"phone", "join_url", "participant_pin_code"}
    webinar = example("webinar.registration_created__registrant")
    tracking = dict(webinar["payload"]["object"]["registrant"]["tracking_source"])
    redact(webinar)
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
    ],
)
def test_is_secret_variants_of_known_names_are(name: str) -> None:
    """Zoom adds fields without notice: the patterns cover the families."""
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "share_url",
        "tracking_url",
        "summary_doc_url",
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
        "tokens_used",
        "telephone_survey",
        "registration_url",
        "source_name",
    ],
)
def test_is_secret_other_names_are_not(name: str) -> None:
    """Unknown fields stay, also such as resemble a secret's name."""
    assert not is_secret(name)


@pytest.mark.parametrize("held", [None, 5, ["https://zoom.example.com?pwd=a"], "https://zoom.example.com/rec/share/a"])
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


def test_redact_text_broken_json_hides_what_it_shows() -> None:
    """A body that cannot be parsed is searched as text."""
    body = b'{"download_token":"a.b\\"c","keep":"me","password" : 123, "public_ip":"203.0.113.24'
    assert redact_text(body) == b'{"keep":"me", '
    link = b'{"share_url" : "https:\\/\\/zoom.example.com\\/rec\\/share\\/a?pwd=x\\"y", "topic": "b?c"'
    assert redact_text(link) == b'{"share_url" : "https:\\/\\/zoom.example.com\\/rec\\/share\\/a", "topic": "b?c"'
    assert redact_text(b"not json") == b"not json"
