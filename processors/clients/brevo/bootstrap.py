"""What the worker asks of Brevo before it begins: whether the attributes that it writes exist."""

from __future__ import annotations

import logging

from processors.clients.brevo.client import BrevoClient
from processors.sink.answers import Action, classify
from processors.sink.attributes import misfits, needed_attributes, types_of
from runtime.models import Configuration
from schemas.errors import ConfigurationError

log = logging.getLogger(__name__)


async def check_attributes(client: BrevoClient, configuration: Configuration) -> None:
    """Refuse to start, or warn, as `brevo.missing_attributes` says; what only the defaults write is warned about.

    Brevo not answering is no reason not to start: the sink waits for it.

    Raises:
        ConfigurationError: an attribute that the file names does not exist or is of another type.
    """
    answer = await client.request("GET", "/contacts/attributes")
    verdict = classify(answer)
    rows = answer.body.get("attributes") if isinstance(answer.body, dict) else None
    if verdict.action is not Action.DONE or not isinstance(rows, list):
        log.warning("attributes not checked: %s", verdict.says)
        return
    existing = types_of(each for each in rows if isinstance(each, dict))
    refused = []
    for misfit in misfits(needed_attributes(configuration.field_mapping), existing):
        if misfit.needed.explicit and configuration.brevo.missing_attributes == "refuse":
            refused.append(f"field_mapping.{misfit.needed.source}: {misfit.says}")
        else:
            log.warning("brevo attribute: %s; until then its values are dropped", misfit.says)
    if refused:
        advice = "(or set brevo.missing_attributes: warn)"
        raise ConfigurationError("\n".join([*refused, advice]))
