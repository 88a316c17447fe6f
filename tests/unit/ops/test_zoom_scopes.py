"""`rollcall zoom scopes`: what to tick in Zoom's Marketplace."""

from __future__ import annotations

from pathlib import Path

from ops.zoom.scopes import COMMANDS, in_words, needs_of
from processors.zoom.features import FEATURES

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "zoom.md"


def test_page_has_the_scopes_and_events_of_every_feature_to_copy() -> None:
    """As `rollcall zoom scopes --all` prints them."""
    lines = "\n".join(in_words([*map(needs_of, FEATURES), *COMMANDS]))
    assert f"```text\n{lines}\n```" in PAGE.read_text()


def test_feature_names_scopes_of_its_endpoints_and_of_its_events_once() -> None:
    """The granular form with `:admin`, which an app of the account needs."""
    webinars = needs_of(next(feature for feature in FEATURES if feature.name == "sync.recordings"))
    assert webinars.scopes == (
        "cloud_recording:read:list_recording_files:admin",
        "cloud_recording:read:recording:admin",
    )
    assert webinars.events == ("recording.completed",)
    for feature in FEATURES:
        assert len(set(needs_of(feature).scopes)) == len(needs_of(feature).scopes)
