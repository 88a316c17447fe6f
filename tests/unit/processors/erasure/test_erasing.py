"""A person's rows go from the tables, and nothing of what is told again brings them back."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import orjson
import pytest

from processors.attendance.book import ATTENDANCE_TABLE, BOOK_KINDS, LOBBY, REGISTRATION, Book, BookKind, rows
from processors.attendance.erasure import CLEANED, AttendanceCleaner
from processors.attendance.rules.registrations import RegistrationRow
from processors.attendance.settings import TrackingSettings
from processors.engine.memory_store import MemoryStore
from processors.engine.turn_view import TurnView
from processors.erasure.erasing import WalkedRow
from sandbox.simulator.simulation import simulate_webinar
from sandbox.simulator.world import World
from schemas.codec import contact_id
from schemas.instants import as_datetime
from schemas.topics import ENGAGEMENT_SCORES, ERASURES
from tests.support.erasures import order, rows_with
from tests.support.tracking import START_MS, Pipeline, configuration

STARTS_AT = START_MS // 1_000 - 20_000
"""Before the pipeline's clock, so that the erasure is after what happened."""
DAY = 86_400


def played(erased: Literal["stay_away", "return"] = "stay_away", step: int | None = None) -> tuple[Pipeline, World]:
    """A webinar with registrants, reports and interaction, from its first webhook to its final results."""
    world = simulate_webinar(30, 3, frozenset({"multi-device"}), starts_at=STARTS_AT)
    settings = configuration(
        sessions={"report_checks": ["5m", "15m"]}, zoom_api={"interaction": True}, brevo={"erased": erased}
    )
    pipeline = Pipeline(settings, world.zoom, step=step)
    pipeline.feed([delivery.body for delivery in world.deliveries])
    pipeline.settle()
    return pipeline, world


def someone(pipeline: Pipeline) -> str:
    """Who attended and was registered: most kinds of rows hold them."""
    registered = {registration.email for registration in pipeline.registrations.values()}
    attended = [result.email for result in pipeline.results.values() if result.attendance_status == "attended"]
    return next(email for email in sorted(attended) if email in registered)


def test_person_is_in_no_row_after_the_sweep_and_everybody_else_is_where_they_were() -> None:
    """The address, the id and the registered name are found before, and nowhere behind it; the counts are told."""
    pipeline, _world = played()
    email = someone(pipeline)
    name = next(
        registration.last_name for registration in pipeline.registrations.values() if registration.email == email
    )
    words = (email, contact_id(email), f'"{name}"')
    others = {registration.email for registration in pipeline.registrations.values()} - {email}
    found = {table for table, _key in rows_with(pipeline.stores, *words)}
    assert found == set(pipeline.stores)
    before = {other: len(rows_with(pipeline.stores, other, contact_id(other))) for other in others}

    removed = pipeline.forget(order(email, as_datetime(pipeline.now_ms // 1_000)))

    assert not rows_with(pipeline.stores, email, contact_id(email))
    assert {other: len(rows_with(pipeline.stores, other, contact_id(other))) for other in others} == before
    assert set(removed) == {"track-attendance", "score-engagement"}
    assert all(sum(counts.values()) for counts in removed.values())
    tombstones = [output.key for output in pipeline.sent[ENGAGEMENT_SCORES.name] if output.value is None]
    assert tombstones == [contact_id(email).encode()]


def test_everything_told_again_does_not_bring_a_person_back() -> None:
    """Webhooks again, and every look-up answered once more: what they did stays as that of nobody."""
    pipeline, world = played()
    email = someone(pipeline)
    (before,) = {uuid: summary.counts for uuid, summary in pipeline.summaries.items() if summary.is_final}.items()
    pipeline.forget(order(email, as_datetime(pipeline.now_ms // 1_000)))
    told = len(pipeline.facts)
    for store in pipeline.stores.values():  # what Zoom was asked is forgotten: it is asked all of it again
        store.apply({key: None for key in list(store.rows) if key.startswith((b"k|", b"m|", b"t|"))})
    pipeline.feed([delivery.body for delivery in world.deliveries], origin=b"replay")
    pipeline.settle()
    assert not rows_with(pipeline.stores, email, contact_id(email))
    assert not [fact for fact in pipeline.facts[told:] if fact.email == email]
    after = pipeline.summaries[before[0]].counts
    assert after.registered == before[1].registered - 1
    assert after.attended + after.left_early == before[1].attended + before[1].left_early - 1


@pytest.mark.parametrize("erased", ["stay_away", "return"])
def test_new_registration_brings_back_who_may_return_and_nothing_of_before(
    erased: Literal["stay_away", "return"],
) -> None:
    """A webhook's registration of after the erasure; the older sessions stay forgotten."""
    pipeline, world = played(erased)
    email = someone(pipeline)
    at = pipeline.now_ms // 1_000
    pipeline.forget(order(email, as_datetime(at)))
    bodies = [orjson.loads(delivery.body) for delivery in world.deliveries]
    registers = next(
        body
        for body in bodies
        if body["event"] == "webinar.registration_created" and body["payload"]["object"]["registrant"]["email"] == email
    )
    registers["event_ts"] = (at + DAY) * 1_000
    registers["payload"]["object"]["registrant"]["id"] = "anew"
    told = len(pipeline.commands)
    pipeline.feed([orjson.dumps(registers)])
    pipeline.feed([delivery.body for delivery in world.deliveries], origin=b"replay")
    pipeline.settle()
    assert bool(rows_with(pipeline.stores, email)) == (erased == "return")
    mine = [command for command in pipeline.commands[told:] if command.email == email]
    # It came after the webinar: no event follows, and the only facts are its own.
    assert {(type(command).__name__, command.reason) for command in mine} == (
        {("UpsertContact", "registration")} if erased == "return" else set()
    )
    assert not [
        result for result in pipeline.results.values() if result.email == email and result.judged_at > as_datetime(at)
    ]


def test_sweep_of_more_rows_than_a_step_looks_at_goes_on_where_it_stood() -> None:
    """Each step is a message to itself; a second order for the same person begins a sweep of its own."""
    pipeline, _world = played(step=20)
    emails = sorted({result.email for result in pipeline.results.values()})[:3]
    for email in emails:
        pipeline.forget(order(email, as_datetime(pipeline.now_ms // 1_000)))
        assert not rows_with(pipeline.stores, email, contact_id(email))
    steps = [output for output in pipeline.sent[ERASURES.name] if (output.key or b"").endswith(b"track-attendance")]
    assert len(steps) > 10 * len(emails)
    again = order(emails[0], as_datetime(pipeline.now_ms // 1_000)).model_copy(
        update={"erased_at": as_datetime(pipeline.now_ms // 1_000) + timedelta(days=1)}
    )
    assert pipeline.forget(again)["track-attendance"] == {}
    assert not [key for store in pipeline.stores.values() for key in store.rows if key.startswith(b"~erasing")]


def test_every_kind_of_row_is_looked_at_or_says_nothing_of_a_person() -> None:
    """Who adds a kind decides which; what is left out here was looked through by hand."""
    nobody = {kind.letter for kind in BOOK_KINDS} - {kind.letter for kind in CLEANED}
    assert nobody == {"sn", "s", "wc", "n", "m", "w", "z", "u", "f", "o", "h"}


def test_every_kind_of_row_goes_with_its_run_or_its_webinar() -> None:
    """`BOOK_KINDS` is what an expiry walks through, and what is compared above: a kind that it lacks would stay."""
    kinds = [kind.letter for kind in vars(rows).values() if isinstance(kind, BookKind)]
    assert sorted(kinds) == sorted(kind.letter for kind in BOOK_KINDS)


def test_who_is_there_before_the_start_is_forgotten_and_somebody_else_is_not() -> None:
    """Their registration says whom the row names, so that goes behind it; the next one who joins begins the start."""
    view = TurnView(0, {ATTENDANCE_TABLE: MemoryStore()})
    book, walk = Book(view, "acc", "842", 0, TrackingSettings.from_configuration(configuration())), CLEANED.index(LOBBY)
    left = {}
    for name in ("ada", "bo"):
        book.put(REGISTRATION, RegistrationRow("acc", "webinar", email=f"{name}@example.com"), f"registrant-{name}")
        book.put(LOBBY, ("live", f"registrant-{name}"), f"run-{name}")
        key = book.key(LOBBY, f"run-{name}")
        row = WalkedRow(walk, ATTENDANCE_TABLE, key, view.get(ATTENDANCE_TABLE, key) or b"")
        left[name] = AttendanceCleaner().cleaned(row, {contact_id("ada@example.com")}.__contains__, view)
    assert left == {"ada": None, "bo": LOBBY.encode(("live", "registrant-bo"))}
    assert walk < CLEANED.index(REGISTRATION)
