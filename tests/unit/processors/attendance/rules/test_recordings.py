from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import orjson
import pytest

from processors.attendance.rules.recordings import (
    ChosenRecording,
    RecordingRow,
    chosen,
    merged,
    parse_recorded,
    ready_row,
    shareable,
)
from schemas.errors import DeadLetterError

EXAMPLE = Path(__file__).parents[5] / "schemas/examples/zoom.events.raw.v1/recording.completed__plain.json"
LINK = "https://zoom.example.com/rec/share/INVENTED"


def event(**changes: Any) -> dict[str, Any]:
    """The example with other fields of its object."""
    tree: dict[str, Any] = orjson.loads(EXAMPLE.read_bytes())
    tree["payload"]["object"] |= changes
    return tree


def test_recording_of_the_example_is_what_people_are_sent() -> None:
    """The numeric id as text, the minutes recorded, the time of the event in seconds."""
    recorded = parse_recorded(event(), 0)
    assert recorded is not None
    assert recorded._asdict() == {
        "account_id": "Qm7dTr2xR9-aLwK3vNzY5g",
        "object_id": "84215567031",
        "object_type": "meeting",
        "uuid": "pT9/Qw3sRzGm4yBhK1xVdA==",
        "share_url": LINK,
        "minutes": 62,
        "at": 1_786_548_115,
    }


@pytest.mark.parametrize("zoom_type", [5, 6, 9])
def test_recording_of_a_webinar_is_told_by_its_type(zoom_type: int) -> None:
    """The event's name is the same for both."""
    recorded = parse_recorded(event(type=zoom_type), 0)
    assert recorded is not None
    assert recorded.object_type == "webinar"


@pytest.mark.parametrize("link", [None, "", "http://zoom.example.com/a", "javascript:alert(1)", "https:///a", 7])
def test_recording_without_a_link_for_people_is_none(link: object) -> None:
    """One that is kept on the customer's own premises has none."""
    assert parse_recorded(event(share_url=link), 0) is None


@pytest.mark.parametrize("changes", [{"uuid": ""}, {"id": None}, {"duration": "long"}, {"uuid": []}])
def test_recording_that_cannot_be_read_is_a_dead_letter(changes: dict[str, Any]) -> None:
    """Nobody is told of what is not understood."""
    with pytest.raises(DeadLetterError, match=r"recording\.completed"):
        parse_recorded(event(**changes), 0)


@pytest.mark.parametrize("tree", [{}, {"payload": None}, {"payload": {"object": 5}}])
def test_recording_without_an_object_is_a_dead_letter(tree: dict[str, Any]) -> None:
    """However it is broken."""
    with pytest.raises(DeadLetterError):
        parse_recorded(tree, 0)


def test_link_is_shared_without_query_and_never_with_a_login() -> None:
    """The query may hold the passcode."""
    assert shareable(f"{LINK}?pwd=SECRET#t=5") == LINK
    assert shareable("https://user:secret@zoom.example.com/rec/share/a") is None


def test_answer_of_zoom_counts_once_every_file_is_ready() -> None:
    """Until then the webhook is waited for."""
    files = [
        {"recording_end": "2026-08-12T15:02:39Z", "status": "completed"},
        {"recording_end": "2026-08-12T15:10:00Z"},
    ]
    row = {"share_url": f"{LINK}?pwd=SECRET", "duration": 62, "recording_files": files}
    assert ready_row(row) == (LINK, 62, 1_786_547_400)
    assert ready_row({**row, "recording_files": [*files, {"status": "processing"}]}) is None
    assert ready_row({**row, "recording_files": []}) is None
    assert ready_row({**row, "share_url": ""}) is None
    assert ready_row({**row, "recording_files": "none"}) is None


def test_recordings_told_in_any_order_leave_the_same_row() -> None:
    """The newest stands; what is no back-fill once is none."""
    told = [
        RecordingRow(5, "https://a", 10, "backfill", 900),
        RecordingRow(7, "https://b", 9, "backfill", 700),
        RecordingRow(6, "https://c", 60, "live", 800),
    ]
    ends = set()
    for order in permutations(told):
        row = None
        for recording in order:
            row = merged(row, recording)
        ends.add(row)
    assert ends == {RecordingRow(7, "https://b", 9, "live", 700)}


def test_recording_chosen_of_several_runs_is_the_longest() -> None:
    """A restarted session has one of each part; people are told how many there are."""
    rows = [RecordingRow(9, "https://a", 10, "live", 0), RecordingRow(5, "https://b", 50, "live", 0)]
    assert chosen(rows) == ChosenRecording(5, "https://b", 50, 2, "live")
    assert chosen([]) is None


def test_row_survives_the_table() -> None:
    """Bytes and back."""
    row = RecordingRow(9, LINK, 10, "replay", 1_800_000_000_000)
    assert RecordingRow.from_bytes(row.to_bytes()) == row
