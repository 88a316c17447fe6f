"""What an answer of Brevo means, as data: one table from status, code and message to what is done about it. PURE."""

from __future__ import annotations

import re
from dataclasses import dataclass

from processors.brevo.decisions.families import MAILING, CallFamily
from runtime.calls import Answer, CallFailure
from runtime.outcome import Outcome

ADDRESS = re.compile(r"unrecogni[sz]ed IP address ([0-9A-Fa-f.:]*[0-9A-Fa-f])")


@dataclass(frozen=True, slots=True)
class AnswerClass:
    """One row of the table; an absent condition always holds."""

    name: str
    outcome: Outcome
    says: str
    """For people: what happened and what to do. Never holds anything of the answer."""
    statuses: range | None = None
    failure: CallFailure | None = None
    codes: frozenset[str] = frozenset()
    pattern: re.Pattern[str] | None = None
    families: frozenset[CallFamily] = frozenset()
    """Of the call: a word in a message about a contact parks no contacts."""
    ambiguous: bool = False
    """Brevo may have done what was asked: an event is not simply sent again."""
    foreign: bool = False
    """It is not as Brevo writes its answers."""
    page: bool | None = None
    """Whether the body is a page, such as a proxy's HTML; ``None``: either."""

    def matches(self, answer: Answer, family: CallFamily | None) -> bool:
        """Whether all of the row's conditions hold; without a `family` that condition does."""
        return (
            (not self.foreign or not is_brevos(answer))
            and (self.page is None or self.page == answer.is_page)
            and (not self.families or family is None or family in self.families)
            and (self.failure is None or self.failure == answer.failure)
            and (self.statuses is None or (answer.status is not None and answer.status in self.statuses))
            and self._says(answer)
        )

    def _says(self, answer: Answer) -> bool:
        """Whether the conditions about Brevo's words hold."""
        return (not self.codes or answer.text("code") in self.codes) and (
            self.pattern is None or self.pattern.search(answer.text("message")) is not None
        )


_SAYS_NOTHING = frozenset({408, 425, 429})
"""Statuses that say no more than that the call comes too early or too late."""


def _status(first: int, last: int | None = None) -> range:
    return range(first, (last or first) + 1)


# Statuses and codes: https://developers.brevo.com/docs/how-it-works and Brevo's OpenAPI; messages: what others quote of
# the real API in public issues (checked 2026-11-21).
# The three 401s share the code `unauthorized`: only the message tells them apart.
ANSWER_CLASSES: tuple[AnswerClass, ...] = (
    # No page of somebody's: an API took the call, perhaps Brevo's, which has changed before how it says so.
    AnswerClass(
        "unlike_brevo",
        Outcome.FOREIGN,
        "it was accepted in other words than Brevo's: check BREVO_API_BASE_URL and what is in between, and whether "
        "there is a newer Rollcall",
        statuses=_status(200, 299),
        foreign=True,
        page=False,
        ambiguous=True,
    ),
    AnswerClass(
        "foreign",
        Outcome.FOREIGN,
        "something else than Brevo answers, such as a proxy or a login page: check BREVO_API_BASE_URL and what is in "
        "between; nothing of it is believed",
        foreign=True,
    ),
    AnswerClass("ok", Outcome.DONE, "Brevo accepted it", statuses=_status(200, 299)),
    AnswerClass("refused", Outcome.RETRY, "no connection to Brevo came about", failure="refused"),
    AnswerClass("reset", Outcome.RETRY, "the connection to Brevo broke", failure="reset", ambiguous=True),
    AnswerClass("timeout", Outcome.RETRY, "Brevo did not answer in time", failure="timeout", ambiguous=True),
    AnswerClass(
        "unrecognised_ip",
        Outcome.PARK,
        "Brevo does not accept this machine's IP address: authorise it at https://app.brevo.com/security/authorised_ips",
        statuses=_status(401),
        pattern=re.compile(r"unrecogni[sz]ed IP", re.IGNORECASE),
    ),
    AnswerClass(
        "no_key",
        Outcome.PARK,
        "Brevo saw no API key: check brevo.api_key and any proxy in between",
        statuses=_status(401),
        pattern=re.compile(r"authentication not found", re.IGNORECASE),
    ),
    AnswerClass(
        "unknown_key",
        Outcome.PARK,
        "Brevo does not know the API key: set brevo.api_key to a v3 key (xkeysib-…), not an SMTP key",
        statuses=_status(401),
    ),
    AnswerClass("no_credit", Outcome.STOP, "the Brevo account has no credit for this", statuses=_status(402)),
    AnswerClass(
        "forbidden",
        Outcome.STOP,
        "the Brevo account or key may not do this: check plan and permissions",
        statuses=_status(403),
    ),
    AnswerClass(
        "account_busy",
        Outcome.RETRY,
        "Brevo is still busy with an earlier request",
        statuses=_status(400),
        codes=frozenset({"account_in_process"}),
    ),
    AnswerClass(
        "identifier_taken",
        Outcome.REJECT,
        "another Brevo contact has one of this contact's identifiers: merge them in Brevo, then replay",
        statuses=_status(400),
        codes=frozenset({"duplicate_parameter"}),
    ),
    AnswerClass(
        "invalid_email",
        Outcome.REJECT,
        "Brevo does not accept the e-mail address",
        statuses=_status(400),
        pattern=re.compile(r"invalid e-?mail|e-?mail (address )?is (not valid|invalid)", re.IGNORECASE),
    ),
    AnswerClass(
        "no_template",
        Outcome.STOP,
        "a template does not exist or is not active: check brevo.recordings and brevo.list_rules",
        statuses=_status(400),
        pattern=re.compile(r"\b[Tt]emplate"),
        families=MAILING,
    ),
    AnswerClass(
        "no_sender",
        Outcome.STOP,
        "Brevo does not accept the sender: check brevo.recordings.campaign.sender, or the template's",
        statuses=_status(400),
        pattern=re.compile(r"\b[Ss]ender\b"),
        families=MAILING,
    ),
    AnswerClass(
        "invalid_request",
        Outcome.REJECT,
        "Brevo refuses the request: check attribute types and list ids",
        statuses=_status(400),
    ),
    AnswerClass("missing", Outcome.MISSING, "Brevo does not know it", statuses=_status(404)),
    AnswerClass("timeout_told", Outcome.RETRY, "Brevo gave up waiting", statuses=_status(408), ambiguous=True),
    AnswerClass("too_early", Outcome.RETRY, "Brevo asks to come again later", statuses=_status(425)),
    AnswerClass("rate_limited", Outcome.PAUSE, "Brevo's rate limit is used up", statuses=_status(429)),
    AnswerClass("rejected", Outcome.REJECT, "Brevo refuses the request for good", statuses=_status(404, 499)),
    # 5xx and 52x of the edge: the request may have gone through behind it.
    AnswerClass("failed", Outcome.RETRY, "Brevo failed", ambiguous=True),
)


def classify(answer: Answer, family: CallFamily | None = None) -> AnswerClass:
    """The first row that matches an answer to a call of `family`; the last one matches everything."""
    return next(answer_class for answer_class in ANSWER_CLASSES if answer_class.matches(answer, family))


def is_brevos(answer: Answer) -> bool:
    """Whether it is as Brevo writes it: JSON where it writes JSON, and its `code` in a refusal alone.

    Where nothing follows from a body (429, 5xx and what tells to come again) that is not asked. Brevo answers 204 and
    some 201 without a body (developers.brevo.com/docs/how-it-works, checked 2026-11-27).
    """
    status = answer.status
    if status is None or status >= 500 or status in _SAYS_NOTHING:
        return True
    if 200 <= status < 300:
        is_empty = answer.body is None and status in (201, 204)
        return not answer.is_page and (is_empty or (isinstance(answer.body, dict) and not answer.text("code")))
    return status >= 400 and answer.text("code") != ""


def refused_address(answer: Answer) -> str | None:
    """The IP address of ours that Brevo does not recognise, as its message names it."""
    found = ADDRESS.search(answer.text("message"))
    return found[1] if found else None
