"""The button of `rollcall resync`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.acting import Answers, Field, digest_of
from ops.resync.command import ResyncScope, outcome, planned, request, resync_configuration
from ops.resync.display import in_words
from ops.resync.plan import ResyncPlan
from runtime.kafka import KafkaConnection
from runtime.models import Configuration
from schemas.errors import ConfigurationError

_WHOM = ("contact", "session", "all")


@dataclass(frozen=True, slots=True)
class ResyncButton:
    """Commands to Brevo, computed anew."""

    connection: KafkaConnection
    environment: Mapping[str, str]
    """Names the configuration file."""
    name: str = "resync"
    title: str = "Compute contacts anew"
    about: str = (
        "Computes commands to Brevo from what is kept and today's configuration, after a cause was mended: who has all "
        "that it shall have is left alone, and no event is sent twice."
    )
    fields: Sequence[Field] = (
        Field("whom", "Whom", "One contact, everybody with a result in one session, or all.", "contact", _WHOM),
        Field("which", "Which", "An e-mail address or contact id; a session's uuid; nothing for all."),
    )

    def command(self, answers: Answers) -> str:
        """At a terminal."""
        whom, which = answers["whom"], answers["which"]
        return f"rollcall resync --{whom}{f' {shlex.quote(which)}' if which else ''} --reason …"

    async def plan(self, answers: Answers) -> PlannedResync:
        """Of the contacts that are kept now."""
        scope, configuration = _scope(answers), resync_configuration(self.environment)
        plan = await planned(self.connection, configuration, scope)
        return PlannedResync(self.connection, configuration, scope, plan)


@dataclass(frozen=True, slots=True)
class PlannedResync:
    """Whom it would concern."""

    connection: KafkaConnection
    configuration: Configuration
    scope: ResyncScope
    plan: ResyncPlan

    @property
    def due(self) -> int:
        """Contacts."""
        return len(self.plan.contacts)

    @property
    def lines(self) -> Sequence[str]:
        """As the command tells it."""
        return list(in_words(self.plan))

    @property
    def digest(self) -> str:
        """Of the contacts, and what becomes of them."""
        return digest_of(sorted(self.plan.contacts), self.lines)

    async def carry_out(self, operator: str, reason: str) -> Sequence[str]:
        """As the command does."""
        found = await request(self.connection, self.configuration, self.scope, self.plan, operator, reason)
        return [outcome(self.due, found)]


def _scope(answers: Answers) -> ResyncScope:
    whom, which = answers["whom"], answers["which"]
    if whom == "all":
        return ResyncScope.named()
    if not which:
        raise ConfigurationError(f"say which {whom}")
    return ResyncScope.named(contact=which) if whom == "contact" else ResyncScope.named(session=which)
