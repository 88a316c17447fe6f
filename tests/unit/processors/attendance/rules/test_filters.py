"""Which sessions are synced, and the rule that says so."""

from __future__ import annotations

from typing import Any

import pytest

from processors.attendance.rules.filters import Described, judge
from runtime.models import Filters

SESSION = Described(
    object_type="webinar",
    zoom_type=5,
    topic="Quarterly Roadmap",
    host_id="host-1",
    host_email="ines@example.com",
    tracking_fields={"Department": "Sales EMEA"},
)


@pytest.mark.parametrize(
    ("filters", "wanted", "rule"),
    [
        ({}, True, "no filter refuses it"),
        ({"topics": {"deny": ["internal*", "*roadmap*"]}}, False, "filters.topics.deny: `*roadmap*`"),
        ({"topics": {"allow": ["*roadmap"], "deny": ["quarterly*"]}}, False, "filters.topics.deny"),
        ({"topics": {"allow": ["onboarding*"]}}, False, "filters.topics.allow: no pattern matches"),
        ({"topics": {"allow": ["QUARTERLY*"]}}, True, "no filter refuses it"),
        ({"hosts": {"allow": ["ines@*"]}}, True, "no filter refuses it"),
        ({"hosts": {"deny": ["host-1"]}}, False, "filters.hosts.deny: `host-1`"),
        ({"types": [8, 9]}, False, "filters.types: 5 is not in [8, 9]"),
        ({"tracking_fields": {"Department": ["sales*"]}}, True, "no filter refuses it"),
        ({"tracking_fields": {"Region": ["*emea*"]}}, False, "filters.tracking_fields.Region"),
    ],
)
def test_judge_names_the_rule_that_decides(filters: dict[str, Any], wanted: bool, rule: str) -> None:
    """Patterns are compared without case; deny wins over allow."""
    verdict = judge(Filters.model_validate(filters), SESSION)
    assert verdict.wanted is wanted
    assert verdict.rule.startswith(rule)
