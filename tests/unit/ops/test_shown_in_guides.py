"""What guides show of commands about letters, replays, rebuilds and resyncs is what these print, figures and all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime

import orjson
import pytest
from rich.console import Console

from ops.backfill.display import say_found
from ops.backfill.estimate import Estimate
from ops.backfill.plan import BackfillWish
from ops.backfill.sessions import PastSession
from ops.backfill.spans import DaySpan
from ops.brevo.bootstrap import show as show_plan
from ops.brevo.planning import plan_of
from ops.letters.frame import in_lines, show_table
from ops.letters.letter import Letter, latest, letter_of
from ops.letters.masking import masked
from ops.letters.planning import RESEND, plan_letters
from ops.rebuild.display import built_in_words
from ops.rebuild.switching import Switched
from ops.rebuild.telling import RetoldCounts
from ops.replay.display import ending, line
from ops.replay.plan import ReplayPlan
from ops.replay.plan import in_words as replay_in_words
from ops.resync.display import in_words as resync_in_words
from ops.resync.plan import ResyncPlan
from ops.selection.selection import Selection, SessionKey
from ops.selection.times import TimeSpan
from ops.topics.acts import ComparedTopics
from ops.topics.comparison import FoundTopic
from ops.topics.display import show as show_topics
from runtime.kafka import KafkaConnection
from runtime.models import Kafka
from runtime.wanted_topics import wanted_topics
from sandbox.brevo.store import DEMO_ATTRIBUTES, DEMO_LISTS
from schemas.letters import LETTER_ID
from schemas.replays import Replay, ReplayReport, ReplaySelection
from schemas.states import RebuiltState
from schemas.topics import BREVO_RESULTS, RAW_EVENTS
from tests.support.contact_facts import LISTS
from tests.support.contact_facts import configuration as contact_configuration
from tests.support.documented import DOCS, documented

SESSION = SessionKey("a", "91199150314", ("F0CCX/i5dPs57UaSXSvo8Q==",), "Quarterly roadmap, live")
DEAD = RAW_EVENTS.dead_letter
LETTER_AT = datetime(2026, 11, 27, 23, 40, 2, tzinfo=UTC)
WIDTH, WIDE = 80, 200


def on_page(page: str, *words: str) -> tuple[str, ...]:
    """What the page shows of the only command that begins so."""
    (found,) = [shown for shown in documented(page) if shown.words[: len(words)] == words]
    return found.lines


def rid_of_margins(lines: Iterable[str]) -> tuple[str, ...]:
    """Without blanks at their ends, as a page has them."""
    return tuple(stripped for line in lines if (stripped := line.rstrip()))


def the_letter() -> Letter:
    """The one of the guide."""
    payload = {"account_id": "a", "object": {"uuid": "abcdefghijk="}}
    value = orjson.dumps({"event": "webinar.ended", "event_ts": 1786543411234, "payload": payload})
    at = LETTER_AT.isoformat().encode()
    headers = (
        ("ce_type", b"webinar.ended"), (LETTER_ID, b"32fc64dc639a6931c8b63d8f9918a4e5"),
        ("rollcall-label", b"unreadable"), ("rollcall-attempts", b"1"), ("rollcall-stage", b"track-attendance"),
        ("rollcall-reason", b"webinar.ended cannot be read: object.id is missing"), ("rollcall-version", b"0.1.0"),
        ("rollcall-source", b"zoom.events.raw.v1/4/0"), ("rollcall-first-at", at), ("rollcall-last-at", at),
    )  # fmt: skip
    return letter_of(DEAD, 4, 0, LETTER_AT, b"a", value, headers, latest([]))


def test_letters_are_listed_shown_and_planned_as_the_guide_says() -> None:
    """A reader compares their own screen with it."""
    page, letter = "how-to/dead-letters.md", the_letter()
    zone = datetime.fromisoformat("2026-08-12T16:00+02:00").tzinfo
    selection = Selection(DEAD, happened=TimeSpan(datetime(2026, 8, 12, 16, tzinfo=zone), None), label="unreadable")
    console = Console(width=WIDTH, highlight=False)
    with console.capture() as capture:
        show_table(console, [letter])
    listed = on_page(page, "dlq", "list", "label=unreadable")
    assert rid_of_margins(capture.get().splitlines()) == listed[1:]
    assert listed[0].endswith(f"{str(selection).partition('UTC)')[2]}: 1")
    content = orjson.dumps(masked(letter.value), option=orjson.OPT_INDENT_2).decode()
    shown = [f"{name:15} {what}" for name, what in in_lines(letter).items()]
    assert on_page(page, "dlq", "show") == (*shown, *content.splitlines())
    plan = plan_letters(RESEND, Selection(DEAD, label="unreadable"), [letter], version="0.2.1")
    assert on_page(page, "dlq", "resend")[:-1] == tuple(plan.in_words())


def a_replay(**fields: object) -> Replay:
    """One of the guide."""
    told = {
        "state": "done", "operator": "ana", "reason": "", "selection": ReplaySelection(topic=RAW_EVENTS.name),
        "said": str(Selection(RAW_EVENTS, session=SESSION)), "expected": 64, "rate": 2_000, "at": LETTER_AT,
        "runner": "r", "begins": {}, "ends": {}, "goes_on": {}, "known_to": {}, "followed_from": {},
        "published": 64, **fields,
    }  # fmt: skip
    return Replay.model_validate(told)


def test_replays_are_planned_listed_and_ended_as_the_guide_says() -> None:
    """The plan's figures, the list, and what to do with one that is paused."""
    page = "how-to/replay.md"
    joined_and_left = Selection(RAW_EVENTS, event_types=("webinar.participant_*",), session=SESSION)
    types = Counter({"webinar.participant_joined": 22, "webinar.participant_left": 22})
    plan = ReplayPlan(
        joined_and_left, looked_at=64, partitions=Counter({5: 44}), types=types, begins={5: 9}, ends={5: 64}
    )
    assert on_page(page, "replay", "plan") == tuple(replay_in_words(plan, 2_000))
    first = a_replay(replay_id="20261127-233842-4382", started_at="2026-11-27T23:38:42Z")
    slow = {"replay_id": "20261127-233904-95ca", "started_at": "2026-11-27T23:39:04Z"}
    running, paused = a_replay(**slow, state="running", published=9), a_replay(**slow, state="paused", published=47)
    assert on_page(page, "replay", "status") == (line(first), line(running))
    assert on_page(page, "replay", "pause") == tuple(ending(paused))
    done = first.model_copy(update={"report": ReplayReport(read=64, published=64)})
    assert "\n".join(ending(done)) in (DOCS / page).read_text("utf-8")


def test_rebuilds_are_told_as_the_guide_says() -> None:
    """The end of a start, the switch, and its undoing."""
    page = "how-to/rebuild.md"
    told = RetoldCounts(facts=2, untold=0, scores=18, sessions=1, contacts=18)
    switch = on_page(page, "rebuild", "switch", "punctuality-2")
    assert switch[1:] == tuple(Switched("punctuality-2", "first", told, 0).in_words())
    assert on_page(page, "rebuild", "switch", "--undo") == tuple(Switched("first", "punctuality-2", told, 0).in_words())
    state = RebuiltState(
        name="punctuality-2", stage="built", started_at=LETTER_AT, version="0.1.0", beside="first", dead_letters=1
    )
    assert "\n".join(built_in_words(state, "352 records in 3.5 s, ")) in (DOCS / page).read_text("utf-8")


def test_resync_is_planned_as_the_guide_says() -> None:
    """Nine people were on another list."""
    plan = ResyncPlan(looked_at=12, contacts=["c"] * 9, causes=Counter({"changed": 9}), joins=Counter({15: 9}))
    assert on_page("how-to/brevo.md", "resync", "--all", "--dry-run") == tuple(resync_in_words(plan))


def test_topics_that_differ_are_shown_as_the_guide_says() -> None:
    """Somebody has made three of them by hand."""
    kafka = Kafka(partitions=6)
    wanted = wanted_topics("", kafka, ())
    found = {topic.name: FoundTopic(topic.name, 6, 1, topic.settings) for topic in wanted}
    raw, results = found[RAW_EVENTS.name], found[BREVO_RESULTS.name]
    by_hand = {"max.message.bytes": "1048588"}
    found[raw.name] = replace(raw, settings={**raw.settings, **by_hand, "retention.ms": "604800000"})
    found[results.name] = replace(results, partitions=2, settings={**results.settings, **by_hand})
    console = Console(width=WIDE, highlight=False)
    with console.capture() as capture:
        show_topics(ComparedTopics(KafkaConnection("k:9092"), kafka, wanted, found, ()), console)
    assert rid_of_margins(capture.get().splitlines()) == on_page("how-to/topics.md", "topics", "plan")


def test_brevo_account_is_planned_and_set_up_as_the_guide_says(capsys: pytest.CaptureFixture[str]) -> None:
    """A French account without two attributes and a list."""
    configuration = contact_configuration({"lists": {**LISTS, "webinar_no_shows": 99}})
    there = {name: kind for name, kind in DEMO_ATTRIBUTES.items() if name not in ("FIRSTNAME", "WEBINAR_NAME")}
    rows = {**there, "PRENOM": "text"}.items()
    attributes = [{"name": name, "category": "normal", "type": kind} for name, kind in rows]
    lists = [{"id": list_id, "name": name, "uniqueSubscribers": 16} for list_id, name in DEMO_LISTS.items()]
    plan = plan_of(configuration, attributes, lists, [], [])
    done = [
        "attribute WEBINAR_NAME", "folder Rollcall",
        "list Rollcall webinar no shows: set connectors.zoom.lists.webinar_no_shows to 19",
    ]  # fmt: skip
    planned, applied = (shown for shown in documented("how-to/brevo.md") if shown.words[0] == "brevo")
    for shown, made in ((planned, []), (applied, done)):
        show_plan(plan, made, as_json=False)
        assert shown.missing(capsys.readouterr().out) == []


def test_back_fill_is_counted_as_the_guide_says() -> None:
    """The webinar of the tutorial, read from Zoom's lists."""
    day = date(2026, 11, 27)
    wish = BackfillWish(DaySpan(day, day), None, None, "backfill")
    webinar = PastSession("a", "uuid==", "91199150314", 5, "Quarterly roadmap, live", "host", 0, 3_600, 22)
    console = Console(width=WIDTH)
    with console.capture() as capture:
        say_found(console, wish, [webinar], Estimate(calls=10, minutes=0.7 / 60, days=1))
    assert tuple(capture.get().splitlines()) == on_page("how-to/backfill.md", "backfill")
