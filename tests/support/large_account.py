"""A large webinar's results, as the topic between attendance and engagement carries them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from ops.demo.wiring import Wiring, configuration
from sandbox.brevo.contacts import BrevoContact
from sandbox.brevo.server import serving
from sandbox.brevo.store import Options
from sandbox.zoom.server import run_server
from schemas.attendance import Identity, Registration, Result
from schemas.codec import contact_id
from schemas.topics import ATTENDANCE_RESULTS
from tests.support.installation import API_KEY, PARTITIONS, Installation, kafka_section
from tests.support.kafka import Message, produce

SESSION = "mwq6gYTbTo2pNLLgHJ9cQw=="
OBJECT = "95204914252"
TOPIC = "Launch of the spring release"
LENGTH_SECONDS = 3_600


def email_of(number: int) -> str:
    """The address of one invented person."""
    return f"person{number:05d}@large.example.com"


def results(attendees: int, no_shows: int, account_id: str, ended_at: datetime) -> Iterator[Result]:
    """Final results of one webinar; one in seven of those who came left early, and nobody is like the next."""
    started_at = ended_at - timedelta(seconds=LENGTH_SECONDS)
    for number in range(attendees + no_shows):
        email, came = email_of(number), number < attendees
        late = number % 600
        seconds = (LENGTH_SECONDS - late) // (2 if number % 7 == 0 else 1)
        joined_at = started_at + timedelta(seconds=late)
        yield Result(
            contact_id=contact_id(email),
            email=email,
            account_id=account_id,
            object_id=OBJECT,
            object_type="webinar",
            topic=TOPIC,
            host_id="host",
            occurred_at=ended_at,
            session_uuid=SESSION,
            instances=(SESSION,),
            revision=1,
            is_final=True,
            evidence="live",
            attendance_status="no_show" if not came else "left_early" if number % 7 == 0 else "attended",
            judged_at=ended_at,
            started_at=started_at,
            ended_at=ended_at,
            length_seconds=LENGTH_SECONDS,
            attended_seconds=seconds if came else 0,
            intervals=((late, late + seconds),) if came else (),
            first_join_at=joined_at if came else None,
            last_leave_at=joined_at + timedelta(seconds=seconds) if came else None,
            late_seconds=late if came else None,
            joins=int(came),
            identity=Identity(rule="registrant", name=f"Name{number}"),
        )


def registration(account_id: str, occurred_at: datetime, email: str) -> Registration:
    """Somebody registers for the next webinar while this one is being written."""
    return Registration(
        contact_id=contact_id(email),
        email=email,
        account_id=account_id,
        object_id="95204919999",
        object_type="webinar",
        topic="The next one",
        host_id="host",
        occurred_at=occurred_at,
        registrant_id="late-registrant",
        registration_status="approved",
        revision=1,
        observed="webhook",
        first_name="Maya",
        starts_at=occurred_at + timedelta(days=7),
    )


async def publish(bootstrap: str, prefix: str, facts: Iterator[Result] | Iterator[Registration]) -> None:
    """Put facts where `track-attendance` puts them."""
    messages = (Message(fact.to_bytes(), fact.contact_id.encode()) for fact in facts)
    await produce(bootstrap, ATTENDANCE_RESULTS.physical(prefix), messages)


@asynccontextmanager
async def large_account(
    bootstrap: str, prefix: str, directory: Path, *, factor: float = 1, brevo: str = "", partitions: int = PARTITIONS
) -> AsyncIterator[Installation]:
    """An installation whose Brevo has its real limits, scaled by `factor`, and whose worker is told of them.

    Args:
        bootstrap: of a Kafka.
        prefix: of this installation's topics.
        directory: for its file and state.
        factor: 1 is Brevo's ordinary plan.
        brevo: more keys of the section `brevo`, each with a comma before it.
        partitions: of every topic.
    """
    options = Options(api_key=API_KEY, limit_factor=factor).with_demo()
    async with run_server() as zoom_url, serving(options) as running_brevo:
        kafka = {"KAFKA_BOOTSTRAP_SERVERS": bootstrap, "KAFKA_TOPIC_PREFIX": prefix}
        wiring = Wiring(directory, kafka, zoom_url, running_brevo.url, API_KEY)
        rates = f"contacts_per_second: {8 * factor}, events_per_second: {8 * factor}"
        calls = f"account_calls_per_hour: {60 * factor}"
        lines = [
            f'brevo: {{api_key: "${{BREVO_API_KEY}}", {rates}, {calls}{brevo}}}' if line.startswith("brevo:") else line
            for line in configuration().splitlines()
        ]
        (directory / "rollcall.yaml").write_text("\n".join([*lines, kafka_section(partitions)]), encoding="utf-8")
        with ExitStack() as stack:
            home = Installation(wiring, running_brevo, stack)
            try:
                yield home
            except Exception as error:
                error.add_note(home.last_words())
                raise


def written(home: Installation, facts: Sequence[Result]) -> int:
    """How many of these people Brevo holds as they shall be: status, minutes, lists, a score."""
    return sum(_is_true(home.brevo.state.store.contacts.find(fact.email, "email_id"), fact) for fact in facts)


def _is_true(contact: BrevoContact | None, fact: Result) -> bool:
    if contact is None or "ENGAGEMENT_SCORE" not in contact.attributes:
        return False
    came = fact.attendance_status != "no_show"
    minutes = (fact.attended_seconds + 30) // 60 if came else None
    return (
        contact.attributes.get("ATTENDANCE_STATUS") == fact.attendance_status
        and contact.attributes.get("MEETING_DURATION") == minutes
        and contact.list_ids & {16, 18} == ({16} if came else {18})
    )
