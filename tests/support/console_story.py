"""What a console under test has to show, and where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from console.views.links import session_word
from readmodel.keys import session_key
from tests.support.read_model import ACCOUNT, Storyteller, Told, person, session_uuid

PEOPLE = 210
SESSION = f"/sessions/{session_word(session_key(ACCOUNT, session_uuid(1)))}"
CONTACT = f"/contacts/{person(0).contact_id}"
OPERATORS_ONLY = ("/deliveries", "/dead-letters", "/doubts", "/acts", "/setup")
PAGES = ("/", "/sessions", "/sessions?state=final&q=Web", SESSION, f"{SESSION}?show=left_early&order=score", CONTACT,
         "/scores", "/scores?model=2&to=hot", "/status", *OPERATORS_ONLY, "/deliveries?quarantined=1",
         "/dead-letters?state=open")  # fmt: skip


def story() -> list[Told]:
    """A webinar with people, one of whom Brevo refuses, and what operators look at."""
    tell = Storyteller()
    told = [tell.session(1), tell.session(2, topic="Breakfast <b>talk</b>")]
    for number in range(PEOPLE):
        who = person(number)
        told += [tell.result(who, 1, 1, attended_seconds=number * 10), tell.upsert(who, 1)]
    told += [tell.candidates(person(0), 61, **{"2": 75}), tell.candidates(person(1), 80, **{"2": 39})]
    told += [tell.score(person(0), [1], 2, 61), tell.registration(person(0), 1), tell.answer(person(1), 1)]
    refused = tell.answer(person(0), 1, outcome="rejected", http_status=400, detail="the list is gone")
    doubt = tell.answer(person(2), 1, outcome="in_doubt")
    lately = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    return [*told, refused, doubt, tell.delivery(1), tell.delivery(2, quarantine_reason="stale"), tell.dead_letter(1),
            tell.worker("worker-1", at=lately), tell.setup()]  # fmt: skip
