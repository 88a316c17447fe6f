"""What comes of a worked example (see `tests/support/worked_examples.py`), in its own words.

=> ana attended 55 min                  status and whole minutes of a result; `=> ana left before the end`: its reason
=> ana nothing                          no result
=> ana judged 11:00                     when, at the earliest; `=> ana by report`: from what
=> session 10:00-11:00                  live time of the only one; `=> no session`, `=> 2 sessions`, `=> end assumed`
=> rehearsals 1                         any of the summary's counts
=> ana shows duration 55                a source of `field_mapping`; `=> ana shows no duration`
=> ana is on webinar_attendees          a list; `=> ana is not on webinar_no_shows`
=> ana is told zoom_webinar_attended    an event, once; `with minutes 55`; `=> ana is not told zoom_webinar_no_show`
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from schemas.attendance import REGISTRANT_FIELDS, Result
from schemas.brevo import SendRecording, TrackEvent
from schemas.sessions import SessionSummary
from tests.support.tracking import Pipeline, configuration
from tests.support.worked_examples import TIME, Example, address, seconds

SOURCES = (
    *("name", *REGISTRANT_FIELDS, "join_time", "duration", "webinar_title", "attendance_status"),
    *("registration_source", "engagement_score", "engagement_tier", "engagement_why"),
    *("webinars_attended", "meetings_attended", "no_shows"),
)
QUESTION = "Role?"
"""The custom question that is mapped, as the source `Role?`."""


def outcome(text: str) -> tuple[set[str], set[str]]:
    """(what an example says must come of it, what of that comes of it)."""
    example = Example()
    for line in text.splitlines():
        example.read(line.strip())
    outcome = Outcome(played(example))
    return set(example.expected), {sentence for sentence in example.expected if outcome.is_so(sentence)}


def played(example: Example) -> Pipeline:
    """All webhooks in Zoom's order, soon after the last of them, then everything that is due."""
    sections: dict[str, Any] = {"sessions": {}, **example.configured}
    sections["sessions"] = {"report_checks": ["5m", "15m"] if example.readings else [], **sections["sessions"]}
    mapping = {source: source.upper() for source in SOURCES} | {"custom_questions": {QUESTION: QUESTION.upper()}}
    pipeline = Pipeline(configuration(field_mapping=mapping, **sections), example.zoom())
    in_order = sorted(example.bodies, key=_event_ts)
    pipeline.now_ms = _event_ts(in_order[-1]) + 1_000
    pipeline.feed(in_order)
    pipeline.settle(hours=80)
    return pipeline


def _event_ts(body: bytes) -> int:
    return int(orjson.loads(body)["event_ts"])


@dataclass
class Outcome:
    """What a pipeline has told in the end."""

    pipeline: Pipeline

    @cached_property
    def _summaries(self) -> list[SessionSummary]:
        return list(self.pipeline.summaries.values())

    def _results(self, who: str) -> list[Result]:
        return [result for result in self.pipeline.results.values() if result.email == address(who)]

    def is_so(self, said: str) -> bool:
        """Whether a line came true.

        Raises:
            ValueError: it is none of the forms above.
        """
        for pattern, judge in _FORMS:
            if (match := re.fullmatch(pattern, said)) is not None:
                return bool(judge(self, match))
        raise ValueError(f"no such outcome: {said}")

    def spans(self, match: re.Match[str]) -> bool:
        """`session 10:00-11:00`."""
        spans = [(summary.started_at, summary.ended_at) for summary in self._summaries]
        wanted = (seconds(match["from"]), seconds(match["to"], match["from"]))
        return [tuple(int(at.timestamp()) for at in span if at) for span in spans] == [wanted]

    def counts(self, match: re.Match[str]) -> bool:
        """`rehearsals 1`."""
        return [getattr(summary.counts, match["count"]) for summary in self._summaries] == [int(match["number"])]

    def resulted(self, match: re.Match[str]) -> bool:
        """`ana attended 55 min`, `ana below the minimum`."""
        return any(match["what"] in _words(result) for result in self._results(match["who"]))

    def judged(self, match: re.Match[str]) -> bool:
        """`ana judged 11:00`: the first that was told of them."""
        told = [
            fact for fact in self.pipeline.facts if isinstance(fact, Result) and fact.email == address(match["who"])
        ]
        return bool(told) and int(told[0].judged_at.timestamp()) == seconds(match["at"])

    def shows(self, match: re.Match[str]) -> bool:
        """`ana shows duration 55`."""
        upsert = self.pipeline.upserts[address(match["who"])]
        return str(upsert.attributes[match["source"].upper()].value) == match["value"]

    def shows_no(self, match: re.Match[str]) -> bool:
        """`ana shows no duration`."""
        return match["source"].upper() not in self.pipeline.upserts[address(match["who"])].attributes

    def on_list(self, match: re.Match[str]) -> bool:
        """`ana is on webinar_attendees`."""
        (account,) = self.pipeline.settings.accounts
        number = getattr(account.lists, match["list"])
        return (number in self.pipeline.upserts[address(match["who"])].lists) == (match["no"] is None)

    def told(self, match: re.Match[str]) -> bool:
        """`ana is told zoom_webinar_attended with minutes 55`."""
        events = [command for command in self.pipeline.commands if isinstance(command, TrackEvent | SendRecording)]
        found = [event for event in events if event.email == address(match["who"]) and event.name == match["event"]]
        if match["no"] is not None:
            return not found
        properties: list[dict[str, Any]] = [event.properties for event in found]
        named = match["name"]
        return len(properties) == 1 and (named is None or str(properties[0].get(named)) == match["value"])


def _words(result: Result) -> set[str]:
    minutes = (result.attended_seconds + 30) // 60
    status = result.attendance_status
    return {status, f"{status} {minutes} min", (result.reason or "").replace("_", " "), f"by {result.evidence}"}


_WHO = r"(?P<who>[\w-]+)"
_FORMS: tuple[tuple[str, Any], ...] = (
    (r"no session", lambda it, _match: not it._summaries),
    (r"(?P<number>\d+) sessions", lambda it, match: len(it._summaries) == int(match["number"])),
    (r"end assumed", lambda it, _match: [summary.end_assumed for summary in it._summaries] == [True]),
    (rf"session (?P<from>{TIME})-(?P<to>{TIME})", Outcome.spans),
    (r"(?P<count>[a-z_]+) (?P<number>\d+)", Outcome.counts),
    (rf"{_WHO} nothing", lambda it, match: not it._results(match["who"])),
    (rf"{_WHO} judged (?P<at>{TIME})", Outcome.judged),
    (rf"{_WHO} shows no (?P<source>\S+)", Outcome.shows_no),
    (rf"{_WHO} shows (?P<source>\S+) (?P<value>.+)", Outcome.shows),
    (rf"{_WHO} is (?P<no>not )?on (?P<list>\w+)", Outcome.on_list),
    (
        rf"{_WHO} is (?P<no>not )?told (?P<event>\w+)(?: with (?P<name>\w+) (?P<value>.+))?",
        Outcome.told,
    ),
    (rf"{_WHO} (?P<what>.+)", Outcome.resulted),
)
