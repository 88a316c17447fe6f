"""The worked examples of docs/reference/attendance.md as webhooks and answers of Zoom.

One line a fact. Times are UTC of 2026-08-19, or so many days before or after it: `10:00`, `-1d 16:00`. What stands in
brackets are Zoom's fields of a registrant or a participant: `(first_name Ana; source newsletter)`.

    webinar 10:00 60 min                    its date; `series 10:00 60 min: one, two +7d` has several, `meeting` none;
                                            `of type 6`, behind it, makes it another
    told at -5d 09:00: 10:00                `webinar.updated` with that start; `told at -5d 09:00: two +6d 10:00`
    deleted one at +1d 09:00                that date, and Zoom says so when it is asked
    titled Spring talk                      its topic; `time zone America/Los_Angeles` is Zoom's, too
    setting sessions.settle 2m              of the configuration
    panelist pia                            `colleague tom` is a user of the account
    registered bo [for two] [at -3d 09:00] [by list] [(…)]
    cancelled bo at -1d 09:00               or `denied`
    run A 10:00-11:00 [practice]            `unheard`: no `ended` came; `A 10:00-`: Zoom knows no end either
    ana in A 10:00-10:55 [phone] [(…)]      a connection; a side that is missing was lost; `host` is the host
    bound ana phone to bo pc in A           Zoom says that a phone is of who sits there; `by number`: by a `user_id`,
                                            `by both`: by a `participant_uuid` of nobody as well
    reading A: none                         what Zoom's report gave first
    report A: ana 10:00-10:50, - 10:00-10:20 of ana phone     rows; `-` has no identity; `report A: none`;
                                            `bo 10:00-11:00 waiting` was in the waiting room
    recording A at 11:30                    is told by webhook
    => ana attended 55 min                  what comes of it: `tests/support/worked_outcomes.py`
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import yaml

from sandbox.zoom.state import Instance, ZoomObject, ZoomState
from schemas.instants import format_instant, parse_instant

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "attendance.md"
DAY = parse_instant("2026-08-19T00:00:00Z") or 0
OBJECT, HOST = "93577204816", "host"
TIME = r"(?:[+-]\d+d )?\d\d:\d\d(?::\d\d)?"
FIELDS = r"(?: \((?P<fields>.+)\))?"


def examples() -> list[tuple[str, str]]:
    """(heading that it stands under, lines) of the page's examples."""
    found, heading = [], ""
    for block in re.split(r"^(?=#+ )|^(?=```example)", PAGE.read_text("utf-8"), flags=re.MULTILINE):
        if block.startswith("#"):
            heading = block.splitlines()[0].lstrip("# ")
        elif block.startswith("```example"):
            found.append((heading, block.split("```")[1].removeprefix("example").strip()))
    return found


def seconds(text: str, begun: str | None = None) -> int:
    """Since 1970, of a time of the example; on the day of `begun`, unless it names another."""
    day, _, clock = text.rpartition(" ")
    day = day or (begun or "").rpartition(" ")[0]
    parts = [int(part) for part in clock.split(":")] + [0]
    return DAY + int(day[:-1] or 0) * 86_400 + parts[0] * 3_600 + parts[1] * 60 + parts[2]


def address(name: str) -> str:
    """Of a person of the example."""
    return f"{name}@example.com"


def _fields(match: re.Match[str]) -> dict[str, Any]:
    """Zoom's fields that stand in brackets."""
    pairs = [field.partition(" ") for field in (match["fields"] or "").split("; ") if field]
    fields: dict[str, Any] = {name: value for name, _blank, value in pairs}
    if (source := fields.pop("source", None)) is not None:
        fields["tracking_source"] = {"source_name": source}
    if (answer := fields.pop("answer", None)) is not None:
        title, _, value = answer.partition(": ")
        fields["custom_questions"] = [{"title": title, "value": value}]
    return fields


@dataclass
class Example:
    """One example on its way to the rules."""

    kind: str = "meeting"
    zoom_type: int = 2
    topic: str = "T"
    time_zone: str | None = None
    webhooks_zone: str | None = None
    start: int | None = None
    minutes: int = 60
    dates: dict[str, int] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    configured: dict[str, dict[str, Any]] = field(default_factory=dict)
    bodies: list[bytes] = field(default_factory=list)
    registrants: dict[str, dict[str, Any]] = field(default_factory=dict)
    panelists: list[dict[str, Any]] = field(default_factory=list)
    users: list[dict[str, Any]] = field(default_factory=list)
    runs: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    readings: dict[str, list[list[dict[str, Any]]]] = field(default_factory=dict)
    """Of each run's report, the last of them for good."""
    expected: list[str] = field(default_factory=list)

    def read(self, line: str) -> None:
        """One line.

        Raises:
            ValueError: it is none of the forms above.
        """
        for pattern, take in _LINES:
            if (match := re.fullmatch(pattern, line)) is not None:
                take(self, match)
                return
        raise ValueError(f"no such line: {line}")

    def say(self, event: str, at: int, **fields: Any) -> None:
        """A webhook, a second later."""
        named = event if "." in event else f"{self.kind}.{event}"
        item = {"id": OBJECT, "host_id": HOST, "topic": self.topic, "type": self.zoom_type, "duration": self.minutes}
        zone = {} if self.webhooks_zone is None else {"timezone": self.webhooks_zone}
        payload = {"account_id": ZoomState().account_id, "object": {**item, **zone, **fields}}
        self.bodies.append(orjson.dumps({"event": named, "event_ts": at * 1_000 + 1_000, "payload": payload}))

    def date(self, match: re.Match[str]) -> None:
        """`webinar 10:00 60 min`, `series 10:00 60 min: one, two +7d, three +4h`."""
        self.kind, self.zoom_type, self.minutes = "webinar", 9 if match["dates"] else 5, int(match["minutes"])
        self.start = seconds(match["at"])
        for entry in filter(None, (match["dates"] or "").split(", ")):
            name, _, later = entry.partition(" ")
            self.dates[name] = self.start + int(later[:-1] or 0) * (3_600 if later.endswith("h") else 86_400)

    def told(self, match: re.Match[str]) -> None:
        """`told at -5d 09:00: two +6d 10:00`."""
        start = format_instant(seconds(match["start"]))
        if match["date"] is None:
            self.say("updated", seconds(match["at"]), start_time=start)
        else:
            date = {"occurrence_id": match["date"], "start_time": start}
            self.say("updated", seconds(match["at"]), occurrences=[date])

    def delete(self, match: re.Match[str]) -> None:
        """`deleted one at +1d 09:00`."""
        self.deleted.add(match["date"])
        self.say("deleted", seconds(match["at"]), occurrences=[{"occurrence_id": match["date"]}])

    def setting(self, match: re.Match[str]) -> None:
        """`setting sessions.attended_minimum 5m`."""
        section, *path, name = match["name"].split(".")
        inner = self.configured.setdefault(section, {})
        for step in path:
            inner = inner.setdefault(step, {})
        inner[name] = yaml.safe_load(match["value"])

    def known(self, match: re.Match[str]) -> None:
        """`panelist pia`, `colleague tom`."""
        who = {"id": match["who"], "email": address(match["who"])}
        (self.panelists if match["what"] == "panelist" else self.users).append(who)

    def registered(self, match: re.Match[str]) -> None:
        """`registered bo for two at -3d 09:00 by list`."""
        at, name = seconds(match["at"] or "-3d 09:00"), match["who"]
        row = {"id": f"R{name}", "email": address(name), "first_name": name.title(), "status": "approved"}
        row |= _fields(match)
        named = [match["date"]] if match["date"] else []
        listed = {"occurrence_ids": named or list(self.dates)} if self.dates else {}
        self.registrants[name] = {**row, "create_time": format_instant(at), **listed}
        if match["list"] is None:
            occurrences = [{"occurrence_id": name, "start_time": format_instant(self.dates[name])} for name in named]
            starts = {} if self.start is None else {"start_time": format_instant(self.start)}
            self.say("registration_created", at, registrant=row, occurrences=occurrences, **starts)

    def changed(self, match: re.Match[str]) -> None:
        """`cancelled bo at -1d 09:00`."""
        row = self.registrants[match["who"]]
        row["status"] = match["status"]
        said = {name: row[name] for name in ("id", "email", "first_name")}
        self.say(f"registration_{match['status']}", seconds(match["at"]), registrant=said)

    def run(self, match: re.Match[str]) -> None:
        """`run A 10:00-11:00 practice`."""
        uuid, start = match["run"], seconds(match["from"])
        end = seconds(match["to"], match["from"]) if match["to"] else None
        self.runs[uuid] = (start, end)
        self.say("started", start, uuid=uuid, start_time=format_instant(start))
        if end is not None and match["kind"] != "unheard":
            over = {"end_time": format_instant(end), "practice_session": match["kind"] == "practice"}
            self.say("ended", end, uuid=uuid, start_time=format_instant(start), **over)

    def stay(self, match: re.Match[str]) -> None:
        """`ana in A 10:00-10:55 phone`."""
        who, uuid = match["who"], match["run"]
        own = {"participant_user_id": HOST} if who == HOST else {} if who == "-" else {"email": address(who)}
        shown = {"user_name": who.title(), **_device(f"{who} {match['device'] or 'pc'}"), **own, **_fields(match)}
        if match["from"]:
            join = seconds(match["from"])
            self.say("participant_joined", join, uuid=uuid, participant={**shown, "join_time": format_instant(join)})
        if match["to"]:
            leave = seconds(match["to"], match["from"])
            self.say("participant_left", leave, uuid=uuid, participant={**shown, "leave_time": format_instant(leave)})

    def bound(self, match: re.Match[str]) -> None:
        """`bound ana phone to bo pc in A by number`."""
        start, _end = self.runs[match["run"]]
        seat = _device(match["seat"])
        named = {None: seat["participant_uuid"], "number": "", "both": "nobody's"}[match["by"]]
        number = {} if match["by"] is None else {"bind_user_id": seat["user_id"]}
        participant = {**_device(match["phone"]), "bind_participant_uuid": named, **number}
        self.say("participant_bind", start, uuid=match["run"], participant=participant)

    def promoted(self, match: re.Match[str]) -> None:
        """`promoted ana pc in A`: made a panelist, at the run's start."""
        start, _end = self.runs[match["run"]]
        participant = {**_device(match["seat"]), "old_role": "attendee", "new_role": "panelist"}
        self.say("participant_role_changed", start, uuid=match["run"], participant=participant)

    def report(self, match: re.Match[str]) -> None:
        """`report A: ana 10:00-10:50, - 10:00-10:20 of ana phone`: a row without identity has that one's number."""
        form = rf"(?P<who>\S+) (?P<from>{TIME})-(?P<to>{TIME})(?: of (?P<device>.+?))?(?P<waits> waiting)?"
        rows = []
        for text in [] if match["rows"] == "none" else match["rows"].split(", "):
            row = re.fullmatch(form, text)
            if row is None:
                raise ValueError(f"no such row: {text}")
            start, end = seconds(row["from"]), seconds(row["to"], row["from"])
            own = {} if row["who"] == "-" else {"user_email": address(row["who"])}
            number = _device(row["device"] or f"{row['who']} pc")["user_id"]
            times: dict[str, Any] = {"join_time": format_instant(start), "leave_time": format_instant(end)}
            seen = {"duration": end - start, "status": "in_waiting_room" if row["waits"] else "in_meeting"}
            rows.append({"user_id": number, "name": "", **own, **times, **seen})
        self.readings.setdefault(match["run"], []).append(rows)

    def recording(self, match: re.Match[str]) -> None:
        """`recording A at 11:30`, as long as the run."""
        start, end = self.runs[match["run"]]
        told = {
            "uuid": match["run"],
            "start_time": format_instant(start),
            "duration": ((end or start) - start) // 60,
            "share_url": f"https://zoom.example.com/rec/{match['run']}",
            "recording_files": [{"file_type": "MP4", "status": "completed"}],
        }
        self.say("recording.completed", seconds(match["at"]), **told)

    def expect(self, match: re.Match[str]) -> None:
        """`=> ana attended 55 min`."""
        self.expected.append(match["what"])

    def zoom(self) -> ZoomState:
        """What Zoom answers."""
        details = {"id": OBJECT, "host_id": HOST, "topic": self.topic, "type": self.zoom_type}
        details |= {"duration": self.minutes, "timezone": self.time_zone}
        if self.start is not None:
            details["start_time"] = format_instant(self.start)
        if self.dates:
            details["occurrences"] = [
                {
                    "occurrence_id": name,
                    "start_time": format_instant(start),
                    "duration": self.minutes,
                    "status": "deleted" if name in self.deleted else "available",
                }
                for name, start in self.dates.items()
            ]
        kind: Any = self.kind
        session = ZoomObject(
            object_type=kind,
            details=details,
            registrants=tuple(self.registrants.values()),
            panelists=tuple(self.panelists),
            instances=tuple(self._instance(uuid, *span) for uuid, span in self.runs.items()),
        )
        return ZoomState(sessions=(session,), users=tuple(self.users))

    def _instance(self, uuid: str, start: int, end: int | None) -> Instance:
        *earlier, last = self.readings.get(uuid, [[]])
        return Instance(
            uuid=uuid,
            start_time=format_instant(start),
            end_time=format_instant(end) if end is not None else None,
            participants=tuple(last),
            earlier_readings=tuple(tuple(rows) for rows in earlier),
        )


def _device(name: str) -> dict[str, str]:
    return {"participant_uuid": name, "user_id": f"no. of {name}"}


_WHO, _RUN = r"(?P<who>[\w-]+)", r"(?P<run>\w+)"
_LINES: tuple[tuple[str, Any], ...] = (
    (rf"(?:webinar|series) (?P<at>{TIME}) (?P<minutes>\d+) min(?:: (?P<dates>.+))?", Example.date),
    (r"meeting", lambda _it, _match: None),
    (r"(?:meeting )?of type (?P<type>\d+)", lambda it, match: setattr(it, "zoom_type", int(match["type"]))),
    (rf"told at (?P<at>{TIME}): (?:(?P<date>\w+) )?(?P<start>{TIME})", Example.told),
    (rf"deleted (?P<date>\w+) at (?P<at>{TIME})", Example.delete),
    (r"titled (?P<topic>.+)", lambda it, match: setattr(it, "topic", match["topic"])),
    (r"time zone (?P<zone>\S+)", lambda it, match: setattr(it, "time_zone", match["zone"])),
    (r"time zone (?P<zone>\S+) in webhooks", lambda it, match: setattr(it, "webhooks_zone", match["zone"])),
    (r"setting (?P<name>[\w.]+) (?P<value>.+)", Example.setting),
    (rf"(?P<what>panelist|colleague) {_WHO}", Example.known),
    (
        rf"registered {_WHO}(?: for (?P<date>\w+))?(?: at (?P<at>{TIME}))?(?P<list> by list)?{FIELDS}",
        Example.registered,
    ),
    (rf"(?P<status>cancelled|denied) {_WHO} at (?P<at>{TIME})", Example.changed),
    (rf"run {_RUN} (?P<from>{TIME})-(?P<to>{TIME})?(?: (?P<kind>practice|unheard))?", Example.run),
    (rf"{_WHO} in {_RUN} (?P<from>{TIME})?-(?P<to>{TIME})?(?: (?P<device>\w+))?{FIELDS}", Example.stay),
    (rf"bound (?P<phone>\S+ \w+) to (?P<seat>\S+ \w+) in {_RUN}(?: by (?P<by>number|both))?", Example.bound),
    (rf"promoted (?P<seat>\S+ \w+) in {_RUN}", Example.promoted),
    (rf"(?:reading|report) {_RUN}: (?P<rows>.+)", Example.report),
    (rf"recording {_RUN} at (?P<at>{TIME})", Example.recording),
    (r"=> (?P<what>.+)", Example.expect),
)
