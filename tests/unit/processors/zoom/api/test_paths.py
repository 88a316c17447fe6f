"""Ids and UUIDs in Zoom's paths."""

from __future__ import annotations

import pytest

from processors.zoom.api import requests

UUID_SEGMENTS = {
    "pT9/Qw3sRzGm4yBhK1xVdA==": "pT9%2FQw3sRzGm4yBhK1xVdA%3D%3D",
    "/H7cZq0bS1uWm//5rXeTkQ==": "%252FH7cZq0bS1uWm%252F%252F5rXeTkQ%253D%253D",
    "abc+DEF//ghiJKLmnoPQRsw==": "abc%252BDEF%252F%252FghiJKLmnoPQRsw%253D%253D",
    "plainUuidNoSlash00AAAA==": "plainUuidNoSlash00AAAA%3D%3D",
}


@pytest.mark.parametrize(("uuid", "segment"), UUID_SEGMENTS.items())
def test_past_meeting_of_a_uuid_is_encoded_as_zoom_wants_it(uuid: str, segment: str) -> None:
    """A UUID that begins with a slash or holds two in a row is encoded twice, any other once."""
    assert requests.past_meeting(uuid).path == f"/past_meetings/{segment}"


def test_paths_of_an_id_hold_it_as_it_is() -> None:
    """Plain ids need no encoding."""
    assert requests.details("webinar", "93577204816").path == "/webinars/93577204816"
    assert requests.registrants("meeting", "84215567031", "approved").path == "/meetings/84215567031/registrants"
    assert requests.panelists("93577204816").path == "/webinars/93577204816/panelists"


def test_details_of_an_id_with_a_path_in_it_stay_one_segment() -> None:
    """Whatever an id holds, it cannot lead to another endpoint."""
    assert requests.details("meeting", "1/../../users?x=").path == "/meetings/1%2F..%2F..%2Fusers%3Fx%3D"
