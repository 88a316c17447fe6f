"""Sentences of docs/reference/attendance.md that none of its examples shows: each decides for somebody here."""

from __future__ import annotations

import pytest

from tests.support.worked_outcomes import outcome

SENTENCES = {
    "E is the largest end that was told": """
        meeting
        run A 10:00-11:00
        run A 10:00-10:50
        ana in A 10:00-11:00
        => session 10:00-11:00
        => ana attended 60 min""",
    "a phone may be bound by the number of who it is of": """
        meeting
        run A 10:00-11:00
        ana in A 10:00-10:30 pc
        - in A 10:30-11:00 phone
        bound - phone to ana pc in A by number
        => ana attended 60 min
        => anonymous 0""",
    "a phone that is bound to nobody's uuid is bound by the number": """
        meeting
        run A 10:00-11:00
        ana in A 10:00-10:30 pc
        - in A 10:30-11:00 phone
        bound - phone to ana pc in A by both
        => ana attended 60 min
        => anonymous 0""",
    "a phone that shows who it is of keeps that, whatever it is bound to": """
        meeting
        run A 10:00-11:00
        bo in A 10:00-10:30 pc
        ana in A 10:30-11:00 phone
        bound ana phone to bo pc in A
        => bo left_early 30 min
        => ana attended 30 min""",
    "an own user is one by the id as well, whatever address is shown": """
        meeting
        colleague tom
        run A 10:00-11:00
        ana in A 10:00-11:00
        private in A 10:00-11:00 (participant_user_id tom)
        => private nothing
        => excluded 1""",
    "an own user or a panelist is one by the e-mail shown as well, whatever address is registered": """
        webinar 10:00 60 min
        colleague tom
        panelist pia
        registered ana
        registered bo
        run A 10:00-11:00
        tom in A 10:00-11:00 (registrant_id Rana)
        pia in A 10:00-11:00 (registrant_id Rbo)
        => ana nothing
        => bo nothing
        => excluded 2""",
    "who was made a panelist is one under the address of the report's row, too": """
        webinar 10:00 60 min
        registered ana
        run A 10:00-11:00
        bo in A 10:00-11:00
        private in A 10:00-11:00 pc
        promoted private pc in A
        report A: bo 10:00-11:00, ana 10:00-11:00 of private pc
        => private nothing
        => ana nothing
        => excluded 2""",
    "who is left out by one connection is no audience of any run": """
        webinar 10:00 60 min
        colleague tom
        run A 10:00-11:00
        ana in A 10:00-11:00
        private in A 10:00-11:00 (participant_user_id tom)
        run B 13:00-14:00
        private in B 13:00-14:00
        => session 10:00-11:00
        => rehearsals 1
        => excluded 1""",
    "a recording of a link that was opened again is none of the session": """
        webinar 10:00 60 min
        run A 10:00-11:00
        ana in A 10:00-11:00
        recording A at 11:10
        run Again 13:00-13:01
        bo in Again 13:00-13:01
        recording Again at 13:10
        => ana is told zoom_recording_ready with parts 1""",
    "rows of the waiting room are no presence": """
        meeting
        run A 10:00-11:00
        ana in A 10:00-11:00
        report A: ana 10:00-11:00, bo 10:00-11:00 waiting
        => ana attended 60 min
        => bo nothing""",
    "a practice session is no run": """
        webinar 10:00 60 min
        run A 10:00-11:00
        ana in A 10:00-11:00
        run P 11:20-11:40 practice
        bo in P 11:20-11:40
        => session 10:00-11:00
        => bo nothing""",
    "nothing is final while the report of a rehearsal may still come": """
        webinar 10:00 60 min
        setting sessions.report_checks [5m, 15m, 1h]
        registered bo
        run Try -1d 16:00-16:10
        host in Try -1d 16:00-16:10
        run A 10:00-11:00
        ana in A 10:00-11:00
        report A: ana 10:00-11:00
        => bo no_show
        => bo judged 12:00:02""",
    "who registers while it lasts longer is told that they are registered": """
        webinar 10:00 60 min
        run A 10:00-11:30
        ana in A 10:00-11:30
        registered bo at 11:10
        registered cy at 11:40
        => session 10:00-11:30
        => bo is told zoom_webinar_registered
        => cy is not told zoom_webinar_registered""",
    "whom a report leaves out is counted unless a rule leaves them out too": """
        webinar 10:00 60 min
        run A 10:00-11:00
        host in A 10:00-11:00
        ana in A 10:00-11:00
        bo in A 10:00-11:00
        report A: ana 10:00-11:00
        => only_webhooks 1
        => excluded 1""",
    "of a webinar without dates to which nobody came nobody stayed away": """
        webinar 10:00 60 min
        of type 6
        registered bo
        run A 10:00-11:00
        host in A 10:00-11:00
        => bo nothing""",
    "of a webinar without dates to which somebody came the others stayed away": """
        webinar 10:00 60 min
        of type 6
        registered bo
        run A 10:00-11:00
        ana in A 10:00-11:00
        => bo no_show""",
    "doors that were opened early are no matter where nobody came": """
        webinar 10:00 60 min
        registered bo
        run A 09:30-11:00
        host in A 09:30-11:00
        => session 09:30-11:00
        => bo no_show""",
    "a run at no date's time is nothing to register for": """
        webinar 10:00 60 min
        registered bo
        run A +3d 10:00-11:00
        ana in A +3d 10:00-11:00
        => ana attended
        => bo nothing
        => registered 0""",
    "an anonymous Zoom user on two devices is one": """
        meeting
        run A 10:00-11:00
        - in A 10:00-10:30 pc (participant_user_id stranger)
        - in A 10:20-11:00 phone (participant_user_id stranger)
        => anonymous 1""",
    "who is listed for every date stayed away from each": """
        series 10:00 60 min: one, two +4h
        registered bo by list
        registered cy for two by list
        run A 10:00-11:00
        ana in A 10:00-11:00
        run B 14:00-15:00
        ana in B 14:00-15:00
        => bo shows no_shows 2
        => cy shows no_shows 1""",
    "who was in a session of the date that was held before is missed in none, wherever the date has been moved": """
        webinar 10:00 60 min
        registered ana
        told at 09:00: 13:30
        run A 20:00-21:00
        ana in A 20:00-21:00
        told at +1d 10:00: 10:00
        run B +1d 11:40-12:40
        bo in B +1d 11:40-12:40
        => 2 sessions
        => ana shows no_shows 0""",
    "what is held beside dates that are all deleted is nobody's to miss": """
        series 10:00 60 min: one
        registered ana
        registered bo for one
        run A 10:00-11:00
        ana in A 10:00-11:00
        bo in A 10:00-11:00
        deleted one at 12:00
        run B +3d 10:00-11:00
        cy in B +3d 10:00-11:00
        => 2 sessions
        => ana shows no_shows 0
        => bo shows no_shows 0""",
    "the time zone is that of webhooks where Zoom does not answer with one": """
        meeting
        time zone America/Los_Angeles in webhooks
        run A 06:00-07:00
        ana in A 06:00-07:00
        => ana shows join_time 2026-08-18""",
}


@pytest.mark.parametrize("text", SENTENCES.values(), ids=list(SENTENCES))
def test_sentence_of_the_rules_decides(text: str) -> None:
    """What stands behind `=>`."""
    said, so = outcome(text.strip())
    assert said
    assert so == said
