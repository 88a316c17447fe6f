"""The button of `rollcall score rebuild`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from console.acting import Act, Field, FormAnswers, PlannedAct, digest_of
from ops.buttons.commands import with_reason
from ops.score.acts import ScoreRebuild, rebuildable
from ops.score.display import SAY_SWITCH, in_words, outcome
from ops.workplace import Workplace
from schemas.errors import ConfigurationError

_MODEL = Field("model", "By which model", "A model_version of the section scoring: a candidate's, or the live one's.")
_SWITCH = Field(
    "switch", "Switch to it", "Of the live model, after it was changed: Brevo is told what differs.", "no",
    ("no", "yes"),
)  # fmt: skip


def score_act(environment: Mapping[str, str]) -> Act:
    """Everybody's score, computed anew; the environment names the configuration file."""

    async def plan(answers: FormAnswers) -> PlannedAct:
        if not answers["model"]:
            raise ConfigurationError("say by which model")
        place = Workplace.of(environment, computes=True)
        model = rebuildable(place, answers["model"], switch=bool(_switch(answers)))
        found = await ScoreRebuild(place, model).planned()
        lines, due = list(in_words(found, model)), len(found.contacts)
        if model.is_live and due and not _switch(answers):
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
        command=lambda answers: with_reason("score", "rebuild", "--model", answers["model"], *_switch(answers)),
        plan=plan,
    )


def _switch(answers: FormAnswers) -> list[str]:
    return ["--switch"] if answers["switch"] == "yes" else []
