"""What people are told of accounts that are not answered, and when it is over."""

from __future__ import annotations

import pytest

from processors.zoom.questions.troubles import Troubles
from runtime.outcome import NoAnswer, Outcome

REFUSED = NoAnswer(Outcome.PARK, "Zoom refuses a token: check client_secret")
FOREIGN = NoAnswer(Outcome.FOREIGN, "HTTP 404, and not from Zoom")
NO_REPORTS = NoAnswer(Outcome.STOP, "200: Only available for Paid account.")


@pytest.mark.parametrize("trouble", [REFUSED, FOREIGN])
@pytest.mark.parametrize("spoke", [Outcome.DONE, NoAnswer(Outcome.MISSING, ""), NoAnswer(Outcome.STOP, "")])
def test_account_that_lets_nobody_in_is_told_once_until_zoom_speaks(
    trouble: NoAnswer, spoke: Outcome | NoAnswer
) -> None:
    """One line, however many questions meet it; any word of Zoom's own ends it."""
    troubles = Troubles()
    assert troubles.note("acc", "session", trouble) == f"zoom account acc: {trouble.says}"
    assert troubles.note("acc", "report", trouble) is None
    assert troubles.reasons == (f"zoom account acc: {trouble.says}",)
    troubles.note("acc", "users", spoke)
    assert f"zoom account acc: {trouble.says}" not in troubles.reasons


def test_permission_that_is_missing_is_told_until_its_question_is_answered() -> None:
    """A plan without reports: other answers do not mend it."""
    troubles = Troubles()
    assert (
        troubles.note("acc", "report", NO_REPORTS) == "zoom account acc: report: 200: Only available for Paid account."
    )
    troubles.note("acc", "session", Outcome.DONE)
    assert troubles.count("acc") == 1
    troubles.note("acc", "report", Outcome.DONE)
    assert troubles.reasons == ()


def test_trouble_that_begins_anew_is_told_anew() -> None:
    """It ended in between."""
    troubles = Troubles()
    for _ in range(2):
        assert troubles.note("acc", "session", FOREIGN) is not None
        troubles.note("acc", "session", Outcome.DONE)


@pytest.mark.parametrize(
    "came", [NoAnswer(Outcome.RETRY, "HTTP 503"), NoAnswer(Outcome.PAUSE, "limit", 2), NoAnswer(Outcome.REJECT, "1010")]
)
def test_what_passes_by_itself_or_concerns_one_question_is_no_trouble(came: NoAnswer) -> None:
    """Nobody has to act."""
    troubles = Troubles()
    assert troubles.note("acc", "session", came) is None
    assert troubles.reasons == ()


def test_day_that_is_used_up_is_told() -> None:
    """Hours without an answer are worth a word."""
    troubles = Troubles()
    assert troubles.note("acc", "report", NoAnswer(Outcome.PAUSE, "the day's calls are used up", 3_600.0)) is not None


def test_scopes_that_the_token_lacks_are_told_with_what_needs_them() -> None:
    """And its features; each account has its own."""
    troubles = Troubles()
    assert troubles.note_scopes("acc", {}) is None
    told = troubles.note_scopes("acc", {"report:read:admin": "sessions.report_checks"})
    assert told is not None
    assert "report:read:admin (sessions.report_checks)" in told
    assert (troubles.count("acc"), troubles.count("other")) == (1, 0)
    troubles.note_scopes("acc", {})
    assert troubles.reasons == ()
