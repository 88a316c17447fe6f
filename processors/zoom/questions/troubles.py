"""What keeps an account from being answered until a person acts: for readiness, and once for the log. PURE."""

from __future__ import annotations

from collections.abc import Mapping

from runtime.outcome import NoAnswer, Outcome
from runtime.pace import REPORTED_AFTER_SECONDS

_ACCOUNT = ""
_SCOPES = "scopes"
_OF_ACCOUNT = frozenset({Outcome.PARK, Outcome.FOREIGN})
_ZOOM_SPOKE = frozenset({Outcome.DONE, Outcome.MISSING, Outcome.STOP, Outcome.REJECT})


class Troubles:
    """Of all accounts that a worker asks for."""

    def __init__(self) -> None:
        self._reasons: dict[tuple[str, str], str] = {}
        """By account id, and what may not be asked; that is empty when nothing can be."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """For people, in order of account."""
        return tuple(f"zoom account {account_id}: {said}" for (account_id, _), said in sorted(self._reasons.items()))

    def count(self, account_id: str) -> int:
        """How many there are of an account."""
        return sum(account == account_id for account, _ in self._reasons)

    def note(self, account_id: str, what: str, came: Outcome | NoAnswer) -> str | None:
        """Something came of a question about `what`; the trouble, when it is new.

        A token that is refused, or a stranger's answer, is about the whole account until Zoom speaks again; a missing
        permission is about its kind of question until that is answered.
        """
        outcome = came.outcome if isinstance(came, NoAnswer) else came
        if outcome in _ZOOM_SPOKE:
            self._reasons.pop((account_id, _ACCOUNT), None)
            if outcome is not Outcome.STOP:
                self._reasons.pop((account_id, what), None)
        if not isinstance(came, NoAnswer):
            return None
        if outcome in _OF_ACCOUNT:
            return self._begin(account_id, _ACCOUNT, came.says)
        if outcome is Outcome.STOP or (
            outcome is Outcome.PAUSE and (came.after_seconds or 0) >= REPORTED_AFTER_SECONDS
        ):
            return self._begin(account_id, what, f"{what}: {came.says}")
        return None

    def forget(self, account_id: str) -> None:
        """Somebody else asks for the account now."""
        self._reasons = {key: said for key, said in self._reasons.items() if key[0] != account_id}

    def note_scopes(self, account_id: str, missing: Mapping[str, str]) -> str | None:
        """The account's token lacks these scopes, each with the features that need it; the trouble, when it is new."""
        self._reasons.pop((account_id, _ACCOUNT), None)
        if not missing:
            self._reasons.pop((account_id, _SCOPES), None)
            return None
        listed = ", ".join(f"{scope} ({features})" for scope, features in missing.items())
        advice = "add them to the app in Zoom's Marketplace; new tokens have them, so restart the worker"
        return self._begin(account_id, _SCOPES, f"the app's token lacks {listed}: {advice}")

    def _begin(self, account_id: str, what: str, says: str) -> str | None:
        is_new = (account_id, what) not in self._reasons
        self._reasons[account_id, what] = says
        return f"zoom account {account_id}: {says}" if is_new else None
