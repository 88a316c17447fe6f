"""What one check says. PURE."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.setup import Level


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check says."""

    level: Level
    found: str
    """What is so, in a sentence without secrets and addresses of people."""
    advice: str = ""
    """What to do; empty when all is well."""


def ok(found: str, advice: str = "") -> CheckResult:
    """Nothing to do."""
    return CheckResult("ok", found, advice)


def warn(found: str, advice: str) -> CheckResult:
    """It works, but not as well as it could, or it could not be told."""
    return CheckResult("warn", found, advice)


def skip(lacking: str) -> CheckResult:
    """It was not looked at: an earlier check told why."""
    return CheckResult("skip", lacking)


def fail(found: str, advice: str) -> CheckResult:
    """Something will not work."""
    return CheckResult("fail", found, advice)
