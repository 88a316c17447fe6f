"""What a check is and how many are run: each looks at one thing and says what it found and what to do."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import aiohttp

from ops.check.outcome import CheckResult, fail, skip
from runtime.models import Configuration
from schemas.errors import RollcallError
from schemas.setup import Level


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at."""

    name: str
    run: Callable[[], Awaitable[CheckResult]]
    needs: str = ""
    """Name of an earlier check without which there is nothing to ask: one cause is told once."""
    lacking: str = ""
    """What is lacking then: `no token`."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the result."""

    check: str
    level: Level
    found: str
    advice: str


@dataclass(frozen=True, slots=True)
class Context:
    """What checks may use."""

    configuration: Configuration
    """Everything that is set; a variable that is not set leaves its key at its default."""
    session: aiohttp.ClientSession
    url: str
    """The ingress's webhook address."""
    stack: AsyncExitStack
    """Closed after the last check."""
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    unresolved: Mapping[str, str] = field(default_factory=dict)
    """By key of the file: why its `${NAME}` has no value."""

    def lacking(self, key: str, wanted: str) -> Callable[[], Awaitable[CheckResult]]:
        """The check that can only say why a key has no value; `wanted`: what belongs there."""
        why = self.unresolved.get(key)

        async def check() -> CheckResult:
            return fail(f"{key}: {why or 'missing or empty'}", f"it is {wanted}; set it where this command runs")

        return check


CheckSection = Callable[[Context], Awaitable[Sequence[Check]]]
"""The checks of one system; calling it asks nothing yet."""


async def run_checks(checks: Sequence[Check], tell: Callable[[Finding], None]) -> list[Finding]:
    """One after the other, each told once it is done. An error of ours is a finding, not the end."""
    findings: list[Finding] = []
    for check in checks:
        unusable = {finding.check for finding in findings if finding.level in ("fail", "skip")}
        try:
            outcome = skip(check.lacking) if check.needs in unusable else await check.run()
        except RollcallError as error:
            outcome = fail(str(error), "see the message; the other checks went on")
        finding = Finding(check.name, outcome.level, outcome.found, outcome.advice)
        tell(finding)
        findings.append(finding)
    return findings
