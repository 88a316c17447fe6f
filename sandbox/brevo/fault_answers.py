"""What a call that meets a fault is answered instead. PURE."""

from __future__ import annotations

from sandbox.brevo.answers import BrevoAnswer, invalid, not_found
from sandbox.brevo.contacts import duplicate
from sandbox.brevo.faults import BrevoFault

_ANSWERS = {
    "500": BrevoAnswer(500, {"code": "internal_error", "message": "Internal server error"}),
    "429": BrevoAnswer(429, {"message": "Too many requests"}),
    "425": BrevoAnswer(425, {"code": "account_in_process", "message": "Account is in process, try again later"}),
    "400": BrevoAnswer(400, {"code": "invalid_parameter", "message": "The request is refused for good"}),
    "402": BrevoAnswer(402, {"code": "not_enough_credits", "message": "Not enough credits"}),
    "401_ip": BrevoAnswer(
        401,
        {
            "code": "unauthorized",
            "message": "We have detected you are using an unrecognised IP address 203.0.113.10. If you performed this "
            "action make sure to add the new IP address in this link: https://app.brevo.com/security/authorised_ips",
        },
    ),
}


def answer_of(fault: BrevoFault, path: str) -> BrevoAnswer | None:
    """The JSON answer; ``None``: a page of HTML, or no answer at all."""
    if fault.kind == "unknown_list":
        unknown = (
            not_found("List ID not found")
            if fault.is_of_list(path)
            else invalid(f"List ID {fault.list_id} does not exist")
        )
        return unknown.answer()
    if fault.kind == "identifier_taken":
        return duplicate("update", [fault.identifier]).answer()
    return _ANSWERS.get(fault.kind)


def without_list(answer: BrevoAnswer, list_id: int | None) -> BrevoAnswer:
    """The listing of lists as if there were no such list."""
    lists = (answer.body or {}).get("lists")
    if not isinstance(lists, list) or answer.body is None:
        return answer
    left = [brevo_list for brevo_list in lists if brevo_list["id"] != list_id]
    count = answer.body["count"] - (len(lists) - len(left))
    return BrevoAnswer(answer.status, {**answer.body, "count": count, "lists": left})
