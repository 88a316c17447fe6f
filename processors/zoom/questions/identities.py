"""An account's users, for the question which ids and addresses are its own. PURE."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from schemas.codec import normalise_email


class Directory:
    """The users of one account by id and by normalised e-mail."""

    def __init__(self, users: Iterable[Mapping[str, Any]]) -> None:
        """Take over rows of `GET /users` of every status; a pending user has no `id`."""
        self._by_id: dict[str, str] = {}
        self._by_email: dict[str, str] = {}
        for user in users:
            user_id, email = str(user.get("id") or ""), normalise_email(user.get("email")) or ""
            if user_id:
                self._by_id[user_id] = email
            if email and not self._by_email.get(email):
                self._by_email[email] = user_id

    def hits(self, user_ids: Iterable[str], emails: Iterable[str]) -> list[dict[str, Any]]:
        """One row ``{"id", "email"}`` per user that is asked for, each once; ``""`` for what Zoom does not tell."""
        found = {(user_id, self._by_id[user_id]): None for user_id in user_ids if user_id in self._by_id}
        for text in emails:
            email = normalise_email(text)
            if email is not None and email in self._by_email:
                found[self._by_email[email], email] = None
        return [{"id": user_id, "email": email} for user_id, email in found]
