"""What Brevo's answers mean for a check. PURE."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ops.check.outcome import CheckResult, fail, ok, warn
from processors.brevo.decisions.answers import classify, refused_address
from processors.brevo.decisions.attributes import Misfit
from runtime.calls import Answer
from runtime.outcome import Outcome


def judge_account(answer: Answer) -> CheckResult:
    """`GET /account`: whether the key opens one."""
    verdict = classify(answer)
    if verdict.outcome is Outcome.DONE and isinstance(answer.body, dict):
        return ok(f"the key opens the account of {answer.body.get('companyName') or 'a company without a name'}")
    address = refused_address(answer)
    status = f"HTTP {answer.status}" if answer.status is not None else "no answer"
    return fail(f"{verdict.says} ({status}{f', address {address}' if address else ''})", "then check again")


def judge_lists(configured: Sequence[tuple[str, int]], existing: Sequence[Mapping[str, Any]]) -> CheckResult:
    """`configured`: key and id of each list of the file; `existing`: rows of `/contacts/lists`."""
    names = {brevo_list.get("id"): brevo_list.get("name") for brevo_list in existing}
    missing = [f"{key}: Brevo has no list {list_id}" for key, list_id in configured if list_id not in names]
    if missing:
        return fail("; ".join(missing), "give the ids of lists that exist, or let `rollcall brevo apply` create them")
    if not configured:
        return warn(
            "no list is configured: contacts are written, and nobody is put on a list", "set connectors.zoom.lists"
        )
    known = {list_id: f'{list_id} "{names[list_id]}"' for _, list_id in configured}
    return ok(f"every list exists: {', '.join(known.values())}")


def judge_attributes(misfits: Sequence[Misfit], needed: int, *, refuses: bool) -> CheckResult:
    """Attributes that would not take their values; with `refuses` the worker wants those that the file names."""
    if not misfits:
        return ok(f"all {needed} attributes exist, with the types that are written")
    told = "; ".join(misfit.says for misfit in misfits)
    if refuses and any(misfit.needed.explicit for misfit in misfits):
        return fail(told, "the worker does not start before (or set brevo.missing_attributes: warn)")
    return warn(told, "until then its values are dropped by Brevo")


def judge_templates(wrong: Sequence[str]) -> CheckResult:
    """What is wrong with templates and lists of campaigns, a sentence each."""
    if wrong:
        return fail("; ".join(wrong), "the worker does not start before")
    return ok("the templates that are used exist and are of the right kind")
