"""Links to recordings through the sink to a strict Brevo: to whom they go, and that nobody gets one twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from processors.engine.memory import CrashPoint
from processors.engine.view import Output
from sandbox.brevo.faults import BrevoFault
from sandbox.brevo.server import RunningBrevo, serving
from sandbox.brevo.snapshot import snapshot
from sandbox.brevo.store import Options
from schemas.brevo import OnceCommand, SendRecording, TrackEvent
from schemas.brevo_feedback import BrevoFeedback
from schemas.codec import contact_id
from schemas.topics import BREVO_EVENTS
from tests.support.brevo_commands import MAYA, OCCURRED_AT, event, upsert
from tests.support.sink import API_KEY, Sink

NAME = "zoom_recording_ready"
PROPERTIES = {"session_uuid": "s1", "share_url": "https://zoom.example.com/rec/share/INVENTED", "minutes": 62}
KEYS = (f"{NAME}|s1", f"{NAME}|s2")


def mail(keys: tuple[str, ...] = KEYS, **changes: Any) -> SendRecording:
    """The mail of one session's recording."""
    told = event(keys, name=NAME, properties=PROPERTIES).model_dump(exclude={"kind"})
    return SendRecording.model_validate({**told, "template_id": 41, **changes})


def told(keys: tuple[str, ...] = KEYS) -> TrackEvent:
    """The event of the same recording."""
    return event(keys, name=NAME, properties=PROPERTIES)


WAYS = [mail(), told()]
BOTH = pytest.mark.parametrize("command", WAYS, ids=["mail", "event"])


@dataclass
class Bench:
    """A sink beside the sandbox's Brevo."""

    sink: Sink
    brevo: RunningBrevo

    def start(self, **settings: Any) -> None:
        """A worker that writes fast."""
        self.sink.start(mails_per_second=1_000, **settings)

    async def known(self, command: OnceCommand, **settings: Any) -> None:
        """A worker that has written the contact, and then gets the command."""
        self.start(**settings)
        self.sink.send(upsert(attributes={}, lists=()))
        await self.sink.settled()
        self.sink.send(command)

    @property
    def sent(self) -> int:
        """Events and mails that Brevo has taken."""
        store = self.brevo.state.store
        return len(store.events.received) + len(store.mails.sent)

    def fault(self, kind: str, prefix: str, **more: Any) -> None:
        """Switch one on."""
        self.brevo.state.faults.add(BrevoFault.model_validate({"kind": kind, "path_prefix": prefix, **more}))


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """Without limits that would matter here."""
    async with serving(Options(api_key=API_KEY, limit_factor=1_000)) as brevo:
        sink = Sink(brevo.url, 1)
        try:
            yield Bench(sink, brevo)
            assert brevo.state.calls.refused == [], "a call that Brevo does not know"
        finally:
            await sink.close()


async def test_mail_has_the_template_its_values_and_the_one_recipient(bench: Bench) -> None:
    """And nothing else."""
    await bench.known(mail())
    await bench.sink.settled()
    (sent,) = snapshot(bench.brevo.state)["mails"]
    assert (sent["to"], sent["templateId"], sent["params"]) == ([MAYA], 41, PROPERTIES)
    assert bench.sink.outcomes()[-2:] == ["intended", "acknowledged"]
    assert set(bench.sink.states().values()) == {"acknowledged"}


@BOTH
async def test_repeat_by_either_way_is_not_sent(bench: Bench, command: OnceCommand) -> None:
    """Nor after a restart, nor for another instance of the session, nor by the other way."""
    await bench.known(command)
    await bench.sink.settled()
    bench.sink.send(*WAYS, mail(KEYS[1:]), told((KEYS[1], "s3")))
    await bench.sink.engine.crash()
    bench.start()
    bench.sink.send(*WAYS)
    await bench.sink.settled()
    assert bench.sent == 1


@BOTH
async def test_unsubscribed_contact_gets_none_even_if_no_webhook_told(bench: Bench, command: OnceCommand) -> None:
    """`POST /smtp/email` itself would reach it."""
    bench.start()
    bench.sink.send(upsert(attributes={}, lists=()))
    await bench.sink.settled()
    contact = bench.brevo.state.store.contacts.find(MAYA, "email_id")
    assert contact is not None
    contact.email_blacklisted = True
    bench.sink.send(command)
    await bench.sink.settled()
    assert bench.sent == 0
    assert bench.sink.results()[-1].detail == "the contact is unsubscribed"
    contact.email_blacklisted = False
    bench.sink.send(*WAYS)
    await bench.sink.settled()
    assert bench.sent == 0


@BOTH
async def test_deleted_contact_gets_none_and_is_not_created_again(bench: Bench, command: OnceCommand) -> None:
    """It was there before."""
    bench.start()
    bench.sink.send(upsert(attributes={}, lists=()))
    await bench.sink.settled()
    bench.brevo.state.reset()
    bench.sink.send(command)
    await bench.sink.settled()
    bench.sink.send(upsert(2, attributes={}, lists=()))
    await bench.sink.settled()
    assert bench.sent == 0
    assert snapshot(bench.brevo.state)["contacts"] == []


@BOTH
async def test_contact_that_unsubscribes_while_it_waits_gets_none(bench: Bench, command: OnceCommand) -> None:
    """Told by Brevo's webhook before the worker got to it."""
    bench.sink.send(command)
    feedback = BrevoFeedback(
        kind="unsubscribed", contact_id=contact_id(MAYA), source="marketing", occurred_at=OCCURRED_AT
    )
    bench.sink.engine.send(BREVO_EVENTS.name, feedback.contact_id, feedback.to_bytes())
    bench.sink.send(upsert(attributes={}, lists=()))
    bench.start()
    await bench.sink.settled()
    assert bench.sent == 0


async def test_trial_is_accepted_by_brevo_and_dropped(bench: Bench) -> None:
    """And counts as told: the switch back mails nobody afterwards."""
    await bench.known(mail(), recordings={"by": "template", "template": 41, "trial": True})
    await bench.sink.settled()
    assert "acknowledged" in bench.sink.states().values()
    await bench.sink.engine.crash()
    bench.start()
    bench.sink.send(mail())
    await bench.sink.settled()
    assert bench.sent == 0


@BOTH
@pytest.mark.parametrize("phase", ["lost", "published", "applied"])
@pytest.mark.parametrize("number", [2, 3])
async def test_kill_at_the_intent_or_the_outcome_sends_nothing_twice(
    bench: Bench, command: OnceCommand, number: int, phase: CrashPoint
) -> None:
    """Sent at most once; what was not surely sent is in doubt, or done by the next worker."""

    def plan(count: int, _: Sequence[Output]) -> CrashPoint | None:
        return phase if count == number else None

    bench.sink.engine.crash_plan = plan
    await bench.known(command)
    await bench.sink.engine.crashed.wait()
    bench.sink.engine.crash_plan = None
    await bench.sink.engine.crash()
    bench.start()
    bench.sink.send(*WAYS)
    await bench.sink.settled()
    assert bench.sent <= 1
    if bench.sent == 0:
        assert "in_doubt" in bench.sink.states().values()


async def test_kill_after_the_call_with_resend_uses_the_same_key_and_mails_once(bench: Bench) -> None:
    """Brevo refuses the repeat, which says that it has the mail: no doubt is left."""

    def plan(count: int, _: Sequence[Output]) -> CrashPoint | None:
        return "lost" if count == 3 else None

    bench.sink.engine.crash_plan = plan
    await bench.known(mail(), in_doubt="resend")
    await bench.sink.engine.crashed.wait()
    bench.sink.engine.crash_plan = None
    await bench.sink.engine.crash()
    assert bench.sent == 1
    bench.start(in_doubt="resend")
    await bench.sink.settled()
    assert bench.sent == 1
    assert "acknowledged" in bench.sink.states().values()


@pytest.mark.parametrize(("policy", "state"), [("hold", "in_doubt"), ("resend", "acknowledged")])
async def test_lost_answer_to_a_mail_is_a_matter_of_policy_and_never_two_mails(
    bench: Bench, policy: str, state: str
) -> None:
    """`resend` is safe within the life of the idempotency key."""
    bench.fault("reset_after", "/v3/smtp", count=1)
    await bench.known(mail(), in_doubt=policy)
    await bench.sink.settled()
    assert bench.sent == 1
    assert state in bench.sink.states().values()


async def test_mails_of_a_template_that_brevo_does_not_know_wait_for_it(bench: Bench) -> None:
    """Nobody is given up: somebody deactivated it, or a wrong id was given."""
    store = bench.brevo.state.store
    store.mails.templates = frozenset()
    await bench.known(mail())
    await bench.sink.engine.until(lambda: bench.brevo.state.calls.families["mails"] >= 2)
    assert "rejected" not in bench.sink.states().values()
    store.mails.templates = frozenset({41})
    await bench.sink.settled()
    assert bench.sent == 1


async def test_mails_without_credit_wait_and_hold_up_nothing_else(bench: Bench) -> None:
    """The account's credit for mails is none for events and contacts."""
    bench.fault("402", "/v3/smtp")
    await bench.known(mail())
    bench.sink.send(upsert(email="noor.haddad@example.com", attributes={}, lists=()))
    bench.sink.send(event(email="noor.haddad@example.com"))
    await bench.sink.engine.until(lambda: len(bench.brevo.state.store.events.received) == 1)
    assert bench.brevo.state.store.mails.sent == []
    bench.brevo.state.faults.clear()
    await bench.sink.settled()
    assert len(bench.brevo.state.store.mails.sent) == 1
