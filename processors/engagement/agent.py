"""The agent `score-engagement`: facts about a contact become its score, and commands to show it in Brevo.

Consumes: `attendance.results.v1`, `engagement.ticks.v1`, `engagement.resyncs.v1`, `ops.erasures.v1`.
Produces: `engagement.scores.v1`, `engagement.candidates.v1`, `brevo.commands.v1` and its bulk topic,
    `engagement.ticks.v1`.
State: `engagement-by-contact`, one row per contact, registration and occurrence (processors/engagement/row_bytes.py).
Order: none is needed; the outcome is a function of the set of facts, and an unchanged outcome sends nothing.
On failure: a record that is no fact we know is a dead letter.
"""

from __future__ import annotations

from typing_extensions import override

from processors.engagement.admission import Admission
from processors.engagement.assessment import Assessor, Scored, WantedContact
from processors.engagement.campaigns import campaign_command, campaign_row_key, told_by
from processors.engagement.candidates import Candidates
from processors.engagement.commands import (
    confirm_list,
    event_due,
    notice_event,
    registered_event,
    result_event,
    upsert_contact,
)
from processors.engagement.consent import questions_of
from processors.engagement.facts import KeptFact, fact_in, has_just_happened
from processors.engagement.recordings import RecordingRules
from processors.engagement.resync import Resync
from processors.engagement.returning import may_bring_back, registers
from processors.engagement.rewriting import Rewriter
from processors.engagement.row_bytes import (
    contact_prefix,
    decode_rows,
    encode_head,
    encode_recording,
    encode_registration,
    encode_session,
    fact_key,
    head_key,
)
from processors.engagement.state import (
    ContactRows,
    CountedEvent,
    Head,
    merged_recording,
    merged_registration,
    merged_session,
)
from processors.engagement.sweep import DecaySweep
from processors.engine.spec import AgentSpec
from processors.engine.view import Record, Rule, View
from runtime.models import Configuration
from schemas.attendance import (
    REGISTRANT_FIELDS,
    Notice,
    Origin,
    Recording,
    Registration,
    Result,
    SessionRecording,
)
from schemas.brevo import BrevoCommand, TrackEvent
from schemas.codec import pack
from schemas.replays import Lineage
from schemas.topics import (
    ATTENDANCE_RESULTS,
    BREVO_COMMANDS,
    BREVO_COMMANDS_BULK,
    ENGAGEMENT_RESYNCS,
    ENGAGEMENT_TICKS,
    ERASURES,
)

ENGAGEMENT_TABLE = "engagement-by-contact"
SPEC = AgentSpec(
    "score-engagement",
    sources=(ATTENDANCE_RESULTS, ENGAGEMENT_TICKS, ENGAGEMENT_RESYNCS, ERASURES),
    tables=(ENGAGEMENT_TABLE,),
)


class ScoreEngagement(Rule):
    """The rule: keep the fact, compute the contact anew over all that stands, send what has changed.

    Args:
        configuration: of the worker.
        revision_floor: every revision is above it (`TrackingSettings.revision_floor`).

    Raises:
        ConfigurationError: on construction, for a `field_mapping` that cannot work.
    """

    def __init__(self, configuration: Configuration, revision_floor: int = 0) -> None:
        self._assessor = Assessor(configuration)
        self._floor = revision_floor
        self._rewriter = Rewriter(self._assessor, Candidates.of(self._assessor, configuration), ENGAGEMENT_TABLE)
        self._sweep = DecaySweep(self._rewriter, configuration, ENGAGEMENT_TABLE, revision_floor)
        self._resync = Resync(self._rewriter, configuration, ENGAGEMENT_TABLE, revision_floor)
        self._admission = Admission(configuration, ENGAGEMENT_TABLE)
        self._events = configuration.brevo.events
        self._deleted = configuration.brevo.deleted
        mapping = configuration.field_mapping
        mapped = frozenset(mapping.custom_questions)
        self._fields = frozenset(name for name in REGISTRANT_FIELDS if getattr(mapping, name) is not None)
        self._recordings = RecordingRules(configuration.brevo)
        self._chosen = configuration.brevo.recordings
        self._questions = mapped | questions_of(configuration.brevo.list_rules) | self._recordings.questions

    @override
    def handle(self, record: Record, view: View) -> None:
        """Sends the score first, then the upsert, then the event, then what tells of a recording.

        Raises:
            DeadLetterError: the value is no fact we know.
        """
        if record.topic == ENGAGEMENT_TICKS.name:
            self._sweep.step(record.value, view)
            return
        if record.topic == ENGAGEMENT_RESYNCS.name:
            self._resync.handle(record.value, view)
            return
        fact = fact_in(record)
        if not self._admission.takes(fact, view):
            return
        if isinstance(fact, SessionRecording):
            self._tell_session(fact, view)
            return
        rows = decode_rows(fact.contact_id, view.scan(ENGAGEMENT_TABLE, contact_prefix(fact.contact_id)), self._floor)
        if isinstance(fact, Notice):
            self._tell_notice(fact, rows.head, record.timestamp_ms, view)
            return
        if isinstance(fact, Recording):
            head = rows.head
            if _keep_recording(fact, rows, view, told=self._chosen.by == "campaign"):
                view.learned()
        else:
            kept = self._keep(fact, rows, record.timestamp_ms, view)
            scored, wanted = self._assessor.assess(rows)
            head = self._send(fact, rows, scored, wanted, kept, view)
        head = self._tell_recordings(fact, rows, head, record.timestamp_ms, view)
        if head != rows.head:
            view.put(ENGAGEMENT_TABLE, head_key(fact.contact_id), encode_head(head))

    def _keep(self, fact: Registration | Result, rows: ContactRows, told_ms: int, view: View) -> KeptFact:
        """Merge the fact into `rows` and the table."""
        key, due = fact_key(fact), event_due(fact, self._events)
        just_now = has_just_happened(fact, rows.registrations.get(key), told_ms, view)
        if isinstance(fact, Result):
            session = rows.sessions.get(key)
            told = session.events_due if session else ()
            rows.sessions[key] = merged_session(session, fact, due)
            changed = rows.sessions[key] != session
            value = encode_session(rows.sessions[key])
            taken_back = False
        else:
            registration = rows.registrations.get(key)
            told = registration.events_due if registration else ()
            stands = rows.registrations[key] = merged_registration(
                registration, fact, due, self._questions, self._fields
            )
            changed = stands != registration
            value = encode_registration(stands)
            taken_back = stands.retracted or stands.status == "cancelled"
        if changed:
            view.put(ENGAGEMENT_TABLE, key, value)
            view.learned()
        first_due = None if due in told or taken_back else due
        return KeptFact(first_due, is_news=changed or view.lineage is None, as_it_happened=just_now)

    def _send(
        self,
        fact: Registration | Result,
        rows: ContactRows,
        scored: Scored | None,
        wanted: WantedContact,
        kept: KeptFact,
        view: View,
    ) -> Head:
        """Send what differs from what was sent before; returns the new head."""
        topic, event, just_now = _topic_of(fact.origin, view), kept.event, kept.as_it_happened
        head = rows.head._replace(email=fact.email)
        head = self._rewriter.send_score(fact.contact_id, rows, scored, head, view)
        revision, upsert_digest = head.revision, wanted.digest()
        if upsert_digest != rows.head.upsert_digest or may_bring_back(fact, self._deleted, is_news=kept.is_news):
            revision += 1
            _tell(upsert_contact(fact, revision, wanted, upsert_digest), topic, view, just_now=just_now)
        if event is not None:
            revision += 1
            _tell(self._event(fact, event, revision), topic, view, just_now=just_now)
        asking = self._asking(fact, wanted, rows.head.asked, view.lineage)
        for list_id in asking:
            revision += 1
            _tell(confirm_list(fact, list_id, revision), topic, view, just_now=just_now)
        asked = tuple(sorted({*rows.head.asked, *asking}))
        return head._replace(revision=revision, upsert_digest=upsert_digest, asked=asked)

    def _asking(
        self, fact: Registration | Result, wanted: WantedContact, asked: tuple[int, ...], lineage: Lineage | None
    ) -> list[int]:
        """Lists that the contact is to confirm now: each once, but for who was deleted at Brevo and registers again.

        Brevo's side alone knows who was. A back-fill and a replay ask nobody: who is in it may still be asked when
        something new is heard of them.
        """
        if fact.origin in ("backfill", "replay") or (lineage is not None and not lineage.re_emit):
            return []
        again = self._deleted == "ask" and registers(fact)
        return sorted(set(wanted.lists.to_confirm) - (set() if again else set(asked)))

    def _tell_notice(self, fact: Notice, head: Head, told_ms: int, view: View) -> None:
        """Nothing for who was never written to Brevo, such as those who only registered for a meeting."""
        switched_on = self._events.started if fact.moment == "started" else self._events.ended
        if not switched_on or not head.upsert_digest:
            return
        head = head._replace(revision=head.revision + 1)
        just_now = has_just_happened(fact, None, told_ms, view)
        _tell(notice_event(fact, head.revision), _topic_of(fact.origin, view), view, just_now=just_now)
        view.put(ENGAGEMENT_TABLE, head_key(fact.contact_id), encode_head(head))

    def _tell_session(self, fact: SessionRecording, view: View) -> None:
        """A campaign goes with bulk priority: it is never ahead of what concerns one contact."""
        row_key = campaign_row_key(fact)
        told = told_by(fact, self._chosen) if view.get(ENGAGEMENT_TABLE, row_key) is None else None
        if told is None:
            return
        view.put(ENGAGEMENT_TABLE, row_key, pack([told]))
        if told == "campaign":
            view.send(BREVO_COMMANDS_BULK.name, fact.contact_id.encode(), campaign_command(fact))

    def _tell_recordings(
        self, fact: Registration | Result | Recording, rows: ContactRows, head: Head, told_ms: int, view: View
    ) -> Head:
        revision = head.revision
        for key, row in self._recordings.due(fact, rows):
            revision += 1
            command = self._recordings.command(fact, row, rows, revision)
            just_now = isinstance(fact, Recording) and has_just_happened(fact, None, told_ms, view)
            _tell(command, _topic_of(row.origin, view), view, just_now=just_now)
            view.put(ENGAGEMENT_TABLE, key, encode_recording(row._replace(told=True)))
        return head._replace(revision=revision)

    def _event(self, fact: Registration | Result, event: CountedEvent, revision: int) -> TrackEvent:
        if isinstance(fact, Registration):
            return registered_event(fact, revision)
        score = self._assessor.model.points(merged_session(None, fact, None)).score
        return result_event(fact, event, revision, score)


def _tell(command: BrevoCommand, topic: str, view: View, *, just_now: bool) -> None:
    told = command.model_copy(update={"as_it_happened": True}) if just_now else command
    view.send(topic, command.contact_id.encode(), told)


def _topic_of(origin: Origin, view: View) -> str:
    """The topic of a command: what a back-fill or a replay brings comes behind live work."""
    return (BREVO_COMMANDS if origin == "live" and view.lineage is None else BREVO_COMMANDS_BULK).name


def _keep_recording(fact: Recording, rows: ContactRows, view: View, *, told: bool) -> bool:
    """Keep it; `told`: the session gets a campaign, and its people never anything else. False when it was known."""
    key = fact_key(fact)
    before = rows.recordings.get(key)
    row = merged_recording(before, fact)
    row = rows.recordings[key] = row._replace(told=row.told or told)
    if row != before:
        view.put(ENGAGEMENT_TABLE, key, encode_recording(row))
    return row != before
