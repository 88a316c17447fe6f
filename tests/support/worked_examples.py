"""The worked examples of docs/reference/attendance.md as webhooks and answers of Zoom, and what must come of them.

One line a fact. Times are UTC of 2026-08-19, or so many days before or after it: `10:00`, `-1d 16:00`.

    webinar 10:00 60 min                    its date; `series 10:00 60 min: one, two +7d` has several, `meeting` none
    setting attended_minimum 5m             of the section `sessions`
    registered bo [for two] [at -3d 09:00] [by list]
    run A 10:00-11:00 [practice]            `A 10:00-` has no `ended`
    ana in A 10:00-10:55 [phone]            a connection; a side that is missing was lost; `host` is the host
    report A: ana 10:00-10:50, - 10:00-10:20 [phone]     rows; `-` has no identity; `report A: none`
    => ana attended 55 min                  status and whole minutes; `=> ana nothing`: no result
    => session 10:00-11:00                  live time; `=> no session`
    => rehearsals 1                         any of the summary's counts
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from sandbox.zoom.state import Instance, ZoomObject, ZoomState
from schemas.instants import format_instant, parse_instant
from tests.support.tracking import Pipeline, configuration

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "attendance.md"
DAY = parse_instant("2026-08-19T00:00:00Z") or 0
OBJECT, HOST = "93577204816", "host"
TIME = r"(?:[+-]\d+d )?\d\d:\d\d(?::\d\d)?"


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
    parts = [int(each) for each in clock.split(":")] + [0]
    return DAY + int(day[:-1] or 0) * 86_400 + parts[0] * 3_600 + parts[1] * 60 + parts[2]


def address(name: str) -> str:
    """Of a person of the example."""
    return f"{name}@example.com"


@dataclass
class Example:
    """One example on its way to the rules."""

    kind: str = "meeting"
    zoom_type: int = 2
    start: int | None = None
    minutes: int = 60
    dates: dict[str, int] = field(default_factory=dict)
    sessions: dict[str, Any] = field(default_factory=dict)
    bodies: list[bytes] = field(default_factory=list)
    registrants: list[dict[str, Any]] = field(default_factory=list)
    runs: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    reports: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
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

    def say(self, name: str, at: int, **fields: Any) -> None:
        """A webhook, a second later."""
        item = {"id": OBJECT, "host_id": HOST, "topic": "T", "type": self.zoom_type, "duration": self.minutes, **fields}
        payload = {"account_id": ZoomState().account_id, "object": item}
        body = {"event": f"{self.kind}.{name}", "event_ts": at * 1_000 + 1_000, "payload": payload}
        self.bodies.append(orjson.dumps(body))

    def date(self, match: re.Match[str]) -> None:
        """`webinar 10:00 60 min`, `series 10:00 60 min: one, two +7d, three +4h`."""
        self.kind, self.zoom_type, self.minutes = "webinar", 9 if match["dates"] else 5, int(match["minutes"])
        self.start = seconds(match["at"])
        for each in filter(None, (match["dates"] or "").split(", ")):
            name, _, later = each.partition(" ")
            self.dates[name] = self.start + int(later[:-1] or 0) * (3_600 if later.endswith("h") else 86_400)

    def setting(self, match: re.Match[str]) -> None:
        """`setting attended_minimum 5m`."""
        value = match["value"]
        self.sessions[match["name"]] = float(value) if re.fullmatch(r"[\d.]+", value) else value

    def registered(self, match: re.Match[str]) -> None:
        """`registered bo for two at -3d 09:00 by list`."""
        at, name = seconds(match["at"] or "-3d 09:00"), match["who"]
        row = {"id": f"R{name}", "email": address(name), "first_name": name.title(), "status": "approved"}
        named = [match["date"]] if match["date"] else []
        listed = {"occurrence_ids": named or list(self.dates)} if self.dates else {}
        self.registrants.append({**row, "create_time": format_instant(at), **listed})
        if match["list"] is None:
            occurrences = [{"occurrence_id": each, "start_time": format_instant(self.dates[each])} for each in named]
            starts = {} if self.start is None else {"start_time": format_instant(self.start)}
            self.say("registration_created", at, registrant=row, occurrences=occurrences, **starts)

    def run(self, match: re.Match[str]) -> None:
        """`run A 10:00-11:00 practice`."""
        uuid, start = match["run"], seconds(match["from"])
        end = seconds(match["to"], match["from"]) if match["to"] else None
        self.runs[uuid] = (start, end)
        self.say("started", start, uuid=uuid, start_time=format_instant(start))
        if end is not None:
            over = {"end_time": format_instant(end), "practice_session": match["practice"] is not None}
            self.say("ended", end, uuid=uuid, start_time=format_instant(start), **over)

    def stay(self, match: re.Match[str]) -> None:
        """`ana in A 10:00-10:55 phone`."""
        who, uuid = match["who"], match["run"]
        own = {"participant_user_id": HOST} if who == HOST else {} if who == "-" else {"email": address(who)}
        device = f"{who} {match['device'] or 'pc'}"
        shown = {"user_name": who.title(), "participant_uuid": device, "user_id": f"no. of {device}", **own}
        if match["from"]:
            join = seconds(match["from"])
            self.say("participant_joined", join, uuid=uuid, participant={**shown, "join_time": format_instant(join)})
        if match["to"]:
            leave = seconds(match["to"], match["from"])
            self.say("participant_left", leave, uuid=uuid, participant={**shown, "leave_time": format_instant(leave)})

    def report(self, match: re.Match[str]) -> None:
        """`report A: ana 10:00-10:50, - 10:00-10:20 ana phone`: a row without identity has that connection's number."""
        rows = self.reports.setdefault(match["run"], [])
        for each in [] if match["rows"] == "none" else match["rows"].split(", "):
            row = re.fullmatch(rf"(?P<who>\S+) (?P<from>{TIME})-(?P<to>{TIME})(?: of (?P<device>.+))?", each)
            if row is None:
                raise ValueError(f"no such row: {each}")
            start, end = seconds(row["from"]), seconds(row["to"], row["from"])
            own = {} if row["who"] == "-" else {"user_email": address(row["who"])}
            number = f"no. of {row['device'] or row['who'] + ' pc'}"
            times = {"join_time": format_instant(start), "leave_time": format_instant(end), "duration": end - start}
            rows.append({"user_id": number, "name": "", **own, **times})

    def expect(self, match: re.Match[str]) -> None:
        """`=> ana attended 55 min`."""
        self.expected.append(match["what"])

    def zoom(self) -> ZoomState:
        """What Zoom answers."""
        dates = [
            {
                "occurrence_id": name,
                "start_time": format_instant(start),
                "duration": self.minutes,
                "status": "available",
            }
            for name, start in self.dates.items()
        ]
        details = {"id": OBJECT, "host_id": HOST, "topic": "T", "type": self.zoom_type, "duration": self.minutes}
        if self.start is not None:
            details["start_time"] = format_instant(self.start)
        runs = tuple(
            Instance(
                uuid=uuid,
                start_time=format_instant(start),
                end_time=format_instant(end) if end is not None else None,
                participants=tuple(self.reports.get(uuid, ())),
            )
            for uuid, (start, end) in self.runs.items()
        )
        kind: Any = self.kind
        session = ZoomObject(
            object_type=kind,
            details={**details, **({"occurrences": dates} if dates else {})},
            registrants=tuple(self.registrants),
            instances=runs,
        )
        return ZoomState(sessions=(session,))


_LINES: tuple[tuple[str, Any], ...] = (
    (rf"(?:webinar|series) (?P<at>{TIME}) (?P<minutes>\d+) min(?:: (?P<dates>.+))?", Example.date),
    (r"setting (?P<name>\w+) (?P<value>\S+)", Example.setting),
    (rf"registered (?P<who>\w+)(?: for (?P<date>\w+))?(?: at (?P<at>{TIME}))?(?P<list> by list)?", Example.registered),
    (rf"run (?P<run>\w+) (?P<from>{TIME})-(?P<to>{TIME})?(?P<practice> practice)?", Example.run),
    (rf"(?P<who>[\w-]+) in (?P<run>\w+) (?P<from>{TIME})?-(?P<to>{TIME})?(?: (?P<device>\w+))?", Example.stay),
    (r"report (?P<run>\w+): (?P<rows>.+)", Example.report),
    (r"=> (?P<what>.+)", Example.expect),
    (r"meeting", lambda _example, _match: None),
)


def outcome(text: str) -> tuple[set[str], set[str]]:
    """(what an example says must come of it, what comes of it) in the example's words."""
    example = Example()
    for line in text.splitlines():
        example.read(line.strip())
    checks = ["5m", "15m"] if example.reports else []
    pipeline = Pipeline(configuration(sessions={"report_checks": checks, **example.sessions}), example.zoom())
    pipeline.now_ms = max(orjson.loads(body)["event_ts"] for body in example.bodies) + 1_000
    pipeline.feed(example.bodies)
    pipeline.settle(hours=80)
    return set(example.expected), {each for each in example.expected if _is_so(each, pipeline)}


def _is_so(said: str, pipeline: Pipeline) -> bool:
    results = {each.email.partition("@")[0]: each for each in pipeline.results.values()}
    summaries = list(pipeline.summaries.values())
    if said == "no session":
        return not summaries
    if (match := re.fullmatch(rf"session (?P<from>{TIME})-(?P<to>{TIME})", said)) is not None:
        spans = [(summary.started_at, summary.ended_at) for summary in summaries]
        wanted = (seconds(match["from"]), seconds(match["to"], match["from"]))
        return [tuple(int(at.timestamp()) for at in span if at) for span in spans] == [wanted]
    if (match := re.fullmatch(r"(?P<count>[a-z_]+) (?P<number>\d+)", said)) is not None:
        return [getattr(summary.counts, match["count"]) for summary in summaries] == [int(match["number"])]
    who, _, what = said.partition(" ")
    if what == "nothing":
        return who not in results
    if who not in results:
        return False
    result = results[who]
    minutes = (result.attended_seconds + 30) // 60
    return what in (
        result.attendance_status,
        f"{result.attendance_status} {minutes} min",
        (result.reason or "").replace("_", " "),
    )
