"""`ops.setup.v1`: what was found when somebody last looked whether Zoom, Brevo and Kafka are set up."""

from __future__ import annotations

from typing import Literal, get_args

from schemas.model import CloudEvent, Instant, Message, Wire

SetupCommand = Literal["check", "brevo plan"]
SETUP_COMMANDS: tuple[SetupCommand, ...] = get_args(SetupCommand)
Level = Literal["ok", "warn", "fail", "skip"]


class SetupFinding(Wire):
    """One thing that was looked at."""

    what: str
    """`zoom scopes`; of `brevo plan` the key of the configuration."""
    level: Level
    """`skip`: not looked at, for a cause that another finding tells."""
    found: str
    """For people: what is so, names beside ids. Never an address, a key or a secret."""
    advice: str = ""
    """What to do."""


class SetupReport(Message):
    """What a command found; key `command`, compacted."""

    cloud_event = CloudEvent("ops.setup", time="at")
    command: SetupCommand
    operator: str
    """Who looked: a user of the machine the command ran on."""
    version: str
    """Of Rollcall."""
    at: Instant
    findings: tuple[SetupFinding, ...]
