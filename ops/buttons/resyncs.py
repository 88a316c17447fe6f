"""The button of `rollcall resync`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from console.acting import Act, Field, FormAnswers, PlannedAct, digest_of
from ops.buttons.commands import with_reason
from ops.resync.command import ResyncScope, outcome, planned, request
from ops.resync.display import in_words
from ops.workplace import Workplace
from schemas.errors import ConfigurationError

_WHOM = ("contact", "session", "all")


def resync_act(environment: Mapping[str, str]) -> Act:
    """Commands to Brevo, computed anew; the environment names the configuration file."""

    async def plan(answers: FormAnswers) -> PlannedAct:
        place = Workplace.of(environment, computes=True)
        scope = await _scope(answers).found(place.connection)
        found = await planned(place, scope)

        async def carry_out(operator: str, reason: str) -> Sequence[str]:
            workers = await request(place.for_operator(operator), scope, found, reason)
            return [outcome(len(found.contacts), workers)]

        lines = list(in_words(found))
        return PlannedAct(lines, digest_of(sorted(found.contacts), lines), carry_out, len(found.contacts))

    return Act(
        name="resync",
        title="Compute contacts anew",
        about="Computes commands to Brevo from what is kept and today's configuration, after a cause was mended: who "
        "has all that it shall have is left alone, and no event is sent twice.",
        fields=(
            Field("whom", "Whom", "One contact, everybody with a result in one session, or all.", "contact", _WHOM),
            Field(
                "which",
                "Which",
                "An e-mail address or contact id; `latest` or a session's id, uuid or topic; nothing for all.",
            ),
        ),
        command=_command,
        plan=plan,
    )


def _command(answers: FormAnswers) -> str:
    which = answers["which"]
    return with_reason("resync", f"--{answers['whom']}", *([which] if which else []))


def _scope(answers: FormAnswers) -> ResyncScope:
    whom, which = answers["whom"], answers["which"]
    if whom == "all":
        return ResyncScope.named()
    if not which:
        raise ConfigurationError(f"say which {whom}")
    return ResyncScope.named(contact=which) if whom == "contact" else ResyncScope.named(session=which)
