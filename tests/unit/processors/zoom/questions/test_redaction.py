from __future__ import annotations

from sandbox.simulator import simulate_webinar
from sandbox.simulator.recordings import recording_row
from schemas.redaction import redacted

WORLD = simulate_webinar(1, 7, starts_at=1_787_155_200, recorded=True)


def test_recording_keeps_its_share_link_and_nothing_that_opens_or_loads_it() -> None:
    """No passcode, not in the link's query either, no links to play or download."""
    row = redacted({**recording_row(WORLD.event, 0), "password": "SECRET", "download_access_token": "SECRET"})
    assert row["share_url"].startswith("https://zoom.example.com/rec/share/")
    assert "?" not in row["share_url"]
    assert not {"password", "download_access_token"} & set(row)
    (file,) = row["recording_files"]
    assert not [name for name in file if name.endswith("url")]
    assert {"recording_end", "status"} <= set(file)


def test_share_link_that_is_no_text_is_searched_like_anything_else() -> None:
    """Zoom adds and changes fields without notice."""
    assert redacted({"share_url": {"password": "SECRET", "a": 1}}) == {"share_url": {"a": 1}}
