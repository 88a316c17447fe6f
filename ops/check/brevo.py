"""The Brevo part of `rollcall check`: key, lists, attributes, templates. It only reads."""

from __future__ import annotations

from collections.abc import Sequence

from ops.brevo.account import rows
from ops.check.brevo_judgement import judge_account, judge_attributes, judge_lists, judge_templates
from ops.check.frame import Check, Context
from ops.check.outcome import CheckResult, fail
from processors.brevo.api.client import BrevoClient
from processors.brevo.decisions.attributes import misfits, needed_attributes, types_of
from processors.brevo.decisions.configured_lists import configured_lists
from processors.brevo.writer.bootstrap import wrong_templates
from runtime.environment import BrevoEnvironment

_ACCOUNT = "brevo account"
NO_ACCESS = "no access to Brevo"
LISTS_AT_ONCE = 50
"""Brevo gives no more (developers.brevo.com/reference/getlists, checked 2026-11-21)."""


async def brevo_checks(context: Context) -> Sequence[Check]:
    """Of the account whose key the file has."""
    key = context.configuration.brevo.api_key
    if key is None or not key.get_secret_value():
        return [
            Check(_ACCOUNT, context.lacking("brevo.api_key", "an API key of Brevo (Settings, SMTP & API, API keys)"))
        ]
    client = BrevoClient(key, BrevoEnvironment.read(context.environment).api_base_url)
    context.stack.push_async_callback(client.close)
    checks = _Checks(context, client)
    return [
        Check(_ACCOUNT, checks.account),
        Check("brevo lists", checks.lists, needs=_ACCOUNT, lacking=NO_ACCESS),
        Check("brevo attributes", checks.attributes, needs=_ACCOUNT, lacking=NO_ACCESS),
        Check("brevo templates", checks.templates, needs=_ACCOUNT, lacking=NO_ACCESS),
    ]


class _Checks:
    def __init__(self, context: Context, client: BrevoClient) -> None:
        self._configuration = context.configuration
        self._client = client

    async def account(self) -> CheckResult:
        return judge_account(await self._client.request("GET", "/account", holds=("email",)))

    async def lists(self) -> CheckResult:
        existing = await rows(self._client, "/contacts/lists", "lists", LISTS_AT_ONCE)
        return judge_lists(list(configured_lists(self._configuration)), existing)

    async def attributes(self) -> CheckResult:
        answer = await self._client.request("GET", "/contacts/attributes", holds=("attributes",))
        listed = answer.body.get("attributes") if isinstance(answer.body, dict) else None
        if not isinstance(listed, list):
            return fail(f"Brevo's attributes cannot be read (HTTP {answer.status})", "try again later")
        needed = needed_attributes(self._configuration.field_mapping)
        found = misfits(needed, types_of(row for row in listed if isinstance(row, dict)))
        return judge_attributes(found, len(needed), refuses=self._configuration.brevo.missing_attributes == "refuse")

    async def templates(self) -> CheckResult:
        return judge_templates(await wrong_templates(self._client, self._configuration.brevo))
