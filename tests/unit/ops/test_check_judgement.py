"""What an answer means for a check."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ingress.signature import challenge_answer
from ops.check.frame import Check, Finding, run_checks
from ops.check.judgement import (
    judge_challenge,
    judge_clock,
    judge_event_scopes,
    judge_events,
    judge_plan,
    judge_registration,
    judge_scopes,
    judge_topics,
)
from ops.check.outcome import CheckResult, ok
from processors.zoom.api.limits import ZoomPlan
from schemas.errors import RetryLaterError
from schemas.topics import TOPICS

NOW = datetime(2026, 8, 12, 14, 0, 0, tzinfo=UTC)
URL, SECRET = "https://hooks.example.com/webhooks/zoom", b"secret"


def test_scopes_that_are_missing_are_all_named() -> None:
    """With the feature, and where to add them."""
    outcome = judge_scopes(frozenset({"a"}), {"b:read": "sync.webinars", "c:read": "sync.recordings"})
    assert outcome.level == "fail"
    assert "b:read (sync.webinars); c:read (sync.recordings)" in outcome.found
    assert judge_scopes(frozenset({"a"}), {}).level == "ok"


def test_events_without_their_scope_are_named_with_it() -> None:
    """A warning: which scope an event needs is documented for a few alone."""
    outcome = judge_event_scopes({"a.b": "b:read", "c.d": "d:read"}, 3)
    assert (outcome.level, outcome.found) == ("warn", "Zoom silently does not send a.b (b:read); c.d (d:read)")
    assert judge_event_scopes({}, 0).level == "ok"
    assert "3 others" in judge_event_scopes({}, 3).found


@pytest.mark.parametrize(
    ("plan", "reports", "level"), [("free", True, "warn"), ("free", False, "ok"), ("pro", True, "ok")]
)
def test_plan_without_reports_is_warned_about_where_reports_are_read(plan: ZoomPlan, reports: bool, level: str) -> None:
    """A free plan has none."""
    assert judge_plan(plan, wants_reports=reports).level == level


@pytest.mark.parametrize(
    ("sent", "level", "part"),
    [
        ({}, "fail", "no event subscription"),
        ({URL: {"a.b"}}, "fail", "is not sent c.d"),
        ({URL: {"a.b", "c.d", "e.f"}}, "ok", "all 2 events"),
        ({URL: {"a.b", "c.d"}, "https://old/webhooks/zoom": {"a.b"}}, "warn", "2 addresses"),
    ],
)
def test_events_that_are_not_sent_fail(sent: dict[str, set[str]], level: str, part: str) -> None:
    """The address that is sent the most is the one in use."""
    outcome = judge_events(sent, ("a.b", "c.d"))
    assert outcome.level == level
    assert part in outcome.found
    assert bool(outcome.advice) == (level != "ok")


@pytest.mark.parametrize(
    ("header", "level", "part"),
    [
        ("Wed, 12 Aug 2026 14:00:02 GMT", "ok", "2 s behind"),
        ("Wed, 12 Aug 2026 13:59:00 GMT", "warn", "60 s ahead"),
        ("Wed, 12 Aug 2026 14:06:00 GMT", "fail", "360 s behind"),
        (None, "warn", "no Date"),
        ("yesterday", "warn", "no Date"),
    ],
)
def test_clock_that_is_off_is_told_in_seconds(header: str | None, level: str, part: str) -> None:
    """Beyond the tolerance every webhook is quarantined."""
    outcome = judge_clock(header, NOW, 300)
    assert (outcome.level, part in outcome.found) == (level, True)


@pytest.mark.parametrize(
    ("status", "body", "level", "part"),
    [
        (200, challenge_answer(SECRET, "token"), "ok", "proves"),
        (200, challenge_answer(b"other", "token"), "fail", "no proof"),
        (401, {"status": "unauthorized"}, "fail", "does not accept"),
        (404, None, "fail", "HTTP 404"),
        (200, "<html>", "fail", "no proof"),
    ],
)
def test_challenge_is_proved_by_the_right_answer_alone(status: int, body: Any, level: str, part: str) -> None:
    """And the secret is in no answer of ours."""
    outcome = judge_challenge(status, body, SECRET, "token", URL)
    assert (outcome.level, part in outcome.found) == (level, True)
    assert "secret " not in outcome.found


def test_registration_that_is_off_is_warned_about_with_ids() -> None:
    """Five ids and no more."""
    webinars = [{"id": number, "settings": {"approval_type": 2 if number < 7 else 0}} for number in range(9)]
    outcome = judge_registration(webinars)
    assert outcome.level == "warn"
    assert outcome.found.endswith(": 0, 1, 2, 3, 4, ...")
    assert judge_registration([]).level == "ok"
    assert judge_registration(webinars[7:]).level == "ok"


@pytest.mark.parametrize(
    ("found", "creates", "level"),
    [
        ({f"p-{topic.name}": 6 for topic in TOPICS}, False, "ok"),
        ({f"p-{topic.name}": 3 for topic in TOPICS}, True, "fail"),
        ({}, True, "ok"),
        ({}, False, "fail"),
    ],
)
def test_topics_are_there_with_the_right_partitions(found: dict[str, int], creates: bool, level: str) -> None:
    """Missing ones are no fault where the processes create them."""
    assert judge_topics(found, TOPICS, "p-", 6, creates=creates).level == level


async def test_check_that_raises_is_a_finding_and_the_others_go_on() -> None:
    """Each is told once it is done, in order."""

    async def broken() -> CheckResult:
        raise RetryLaterError("no answer")

    async def fine() -> CheckResult:
        return ok("fine")

    told: list[Finding] = []
    findings = await run_checks([Check("a", broken), Check("b", fine)], told.append)
    assert [(finding.check, finding.level) for finding in findings] == [("a", "fail"), ("b", "ok")]
    assert findings[0].found == "no answer"
    assert told == findings
