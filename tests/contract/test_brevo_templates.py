"""Templates that the configuration names, against the sandbox's Brevo."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from processors.brevo.api.client import BrevoClient
from processors.brevo.writer.bootstrap import check_templates, wrong_templates
from runtime.brevo_models import Brevo
from sandbox.brevo.faults import BrevoFault
from sandbox.brevo.server import serving
from sandbox.brevo.store import Options
from schemas.errors import ConfigurationError

DOI = {"rule": "doi", "template_id": 6, "redirect_url": "https://example.com/thanks"}


async def wrong(fault: BrevoFault | None = None, **settings: Any) -> list[str]:
    """What is wrong with the templates of these settings; 5 is of double opt-in, 41 a transactional one."""
    async with serving(Options().with_demo()) as brevo:
        if fault is not None:
            brevo.state.faults.add(fault)
        client = BrevoClient(SecretStr(Options().api_key), brevo.url)
        try:
            return await wrong_templates(client, Brevo.model_validate(settings))
        finally:
            await client.close()


@pytest.mark.parametrize(
    "recordings", [{"by": "template", "template": 41}, {"by": "event", "template": 42}, {}], ids=str
)
async def test_template_that_exists_or_is_not_used_is_right(recordings: dict[str, Any]) -> None:
    """Nothing is asked for an event."""
    assert await wrong(recordings=recordings) == []


async def test_templates_that_do_not_exist_are_named_with_their_keys() -> None:
    """Of recordings and of double opt-in."""
    told = await wrong(recordings={"by": "template", "template": 42}, list_rules={17: DOI})
    assert [sentence.partition(":")[0] for sentence in told] == [
        "brevo.list_rules.17.template_id",
        "brevo.recordings.template",
    ]
    assert "template 42 does not exist" in told[1]


async def test_template_for_double_opt_in_has_to_be_one() -> None:
    """An ordinary template would ask nobody: its mail has no link to confirm by."""
    (told,) = await wrong(list_rules={17: DOI | {"template_id": 41}})
    assert told.startswith("brevo.list_rules.17.template_id: template 41 is no double opt-in template")
    assert await wrong(list_rules={17: DOI | {"template_id": 5}}) == []


async def test_template_and_lists_of_a_campaign_are_checked() -> None:
    """Nothing else would tell before the first session."""
    campaign = {"lists": [16], "exclude_lists": [99], "subject": "It is there", "template": 42, "sender": {"id": 3}}
    first, second = await wrong(recordings={"by": "campaign", "campaign": campaign})
    assert first == "brevo.recordings.campaign: list 99 does not exist at Brevo; give the id of one"
    assert second.startswith("brevo.recordings.campaign.template: template 42 does not exist")
    right = {**campaign, "exclude_lists": [18], "template": 41}
    assert await wrong(recordings={"by": "campaign", "campaign": right}) == []


async def test_template_that_cannot_be_looked_up_is_no_reason_not_to_start() -> None:
    """Brevo may be away; the mails then wait for it."""
    assert await wrong(BrevoFault(kind="500"), recordings={"by": "template", "template": 42}) == []


async def test_worker_does_not_start_with_a_wrong_template() -> None:
    """Nobody would get a mail."""
    async with serving(Options()) as brevo:
        client = BrevoClient(SecretStr(Options().api_key), brevo.url)
        try:
            settings = Brevo.model_validate({"recordings": {"by": "template", "template": 42}})
            with pytest.raises(ConfigurationError, match=r"brevo\.recordings\.template"):
                await check_templates(client, settings)
        finally:
            await client.close()
