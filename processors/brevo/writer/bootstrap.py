"""What the worker asks of Brevo before it begins: whether attributes and templates that it uses exist."""

from __future__ import annotations

import logging

from processors.brevo.api.client import BrevoClient
from processors.brevo.decisions.answers import classify
from processors.brevo.decisions.attributes import misfits, needed_attributes, types_of
from processors.brevo.decisions.configured_lists import keys_of_lists
from runtime.brevo_models import Brevo
from runtime.calls import Answer
from runtime.models import Configuration
from runtime.outcome import Outcome
from schemas.errors import ConfigurationError

DOUBLE_OPT_IN = "a double opt-in template"

log = logging.getLogger(__name__)


async def check_attributes(client: BrevoClient, configuration: Configuration) -> bool:
    """Whether Brevo has told of its attributes: not answering is no reason not to start, the sink waits for it.

    Raises:
        ConfigurationError: as `judge_attributes`.
    """
    return judge_attributes(await client.read_attributes(), configuration)


def judge_attributes(answer: Answer, configuration: Configuration) -> bool:
    """Refuse to go on, or warn, as `brevo.missing_attributes` says; what only the defaults write is warned about.

    False if the answer says nothing of attributes.

    Raises:
        ConfigurationError: an attribute that the file names does not exist or is of another type.
    """
    verdict = classify(answer)
    rows = answer.body.get("attributes") if isinstance(answer.body, dict) else None
    if verdict.outcome is not Outcome.DONE or not isinstance(rows, list):
        log.warning("attributes not checked", extra={"reason": verdict.says})
        return False
    existing = types_of(row for row in rows if isinstance(row, dict))
    refused = []
    for misfit in misfits(needed_attributes(configuration.field_mapping), existing):
        if misfit.needed.explicit and configuration.brevo.missing_attributes == "refuse":
            refused.append(f"field_mapping.{misfit.needed.source}: {misfit.says}")
        else:
            log.warning("attribute missing at brevo", extra={
                "source": misfit.needed.source, "next": f"{misfit.says}; until then its values are dropped",
            })  # fmt: skip
    if refused:
        advice = "(or set brevo.missing_attributes: warn)"
        raise ConfigurationError("\n".join([*refused, advice]))
    return True


async def missing_lists(client: BrevoClient, configuration: Configuration) -> frozenset[int]:
    """Lists that the configuration names and that do not exist: what does not need them is written without them.

    Whether one exists that Brevo does not tell of shows later.
    """
    missing = set()
    for list_id in keys_of_lists(configuration):
        verdict = classify(await client.read_list(list_id))
        if verdict.outcome in (Outcome.MISSING, Outcome.REJECT):
            missing.add(list_id)
        elif verdict.outcome is not Outcome.DONE:
            log.warning("list not checked", extra={"list": list_id, "reason": verdict.says})
    return frozenset(missing)


async def check_templates(client: BrevoClient, settings: Brevo) -> None:
    """Refuse to start with a template that does not exist or is not active, or a list that does not exist.

    Raises:
        ConfigurationError: what to change.
    """
    if wrong := await wrong_templates(client, settings):
        raise ConfigurationError("\n".join(wrong))


async def wrong_templates(client: BrevoClient, settings: Brevo) -> list[str]:
    """What is wrong with templates that are used and lists of campaigns, a line each with its key.

    One that cannot be had is logged.
    """
    used = [
        (f"list_rules.{list_id}.template_id", rule.template_id, DOUBLE_OPT_IN)
        for list_id, rule in settings.list_rules.items()
    ]
    campaign = settings.recordings.campaign
    if settings.recordings.by == "template":
        used.append(("recordings.template", settings.recordings.template, "a transactional template"))
    elif settings.recordings.by == "campaign":
        used.append(("recordings.campaign.template", campaign.template, "a template"))
    wrong = await _wrong_lists(client, settings)
    for key, template_id, kind in used:
        if template_id is None:
            continue
        answer = await client.request("GET", f"/smtp/templates/{template_id}", holds=("id",))
        verdict = classify(answer)
        where = f"brevo.{key}: template {template_id}"
        if verdict.outcome in (Outcome.MISSING, Outcome.REJECT):
            wrong.append(f"{where} does not exist at Brevo; make {kind} there and give its id")
        elif verdict.outcome is not Outcome.DONE or not isinstance(answer.body, dict):
            log.warning("template not checked", extra={"template": template_id, "reason": verdict.says})
        elif answer.body.get("isActive") is False:
            wrong.append(f"{where} is not active: activate it at Brevo")
        elif kind == DOUBLE_OPT_IN and answer.body.get("doiTemplate") is False:
            wrong.append(f"{where} is no double opt-in template (no {{{{ params.DOIurl }}}}): give the id of one")
    return wrong


async def _wrong_lists(client: BrevoClient, settings: Brevo) -> list[str]:
    if settings.recordings.by != "campaign":
        return []
    campaign, wrong = settings.recordings.campaign, []
    for list_id in (*campaign.lists, *campaign.exclude_lists):
        verdict = classify(await client.read_list(list_id))
        if verdict.outcome in (Outcome.MISSING, Outcome.REJECT):
            wrong.append(f"brevo.recordings.campaign: list {list_id} does not exist at Brevo; give the id of one")
        elif verdict.outcome is not Outcome.DONE:
            log.warning("list not checked", extra={"list": list_id, "reason": verdict.says})
    return wrong
