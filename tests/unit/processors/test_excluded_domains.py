"""`filters.exclude_domains` through both agents that read it: what one takes back, the other has to let through."""

from __future__ import annotations

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.simulator.simulation import simulate_webinar
from tests.support.tracking import Pipeline, configuration

WORLD = simulate_webinar(12, 7, frozenset(), starts_at=1_786_543_200)
BODIES = [delivery.body for delivery in WORLD.deliveries]
DOMAIN = "example.net"
ATTENDANCE_LISTS = {15, 16, 18}
"""Participants, attendees and no-shows of `tests.support.tracking.configuration`."""


@st.composite
def spellings(draw: st.DrawFn) -> str:
    """The domain as somebody may write it into the file."""
    letters = "".join(draw(st.sampled_from((letter, letter.upper()))) for letter in DOMAIN)
    before, behind = draw(st.sampled_from(("", " ", "@", " @"))), draw(st.sampled_from(("", " ", ".")))
    return f"{before}{letters}{behind}"


def leaves_again() -> bytes:
    """News about somebody of the domain, so that the session is computed anew."""
    late = orjson.loads(next(body for body in BODIES if b'"webinar.participant_left"' in body))
    late["payload"]["object"]["participant"]["leave_time"] = "2026-08-12T15:00:00Z"
    return orjson.dumps(late)


@settings(max_examples=12, deadline=None)
@given(spellings())
def test_domain_excluded_later_takes_everybody_of_it_off_the_lists_in_any_spelling(spelling: str) -> None:
    """The agent of the results retracts them, and the agent of the scores passes that on to Brevo."""
    pipeline = Pipeline(configuration(sessions={"report_checks": []}), WORLD.zoom)
    pipeline.feed(BODIES)
    pipeline.settle()
    excluded = {email for email in pipeline.upserts if email.endswith(f"@{DOMAIN}")}
    others = {email: command for email, command in pipeline.upserts.items() if email not in excluded}
    assert any(pipeline.upserts[email].lists for email in excluded)

    pipeline.settings = configuration(sessions={"report_checks": []}, filters={"exclude_domains": [spelling]})
    pipeline.restart()
    pipeline.feed([leaves_again()])
    pipeline.settle(1)

    for email in excluded:
        assert not ATTENDANCE_LISTS & set(pipeline.upserts[email].lists), email
    assert all(pipeline.upserts[email].reason == "retraction" for email in excluded)
    assert {email: command for email, command in pipeline.upserts.items() if email in others} == others
