"""What Brevo's answers mean for `rollcall check`."""

from __future__ import annotations

import pytest

from ops.check.brevo_judgement import judge_account, judge_attributes, judge_lists, judge_templates
from ops.check.frame import Check, run_checks
from ops.check.outcome import CheckResult, fail, ok
from processors.brevo.decisions.attributes import Misfit, Needed
from runtime.calls import Answer

LISTS = [("connectors.zoom.lists.webinar_attendees", 16), ("brevo.technical_list", 20)]
ROWS = [{"id": 16, "name": "Webinar attendees"}, {"id": 20, "name": "Imports"}, {"id": 3, "name": "VIP"}]


@pytest.mark.parametrize(
    ("answer", "level", "part"),
    [
        (Answer(200, {"companyName": "Granit"}), "ok", "the account of Granit"),
        (Answer(401, {"code": "unauthorized", "message": "Key not found"}), "fail", "does not know the API key"),
        (Answer(200, None, is_page=True), "fail", "something else than Brevo answers"),
        (Answer(None, failure="refused"), "fail", "no connection to Brevo came about (no answer)"),
    ],
)
def test_account_is_what_the_key_opens(answer: Answer, level: str, part: str) -> None:
    """A proxy's page opens none."""
    outcome = judge_account(answer)
    assert (outcome.level, part in outcome.found) == (level, True)


def test_lists_are_shown_by_name_and_wrong_ids_by_their_key() -> None:
    """People know lists by name, and mistake an id."""
    assert judge_lists(LISTS, ROWS) == ok('every list exists: 16 "Webinar attendees", 20 "Imports"')
    outcome = judge_lists(LISTS, ROWS[2:])
    assert outcome.level == "fail"
    assert outcome.found == (
        "connectors.zoom.lists.webinar_attendees: Brevo has no list 16; brevo.technical_list: Brevo has no list 20"
    )
    assert judge_lists([], ROWS).level == "warn"


@pytest.mark.parametrize(
    ("explicit", "refuses", "level"), [(True, True, "fail"), (True, False, "warn"), (False, True, "warn")]
)
def test_attribute_that_is_missing_fails_where_the_worker_would_not_start(
    explicit: bool, refuses: bool, level: str
) -> None:
    """What only the defaults write is a warning."""
    misfit = Misfit(Needed("NO_SHOWS", "float", "no_shows", explicit), "missing")
    assert judge_attributes([misfit], 7, refuses=refuses).level == level
    assert judge_attributes([], 7, refuses=refuses).level == "ok"


def test_template_that_is_wrong_fails() -> None:
    """The worker would not start."""
    assert judge_templates([]).level == "ok"
    assert judge_templates(["brevo.recordings.template: template 9 does not exist"]).level == "fail"


async def test_check_whose_ground_failed_is_skipped_and_so_is_what_builds_upon_it() -> None:
    """With the cause in two words, and never run."""
    ran = []

    async def no() -> CheckResult:
        return fail("Zoom refuses", "")

    async def never() -> CheckResult:
        ran.append(1)
        return ok("")

    checks = [
        Check("token", no),
        Check("scopes", never, needs="token", lacking="no token"),
        Check("events", never, needs="scopes", lacking="no scopes"),
        Check("topics", never),
    ]
    findings = await run_checks(checks, lambda _: None)
    assert [(finding.level, finding.found) for finding in findings[1:3]] == [
        ("skip", "no token"),
        ("skip", "no scopes"),
    ]
    assert ran == [1]
