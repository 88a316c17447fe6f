"""Campaigns through the sink to a strict Brevo: one for each session, whatever dies or is lost in between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import pytest

from processors.brevo.decisions.campaigns import campaign_body, campaign_name
from processors.engine.memory import CrashPoint
from processors.engine.view import Output
from runtime.brevo_models import Campaign
from sandbox.brevo.campaign_bodies import NewCampaign
from sandbox.brevo.faults import BrevoFault
from sandbox.brevo.server import RunningBrevo, serving
from sandbox.brevo.snapshot import snapshot
from sandbox.brevo.store import Options
from sandbox.brevo.validation import parse
from schemas.brevo import CommandResult, SendCampaign
from tests.support.brevo_commands import MAYA, OCCURRED_AT, upsert
from tests.support.sink import API_KEY, FINISHED, Sink

LINK = "https://zoom.example.com/rec/share/INVENTED"
PROPERTIES = {"session_uuid": "s1", "object_id": "952", "topic": "Roadmap", "share_url": LINK, "minutes": 62}
CAMPAIGN: dict[str, Any] = {
    "lists": [16],
    "exclude_lists": [18],
    "subject": "The recording",
    "template": 41,
    "sender": {"id": 3},
    "after_minutes": 0,
}
RECORDINGS = {"by": "campaign", "campaign": CAMPAIGN}
SEND_NOW = "/v3/emailCampaigns/1/sendNow"


def command(**changes: Any) -> SendCampaign:
    """The campaign of one session."""
    return SendCampaign.model_validate(
        {
            "command_id": "c1",
            "contact_id": "session-952",
            "email": "",
            "revision": 1,
            "session": "s1",
            "reason": "recording",
            "occurred_at": OCCURRED_AT,
            "event_date": OCCURRED_AT,
            "once_keys": ("session_recording|s1", "session_recording|s/2"),
            "properties": PROPERTIES,
            **changes,
        }
    )


@dataclass
class Bench:
    """A sink beside the sandbox's Brevo."""

    sink: Sink
    brevo: RunningBrevo

    def start(self, **settings: Any) -> None:
        """A worker without a limit that would matter here."""
        self.sink.start(**{"account_calls_per_hour": 1_000_000, "recordings": RECORDINGS, **settings})

    def send(self, *commands: SendCampaign) -> None:
        """As the rule does: with bulk priority."""
        self.sink.send(*commands, bulk=True)

    def fault(self, kind: str, prefix: str, **more: Any) -> None:
        """Switch one on."""
        self.brevo.state.faults.add(BrevoFault.model_validate({"kind": kind, "path_prefix": prefix, **more}))

    @property
    def campaigns(self) -> list[tuple[str, list[str]]]:
        """(status, addresses that were mailed) of all, in order."""
        return [(campaign["status"], campaign["mailed"]) for campaign in snapshot(self.brevo.state)["campaigns"]]

    @property
    def last(self) -> CommandResult:
        """The result that was posted last."""
        return self.sink.results()[-1]


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """Maya is on the list."""
    options = Options(api_key=API_KEY, limit_factor=100_000, lists={16: "Attendees", 18: "Staff"})
    async with serving(options) as brevo:
        sink = Sink(brevo.url, 1)
        try:
            one = Bench(sink, brevo)
            one.start()
            sink.send(upsert(attributes={}, lists=(16,)))
            await sink.settled()
            yield one
            assert brevo.state.calls.refused == [], "a call that Brevo does not know"
        finally:
            await sink.close()


SENT = [("sent", [MAYA])]


async def test_campaign_is_made_and_sent_with_the_link(bench: Bench) -> None:
    """The intent names it, so that whoever comes later can ask for its status."""
    bench.send(command())
    await bench.sink.settled()
    (made,) = snapshot(bench.brevo.state)["campaigns"]
    assert (made["name"], made["params"], made["tag"]) == ("Zoom recording s1 Roadmap", PROPERTIES, "zoom-recording")
    assert made["recipients"] == {"lists": [16], "exclusionLists": [18]}
    assert bench.campaigns == SENT
    posted = [(result.outcome, result.campaign_id) for result in bench.sink.results()[-2:]]
    assert posted == [("intended", 1), ("acknowledged", 1)]


async def test_repeats_send_no_second_campaign(bench: Bench) -> None:
    """Nor after a restart, nor when the session turns out to have another instance."""
    bench.send(command())
    await bench.sink.settled()
    await bench.sink.engine.crash()
    bench.start()
    bench.send(
        command(), command(command_id="c2", session="s0", once_keys=("session_recording|s0", "session_recording|s1"))
    )
    await bench.sink.settled()
    assert bench.campaigns == SENT


async def test_campaign_of_a_backfill_is_not_made(bench: Bench) -> None:
    """Half a year of sessions would mail half a year of people."""
    bench.send(command(origin="backfill"))
    await bench.sink.settled()
    assert (bench.campaigns, bench.last.outcome) == ([], "suppressed")


async def test_unsubscribed_people_are_left_out_by_brevo(bench: Bench) -> None:
    """That is what campaigns are for."""
    contact = bench.brevo.state.store.contacts.find(MAYA, "email_id")
    assert contact is not None
    contact.email_blacklisted = True
    bench.send(command())
    await bench.sink.settled()
    assert bench.campaigns == [("sent", [])]


async def test_campaign_waits_its_time(bench: Bench) -> None:
    """The contacts of the session are written meanwhile; nothing is asked of Brevo."""
    await bench.sink.engine.crash()
    minutes = FINISHED.timestamp() / 60 + 10_000
    bench.start(recordings={"by": "campaign", "campaign": {**CAMPAIGN, "after_minutes": minutes}})
    calls = dict(bench.brevo.state.calls.families)
    bench.send(command())
    bench.sink.send(upsert(2, attributes={}, lists=(16, 18)))
    await bench.sink.engine.until(lambda: len(bench.sink.open()) == 1)
    assert bench.brevo.state.calls.families["rest"] == calls.get("rest", 0)
    assert (bench.campaigns, set(bench.sink.states().values())) == ([], {"pending"})


async def test_way_that_was_changed_meanwhile_sends_none(bench: Bench) -> None:
    """What waits for its time is told by nothing any more."""
    await bench.sink.engine.crash()
    bench.start(recordings={})
    bench.send(command())
    await bench.sink.settled()
    assert (bench.campaigns, bench.last.outcome) == ([], "suppressed")


@pytest.mark.parametrize("state", ["draft", "sent"])
async def test_campaign_of_a_worker_that_died_before_its_intent_is_found(bench: Bench, state: str) -> None:
    """By its name: a draft is sent, one that went out already is not made again."""
    campaigns = bench.brevo.state.store.campaigns
    body = campaign_body(command(), Campaign.model_validate(CAMPAIGN))
    now = bench.brevo.state.now()
    campaigns.create(parse(NewCampaign, {**body, "name": "Another"}), now)
    campaigns.create(parse(NewCampaign, body), now)
    if state == "sent":
        campaigns.send(2, now)
    bench.send(command())
    await bench.sink.settled()
    assert bench.campaigns == [("draft", []), ("sent", [MAYA])]
    assert (bench.last.outcome, bench.last.campaign_id) == ("acknowledged", 2)


@pytest.mark.parametrize("kind", ["reset_after", "reset_before", "500", "425", "429"])
async def test_draft_whose_answer_was_lost_is_found_by_its_name(bench: Bench, kind: str) -> None:
    """A second draft would be harmless, but nobody would know which is the right one."""
    bench.fault(kind, "/v3/emailCampaigns", method="POST", count=1)
    bench.send(command())
    await bench.sink.settled()
    assert bench.campaigns == SENT


@pytest.mark.parametrize("kind", ["reset_after", "reset_before", "500", "425", "429", "html"])
@pytest.mark.parametrize("policy", ["hold", "resend"])
async def test_sending_whose_answer_was_lost_is_decided_by_the_status(bench: Bench, kind: str, policy: str) -> None:
    """Sent: never again. A draft still: now."""
    await bench.sink.engine.crash()
    bench.start(in_doubt=policy)
    bench.fault(kind, SEND_NOW, count=1)
    bench.send(command())
    await bench.sink.settled()
    assert bench.campaigns == SENT
    assert bench.last.outcome == "acknowledged"


async def test_sending_that_took_effect_after_a_lost_answer_is_not_repeated(bench: Bench) -> None:
    """Brevo is asked for the status, not told to send."""
    bench.fault("500", SEND_NOW, applied=True, count=1)
    bench.send(command())
    await bench.sink.settled()
    assert bench.brevo.state.calls.paths["POST /v3/emailCampaigns/{campaign_id}/sendNow"] == 1
    assert bench.campaigns == SENT


@pytest.mark.parametrize("policy", ["hold", "resend"])
async def test_campaign_that_somebody_deleted_after_a_lost_answer_is_in_doubt(bench: Bench, policy: str) -> None:
    """Whether it had gone out cannot be known, so no other one is made, whatever the policy says of events."""
    await bench.sink.engine.crash()
    bench.start(in_doubt=policy)
    bench.fault("reset_before", SEND_NOW, count=1)
    bench.fault("html", "/v3/emailCampaigns/1", method="GET")
    state = bench.brevo.state
    bench.send(command())
    await bench.sink.engine.until(lambda: state.calls.paths["GET /v3/emailCampaigns/{campaign_id}"] >= 1)
    state.store.campaigns.held.clear()
    state.faults.clear()
    await bench.sink.settled()
    assert set(bench.sink.states().values()) == {"in_doubt"}
    assert bench.campaigns == []


async def test_no_credit_holds_campaigns_alone(bench: Bench) -> None:
    """Contacts are written on; the same campaign goes out once there is credit."""
    bench.brevo.state.store.campaigns.credits = 0
    bench.send(command())
    parked = "POST /v3/emailCampaigns/{campaign_id}/sendNow"
    await bench.sink.engine.until(lambda: bench.brevo.state.calls.paths[parked] >= 1)
    bench.sink.send(upsert(2, attributes={}, lists=(16, 18)))
    await bench.sink.engine.until(lambda: len(bench.sink.open()) == 1)
    assert bench.sink.metric("rollcall_brevo_parked", family="campaigns") == 1
    assert bench.sink.metric("rollcall_brevo_parked", family="account") == 0
    bench.brevo.state.store.campaigns.credits = 5
    bench.brevo.state.store.contacts.leave(bench.brevo.state.store.contacts.member(1), [18])
    await bench.sink.settled()
    assert bench.campaigns == SENT


async def test_template_that_is_gone_holds_the_campaign_until_it_is_there(bench: Bench) -> None:
    """The session's campaign is not lost by a mistake that a person can mend."""
    campaigns = bench.brevo.state.store.campaigns
    campaigns.templates = frozenset()
    bench.send(command())
    await bench.sink.engine.until(lambda: bench.brevo.state.calls.paths["POST /v3/emailCampaigns"] >= 1)
    campaigns.templates = frozenset({41})
    await bench.sink.settled()
    assert bench.campaigns == SENT


async def test_unknown_list_is_a_dead_letter(bench: Bench) -> None:
    """Brevo will never take it; the worker's start has checked the lists before."""
    await bench.sink.engine.crash()
    bench.start(recordings={"by": "campaign", "campaign": {**CAMPAIGN, "lists": [99]}})
    bench.send(command())
    await bench.sink.settled()
    assert (bench.last.outcome, bench.last.http_status) == ("rejected", 400)


@pytest.mark.parametrize("number", [2, 3])
@pytest.mark.parametrize("phase", get_args(CrashPoint))
async def test_crash_around_intent_or_outcome_sends_one_campaign(bench: Bench, phase: CrashPoint, number: int) -> None:
    """Before, within and after the flush: the status tells the next worker what was done, and nothing is in doubt."""
    await bench.sink.engine.crash()
    bench.start()

    def plan(count: int, _: Sequence[Output]) -> CrashPoint | None:
        return phase if count == number else None

    bench.sink.engine.crash_plan = plan
    bench.send(command())
    await bench.sink.engine.crashed.wait()
    bench.sink.engine.crash_plan = None
    await bench.sink.engine.crash()
    bench.start()
    bench.send(command())
    await bench.sink.settled()
    assert bench.campaigns == SENT
    assert set(bench.sink.states().values()) == {"acknowledged"}


def test_name_tells_sessions_apart() -> None:
    """Two occurrences of one webinar have the same topic."""
    assert campaign_name(command()) != campaign_name(command(session="s9"))
