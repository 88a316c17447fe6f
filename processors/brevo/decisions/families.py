"""Families of calls to Brevo: what shares a rate limit, and which work needs which. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from processors.brevo.decisions.open_work import ContactWork, UpsertWork
from schemas.brevo import ConfirmList, SendCampaign, SendRecording
from schemas.priority import Priority

Family = Literal["contacts", "events", "mails", "confirmations", "campaigns"]
FAMILIES: tuple[Family, ...] = ("contacts", "events", "mails", "confirmations", "campaigns")
"""What work is done in. Confirmations use the budget of contacts too; theirs lets them wait for a template alone."""
ONCE: tuple[Family, ...] = ("events", "mails", "confirmations", "campaigns")
"""What is done at most once."""
CallFamily = Literal["contacts", "events", "mails", "confirmations", "campaigns", "account"]
"""What shares one rate limit. `account`: everything that Brevo gives 100 calls an hour for."""
CALL_FAMILIES: tuple[CallFamily, ...] = (*FAMILIES, "account")
WITHIN: Mapping[CallFamily, CallFamily] = {"campaigns": "account", "confirmations": "contacts"}
"""What a call counts against besides its own family, which is there so that it can be parked alone."""
MAILING: frozenset[CallFamily] = frozenset({"mails", "confirmations", "campaigns"})
"""Those whose calls need a template or a sender."""

_FAMILY_OF: Mapping[type, Family] = {SendRecording: "mails", ConfirmList: "confirmations", SendCampaign: "campaigns"}


def family_of(work: ContactWork) -> Family:
    """Whose budget the work needs."""
    return "contacts" if isinstance(work, UpsertWork) else _FAMILY_OF.get(type(work.command), "events")


def priority_of(work: ContactWork) -> Priority:
    """Live work goes before bulk work."""
    return "live" if work.waiting.live else "bulk"
