"""`track-attendance` and `score-engagement` on tables in memory, with Zoom's answers and a clock that jumps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from random import Random

import orjson

from processors.agents import scoring_rule, tracking_rule
from processors.attendance.agent import SPEC as TRACK
from processors.attendance.book import ATTENDANCE_TABLE, DUE_WORK, due_ms
from processors.attendance.settings import TrackingSettings
from processors.engagement.agent import SPEC as SCORE
from processors.engine.memory_store import MemoryStore, run_turn
from processors.engine.view import Output, Record, Rule
from processors.zoom.questions.participation import participation
from runtime.models import Configuration
from sandbox.zoom.state import Instance, StateRow, ZoomObject, ZoomState
from schemas.attendance import FACT, AnyFact, Recording, Registration, Result
from schemas.brevo import BREVO_COMMAND, OnceCommand, SendCampaign, SendRecording, TrackEvent, UpsertContact
from schemas.cloud_events import Headers
from schemas.codec import normalise_email
from schemas.erasure import ERASURE, Erasure, ErasureProgress
from schemas.instants import as_datetime
from schemas.lookups import LOOKUP, LookupKind, LookupRequest, LookupResult
from schemas.redaction import redacted
from schemas.sessions import SessionSummary
from schemas.ticks import Tick
from schemas.topics import (
    ATTENDANCE_RESULTS,
    ATTENDANCE_SESSIONS,
    BREVO_COMMANDS,
    BREVO_COMMANDS_BULK,
    ERASURES,
    LOOKUP_RESULTS,
    LOOKUPS,
    LOOKUPS_BULK,
    RAW_EVENTS,
    TICKS,
)

START_MS = 1_800_000_000_000


def configuration(account_id: str = ZoomState().account_id, **sections: object) -> Configuration:
    """The guide's configuration with the demo's lists."""
    mapping = {
        "name": "FIRSTNAME",
        "join_time": "MEETING_JOIN_DATE",
        "duration": "MEETING_DURATION",
        "webinar_title": "WEBINAR_NAME",
        "attendance_status": "ATTENDANCE_STATUS",
        "registration_source": "UTM_SOURCE",
    }
    lists = {"meeting_participants": 15, "webinar_attendees": 16, "webinar_registrants": 17, "webinar_no_shows": 18}
    zoom = {"account_id": account_id, "lists": lists}
    return Configuration.model_validate({"connectors": {"zoom": zoom}, "field_mapping": mapping, **sections})


def answer_rows(zoom: ZoomState, request: LookupRequest, readings: int = 0) -> tuple[StateRow, ...] | None:
    """What Zoom answers to a question; ``None``: it knows no such thing.

    Args:
        zoom: what it holds.
        request: the question.
        readings: how often the report of the run was read before.
    """
    if request.lookup == "identities":
        return _identity_rows(zoom, request)
    found = zoom.session(request.object_type, request.object_id)
    if found is None:
        return None
    session, _latest = found
    if request.lookup == "session":
        return (session.details,)
    if request.lookup == "panelists":
        return session.panelists
    if request.lookup == "registrants":
        return _registrant_rows(session, request.occurrence_id)
    ended = [instance for instance in session.instances if instance.uuid == request.session_uuid and instance.end_time]
    if ended and request.lookup == "report" and readings < len(ended[0].earlier_readings):
        return _reported(ended[0].earlier_readings[readings])
    return _rows_of(ended[0], request.lookup) if ended else None


def _identity_rows(zoom: ZoomState, request: LookupRequest) -> tuple[StateRow, ...]:
    hits = [user for user in zoom.users if user.get("id") in request.user_ids]
    hits += [user for user in zoom.users if normalise_email(user["email"]) in request.emails]
    return tuple({"id": user.get("id", ""), "email": user["email"]} for user in hits)


def _registrant_rows(session: ZoomObject, occurrence_id: str | None) -> tuple[StateRow, ...]:
    """Of one occurrence, or all; who names none is registered for each."""
    return tuple(
        {name: value for name, value in row.items() if name != "occurrence_ids"}
        for row in session.registrants
        if occurrence_id is None or not row.get("occurrence_ids") or occurrence_id in row["occurrence_ids"]
    )


def _rows_of(instance: Instance, lookup: LookupKind) -> tuple[StateRow, ...] | None:
    rows: dict[LookupKind, tuple[StateRow, ...] | None] = {
        "report": _reported(instance.participants),
        "absentees": instance.absentees,
        "polls": tuple(participation("polls", instance.polls)),
        "questions": tuple(participation("questions", instance.questions)),
        "recordings": None if instance.recording is None else (redacted(instance.recording),),
    }
    return rows.get(lookup, ({"end_time": instance.end_time},))


def _reported(rows: tuple[StateRow, ...]) -> tuple[StateRow, ...]:
    """As reports show them: which are of own users Zoom says in its lists of past participants alone."""
    return tuple({name: value for name, value in row.items() if name != "internal_user"} for row in rows)


class Pipeline:
    """Feeds records to the rules turn by turn; what a rule sends to itself comes back to it.

    Args:
        settings: the configuration.
        zoom: answers look-ups at once.
        random: decides how many records a turn has; ``None``: one each.
        step: how many people (or rows) one step of a closing handles; ``None``: as many as in production.
    """

    def __init__(
        self, settings: Configuration, zoom: ZoomState, random: Random | None = None, step: int | None = None
    ) -> None:
        self.settings = settings
        self.zoom = zoom
        self.stores = {name: MemoryStore() for name in (*TRACK.tables, *SCORE.tables)}
        self.now_ms = START_MS
        self.sent: dict[str, list[Output]] = {}
        self.asked: list[LookupRequest] = []
        self.refused: frozenset[LookupKind] = frozenset()
        """What Zoom may not be asked."""
        self.held_back: frozenset[LookupKind] = frozenset()
        """What Zoom does not answer until `let_through`."""
        self.mute: frozenset[str] = frozenset()
        """Accounts whose questions Zoom never answers."""
        self._kept: list[LookupRequest] = []
        self._random = random
        self._step = step
        self._offset = 0
        self.restart()

    def restart(self, revision_floor: int = 0) -> None:
        """Begin with new rules on the same tables, as after a crash, or after a switch."""
        settings = replace(TrackingSettings.from_configuration(self.settings), revision_floor=revision_floor)
        self._track: Rule = tracking_rule(settings if self._step is None else replace(settings, step=self._step))
        self._score: Rule = scoring_rule(self.settings, revision_floor)

    def feed(self, bodies: Iterable[bytes], origin: bytes = b"live", headers: Headers = ()) -> None:
        """Webhooks arrive, in turns, without any time passing."""
        self._run(self._track, RAW_EVENTS.name, list(bodies), TRACK.tables, (("origin", origin), *headers))

    def forget(self, erasure: Erasure) -> dict[str, dict[str, int]]:
        """Both agents are told, and sweep their tables; returns what each says it removed, by table."""
        self._deliver(Output.of(ERASURES.name, erasure.record_key, erasure))
        told = [ERASURE.validate_json(output.value or b"") for output in self.sent[ERASURES.name]]
        return {
            progress.agent: progress.removed
            for progress in told
            if isinstance(progress, ErasureProgress) and progress.is_done
        }

    def repeat(self, topic: str, values: Iterable[bytes]) -> None:
        """Records reach the rule that it has had before, as after a crash."""
        self._run(self._track, topic, list(values), TRACK.tables)

    def rows(self, prefix: bytes = b"") -> list[tuple[bytes, bytes]]:
        """What the rule keeps of the account, by its own keys; without what is due."""
        of_account = f"|{self.zoom.account_id}|".encode()
        found = (
            (*key.partition(of_account), value) for key, value in sorted(self.stores[ATTENDANCE_TABLE].rows.items())
        )
        rows = [(letter + b"|" + rest, value) for letter, separator, rest, value in found if separator]
        return [row for row in rows if row[0].startswith(prefix) and not row[0].startswith((DUE_WORK, b"owner|"))]

    @property
    def asked_live(self) -> int:
        """Questions to Zoom that went before those of a back-fill."""
        return len(self.sent.get(LOOKUPS.name, []))

    def let_through(self, lookup: LookupKind) -> None:
        """Answer the questions of a kind that were held back, and those to come at once."""
        self.held_back -= {lookup}
        answered = [answer for answer in self._kept if answer.lookup == lookup]
        self._kept = [answer for answer in self._kept if answer.lookup != lookup]
        for request in answered:
            self._run(self._track, LOOKUP_RESULTS.name, self._answers(request), TRACK.tables)

    def waits_with(self, other: Pipeline) -> None:
        """Zoom's answers to what another one has asked come to this one."""
        self.held_back, self._kept = other.held_back, other._kept

    def settle(self, hours: float = 12) -> None:
        """Let so much time pass; what is due meanwhile is done at its time."""
        horizon = self.now_ms + int(hours * 3_600_000)
        while (due := self._next_due()) is not None and due <= horizon:
            self.now_ms = max(self.now_ms, due)
            tick = Tick(kind="clock", now=as_datetime(self.now_ms // 1000))
            self._run(self._track, TICKS.name, [tick.to_bytes()], TRACK.tables)
        self.now_ms = horizon

    @property
    def results(self) -> dict[tuple[str, str], Result]:
        """The result that stands, by (session, contact); retracted ones are left out."""
        latest: dict[tuple[str, str], Result] = {}
        for fact in self.facts:
            if isinstance(fact, Result):
                known = latest.get((fact.session_uuid, fact.contact_id))
                assert known is None or fact.revision > known.revision, "a revision went back"
                latest[fact.session_uuid, fact.contact_id] = fact
        return {key: result for key, result in latest.items() if not result.retracted}

    @property
    def registrations(self) -> dict[tuple[str, str], Registration]:
        """The registration that stands, by (registrant, contact)."""
        facts = (fact for fact in self.facts if isinstance(fact, Registration))
        latest = {(fact.registrant_id, fact.contact_id): fact for fact in facts}
        return {key: registration for key, registration in latest.items() if not registration.retracted}

    @property
    def summaries(self) -> dict[str, SessionSummary]:
        """The latest summary by session, of those that results were told of."""
        return {uuid: states for uuid, states in self.told_sessions.items() if states.state in ("live", "final")}

    @property
    def told_sessions(self) -> dict[str, SessionSummary]:
        """What was last told of each session that stands, running ones too."""
        return {uuid: told[-1] for uuid, told in self.session_states.items() if not told[-1].retracted}

    @property
    def session_states(self) -> dict[str, list[SessionSummary]]:
        """Everything that was told by session, in order."""
        told: dict[str, list[SessionSummary]] = {}
        for output in self.sent.get(ATTENDANCE_SESSIONS.name, []):
            summary = SessionSummary.from_bytes(output.value or b"")
            told.setdefault(summary.session_uuid, []).append(summary)
        return told

    @property
    def upserts(self) -> dict[str, UpsertContact]:
        """The newest upsert by e-mail."""
        commands = self.commands
        return {command.email: command for command in commands if isinstance(command, UpsertContact)}

    @property
    def events(self) -> list[TrackEvent]:
        """Every event command, in order."""
        return [command for command in self.commands if isinstance(command, TrackEvent)]

    @property
    def recordings(self) -> list[Recording]:
        """Every fact that tells of a recording, in order."""
        return [fact for fact in self.facts if isinstance(fact, Recording)]

    @property
    def recordings_told(self) -> list[TrackEvent | SendRecording]:
        """Every command that tells somebody of a recording, in order."""
        told = (command for command in self.commands if isinstance(command, TrackEvent | SendRecording))
        return [command for command in told if command.name == "zoom_recording_ready"]

    @property
    def campaigns(self) -> list[SendCampaign]:
        """Every command for a campaign, in order."""
        return [command for command in self.commands if isinstance(command, SendCampaign)]

    @property
    def facts(self) -> list[AnyFact]:
        """Everything published about anybody, in order."""
        return [FACT.validate_json(output.value or b"") for output in self.sent.get(ATTENDANCE_RESULTS.name, [])]

    @property
    def commands(self) -> list[UpsertContact | OnceCommand]:
        """Every command to the sink, live ones first."""
        return [
            BREVO_COMMAND.validate_json(output.value or b"")
            for output in [*self.sent.get(BREVO_COMMANDS.name, []), *self.sent.get(BREVO_COMMANDS_BULK.name, [])]
        ]

    def _next_due(self) -> int | None:
        rows = self.stores[ATTENDANCE_TABLE].scan(DUE_WORK, b"")
        return next((due_ms(key) for key, _value in rows), None)

    def _run(self, rule: Rule, topic: str, values: list[bytes], tables: tuple[str, ...], headers: Headers = ()) -> None:
        while values:
            size = self._random.randint(1, 40) if self._random else 1
            self._turn(rule, topic, values[:size], tables, headers)
            values = values[size:]

    def _turn(self, rule: Rule, topic: str, values: list[bytes], tables: tuple[str, ...], headers: Headers) -> None:
        records = []
        for value in values:
            self._offset += 1
            records.append(Record(topic, 0, self._offset, self.now_ms, b"", value, headers, self.now_ms))
        for output in run_turn(rule, records, {name: self.stores[name] for name in tables}):
            self._deliver(output)

    def _deliver(self, output: Output) -> None:
        self.sent.setdefault(output.topic, []).append(output)
        if output.topic == TICKS.name:
            self._run(self._track, TICKS.name, [output.value or b""], TRACK.tables, output.headers)
        elif output.topic in (LOOKUPS.name, LOOKUPS_BULK.name):
            request = LOOKUP.validate_json(output.value or b"")
            assert isinstance(request, LookupRequest)
            if request.account_id in self.mute:
                return
            if request.lookup in self.held_back:
                self._kept.append(request)
                return
            self._run(self._track, LOOKUP_RESULTS.name, self._answers(request), TRACK.tables)
        elif output.topic == ERASURES.name:
            self._run(self._track, ERASURES.name, [output.value or b""], TRACK.tables)
            self._run(self._score, ERASURES.name, [output.value or b""], SCORE.tables)
        elif output.topic == ATTENDANCE_RESULTS.name:
            self._run(self._score, ATTENDANCE_RESULTS.name, [output.value or b""], SCORE.tables, output.headers)

    def _answers(self, request: LookupRequest) -> list[bytes]:
        readings = sum(asked.lookup == "report" and asked.session_uuid == request.session_uuid for asked in self.asked)
        self.asked.append(request)
        is_refused = request.lookup in self.refused
        is_known = request.account_id == self.zoom.account_id
        rows = answer_rows(self.zoom, request, readings) if is_known and not is_refused else None
        pages = [(rows or ())[start : start + 300] for start in range(0, len(rows or ()) or 1, 300)]
        return [
            LookupResult(
                request_id=request.request_id,
                lookup=request.lookup,
                account_id=request.account_id,
                object_id=request.object_id,
                object_type=request.object_type,
                session_uuid=request.session_uuid,
                occurrence_id=request.occurrence_id,
                origin=request.origin,
                page=number,
                last=number == len(pages) - 1,
                outcome="unavailable" if is_refused else "missing" if rows is None else "found",
                rows=orjson.loads(orjson.dumps(page)),
                answered_at=as_datetime(self.now_ms // 1000),
            ).to_bytes()
            for number, page in enumerate(pages)
        ]
