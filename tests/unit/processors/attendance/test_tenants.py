"""Two accounts of one installation: neither can touch what is the other's, whatever it signs."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from processors.attendance.book import ATTENDANCE_TABLE, TOTAL, Book, accounts_due, due_of, look_later
from processors.attendance.ownership import LARGEST_HELD, MOST_HELD
from processors.attendance.settings import TrackingSettings
from processors.engagement.agent import ENGAGEMENT_TABLE, ScoreEngagement
from processors.engine.memory_store import MemoryStore
from processors.engine.turn_view import TurnView
from sandbox.simulator import World, simulate_webinar
from sandbox.zoom.state import ZoomState
from schemas.topics import BREVO_COMMANDS, LOOKUPS, QUARANTINE
from tests.support.contact_facts import configuration as scoring
from tests.support.contact_facts import recording, records, registration, result
from tests.support.ingress import example, example_files
from tests.support.rules import run
from tests.support.tracking import START_MS, Pipeline, configuration

OWNER, STRANGER = ZoomState().account_id, "another-account"
HOUR_MS = 3_600_000
KINDS = ("webinar", "meeting", "recording")
EVENTS = [sample.stem for sample in example_files() if example(sample.stem)["event"].partition(".")[0] in KINDS]


def webinar(seed: int = 3) -> World:
    """One that begins now."""
    return simulate_webinar(12, seed, starts_at=START_MS // 1_000 - 4_200)


def forged(event: dict[str, Any], world: World) -> bytes:
    """The event as another account signs it: about the owner's webinar, its session and one of its registrants."""
    objects = (orjson.loads(delivery.body)["payload"]["object"] for delivery in world.deliveries)
    known = next(content["registrant"] for content in objects if "registrant" in content)
    item = event["payload"]["object"]
    item |= {"id": world.event.object_id, "uuid": world.event.spans[0].uuid}
    for person in ("registrant", "participant"):
        if person in item:
            item[person] |= {"id": known["id"], "registrant_id": known["id"], "email": known["email"]}
    event["payload"]["account_id"] = STRANGER
    return orjson.dumps(event)


def played(world: World) -> Pipeline:
    """The owner's webinar, over and settled."""
    pipeline = Pipeline(configuration(sessions={"report_checks": []}), world.zoom)
    pipeline.feed(delivery.body for delivery in world.deliveries)
    pipeline.settle()
    return pipeline


@pytest.mark.parametrize("name", EVENTS)
def test_event_of_another_account_is_quarantined_and_changes_nothing(name: str) -> None:
    """Every event type: nothing is told of anybody, and what was said of people is not kept."""
    world = webinar()
    pipeline = played(world)
    rows, facts = pipeline.rows(), list(pipeline.facts)
    body = forged(example(name), world)
    pipeline.feed([body])
    pipeline.settle()
    assert (pipeline.rows(), pipeline.facts) == (rows, facts)
    (kept,) = pipeline.sent[QUARANTINE.name]
    assert dict(kept.headers)["quarantine-reason"] == b"owner"
    frame = orjson.loads(kept.value or b"")
    assert (frame["event"], frame["payload"]["account_id"]) == (orjson.loads(body)["event"], STRANGER)
    assert set(frame["payload"]["object"]) <= {"id", "uuid", "host_id", "type", "start_time", "end_time"}


def test_claim_before_the_owners_first_event_does_not_lock_the_owner_out() -> None:
    """Ids are known before anybody registers; the owner's own credentials show whose the webinar is."""
    world = webinar()
    first = forged(example("webinar.registration_created__registrant"), world)
    pipeline = Pipeline(configuration(sessions={"report_checks": []}), world.zoom)
    pipeline.feed([first])
    pipeline.feed(delivery.body for delivery in world.deliveries)
    pipeline.settle()
    alone = played(world)
    assert alone.results
    assert pipeline.results == alone.results
    assert {*alone.registrations} <= {*pipeline.registrations}
    pipeline.feed([first])
    assert [dict(output.headers)["quarantine-reason"] for output in pipeline.sent[QUARANTINE.name]] == [b"owner"]


def test_claim_while_zoom_does_not_answer_is_held_within_bounds_and_handled_later() -> None:
    """What is held costs little; nothing of the owner's is lost by an outage of Zoom's."""
    world = webinar()
    pipeline = Pipeline(configuration(sessions={"report_checks": []}), world.zoom)
    pipeline.feed([forged(example("webinar.started__plain"), world)])
    pipeline.held_back = frozenset({"session"})
    bodies = [delivery.body for delivery in world.deliveries]
    pipeline.feed(bodies[:10])
    assert not pipeline.rows()
    pipeline.let_through("session")
    pipeline.feed(bodies[10:])
    pipeline.settle()
    assert pipeline.results == played(world).results

    flood = Pipeline(configuration(), world.zoom)
    flood.feed(bodies[:1])
    flood.held_back = frozenset({"session"})
    strange = forged(example("webinar.participant_joined__registrant"), world)
    flood.feed([strange] * (MOST_HELD + 5))
    large = orjson.loads(strange)
    large["payload"]["object"]["topic"] = "x" * LARGEST_HELD
    flood.feed([orjson.dumps(large)])
    held = [key for key in flood.stores[ATTENDANCE_TABLE].rows if key.startswith(b"owner|") and key.count(b"|") == 3]
    assert len(held) == MOST_HELD
    assert len(flood.sent[QUARANTINE.name]) == 6
    assert [output.key for output in flood.sent[LOOKUPS.name]].count(STRANGER.encode()) == 1, "asked once a day"


def test_stranger_whom_zoom_never_answers_is_quarantined_once_the_owner_is_confirmed() -> None:
    """Wrong credentials must not be a way to have events held for ever; more of them are not even held that day."""
    world = webinar()
    pipeline = played(world)
    rows = pipeline.rows()
    pipeline.mute = frozenset({STRANGER})
    body = forged(example("webinar.participant_joined__registrant"), world)
    pipeline.feed([body])
    assert len(pipeline.sent[QUARANTINE.name]) == 1
    pipeline.feed([body] * 3)
    assert len(pipeline.sent[QUARANTINE.name]) == 4
    assert not [
        key for key in pipeline.stores[ATTENDANCE_TABLE].rows if key.startswith(b"owner|") and key.count(b"|") == 3
    ]
    assert [output.key for output in pipeline.sent[LOOKUPS.name]].count(STRANGER.encode()) == 1
    assert pipeline.rows() == rows


def test_stranger_is_asked_about_again_on_the_next_day() -> None:
    """Zoom may not have been allowed to be asked: that is no reason to keep somebody out for ever."""
    world = webinar()
    pipeline = played(world)
    body = forged(example("webinar.started__plain"), world)
    for _day in range(3):
        pipeline.feed([body, body])
        pipeline.now_ms += 24 * HOUR_MS
    assert [output.key for output in pipeline.sent[LOOKUPS.name]].count(STRANGER.encode()) == 3


def test_owners_that_nobody_speaks_of_are_forgotten_as_new_ones_come() -> None:
    """Ownership must not grow for ever."""
    pipeline = Pipeline(configuration(sessions={"retain": "2d"}), webinar().zoom)
    event = example("webinar.started__plain")
    for number in range(300):
        event["payload"] |= {"account_id": OWNER}
        event["payload"]["object"]["id"] = str(10_000_000_000 + number)
        pipeline.feed([orjson.dumps(event)])
        pipeline.now_ms += HOUR_MS
    kept = [key for key in pipeline.stores[ATTENDANCE_TABLE].rows if key.startswith(b"owner|")]
    assert 48 <= len(kept) < 150


def test_facts_of_two_accounts_under_the_same_names_stay_apart() -> None:
    """A session's uuid or a registrant's id that somebody else chose must not overwrite what was known."""
    store = MemoryStore()
    rule = ScoreEngagement(scoring())
    ours = (registration(), result(), recording())
    theirs = [
        message.model_copy(update={"account_id": STRANGER, "topic": "forged", "revision": 99}) for message in ours[:2]
    ]
    run(rule, records(*ours), {ENGAGEMENT_TABLE: store})
    before = {key: value for key, value in store.rows.items() if not key.endswith(b"|h")}
    run(rule, records(*theirs), {ENGAGEMENT_TABLE: store})
    assert before.items() <= store.rows.items()
    assert len(store.rows) == len(before) + 1 + len(theirs)
    sent = [run(rule, records(fact), {ENGAGEMENT_TABLE: MemoryStore()}) for fact in (ours[1], theirs[1])]
    commands = [
        orjson.loads(output.value or b"") for output in (*sent[0], *sent[1]) if output.topic == BREVO_COMMANDS.name
    ]
    once = [command.get("once_keys") for command in commands]
    assert len({str(value) for value in once if value}) == 2, "an event of the one is no repeat of the other's"


def test_books_keep_every_kind_of_row_apart() -> None:
    """Also what is due, and an account whose id holds the separator."""
    view = TurnView(0, {ATTENDANCE_TABLE: MemoryStore()})
    accounts = ("a", "b", "a|1", "")
    books = [Book(view, account, "1", 0, TrackingSettings.from_configuration(configuration())) for account in accounts]
    for number, book in enumerate(books):
        book.put(TOTAL, number, "u")
        look_later(book, 5 + number)
    for number, (book, account) in enumerate(zip(books, accounts, strict=True)):
        assert book.get(TOTAL, "u") == number
        assert list(book.scan(TOTAL)) == [(("u",), number)]
        assert [(at_ms, object_id) for at_ms, object_id, _key in due_of(view, account)] == [(5 + number, "1")]
    assert sorted(accounts_due(view)) == ["", "a", "a%7C1", "b"]
    books[0].delete(TOTAL, "u")
    assert [book.get(TOTAL, "u") for book in books] == [None, 1, 2, 3]
