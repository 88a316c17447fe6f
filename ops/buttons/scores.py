"""The button of `rollcall score rebuild`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from console.acting import Act, Field, FormAnswers, PlannedAct, digest_of
from ops.buttons.commands import with_reason
from ops.buttons.yes_or_no import flag, says_yes, yes_or_no
from ops.score.acts import ScoreRebuild, rebuildable
from ops.score.display import SAY_SWITCH, in_words, outcome
from ops.workplace import Workplace
from schemas.errors import ConfigurationError

_MODEL = Field("model", "By which model", "A model_version of the section scoring: a candidate's, or the live one's.")
_SWITCH = yes_or_no("switch", "Switch to it", "Of the live model, after it was changed: Brevo is told what differs.")


def score_act(environment: Mapping[str, str]) -> Act:
    """Everybody's score, computed anew; the environment names the configuration file."""

    async def plan(answers: FormAnswers) -> PlannedAct:
        if not answers["model"]:
            raise ConfigurationError("say by which model")
        place = Workplace.of(environment, computes=True)
        model = rebuildable(place, answers["model"], switch=says_yes(answers, _SWITCH))
        found = await ScoreRebuild(place, model).planned()
        lines, due = list(in_words(found, model)), len(found.contacts)
        if model.is_live and due and not says_yes(answers, _SWITCH):
            lines, due = [*lines, SAY_SWITCH], 0

        async def carry_out(operator: str, reason: str) -> Sequence[str]:
            work = ScoreRebuild(place.for_operator(operator), model)
            return [outcome(len(found.contacts), await work.request(found, reason))]

        return PlannedAct(lines, digest_of(model.name, sorted(found.contacts), lines), carry_out, due)

    return Act(
        name="score.rebuild",
        title="Compute scores by a model",
        about="Computes everybody's score by a candidate, of which nothing is told; or by the live model after it was "
        "changed, and tells Brevo what differs, behind all live work. A worker with the same models does it.",
        fields=(_MODEL, _SWITCH),
        command=lambda answers: with_reason("score", "rebuild", "--model", answers["model"], *flag(answers, _SWITCH)),
        plan=plan,
    )
