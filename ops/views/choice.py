"""Which session or contact is meant, of those that fit. PURE."""

from __future__ import annotations

from collections.abc import Sequence

from readmodel.lines.contacts import ContactLine
from readmodel.lines.sessions import SessionLine
from schemas.errors import ConfigurationError

_SHOWN = 5
"""Candidates that a message names."""


class NotOneError(ConfigurationError):
    """None is meant, or several; the text names what there is."""


def one_session(which: str, found: Sequence[SessionLine], latest: Sequence[SessionLine]) -> SessionLine:
    """The only one of `found`; `latest` are named where there is none.

    Raises:
        NotOneError: there is none, or several.
    """
    if len(found) == 1:
        return found[0]
    if found:
        raise NotOneError(
            f"`{which}` means several sessions; name one by its uuid, or the beginning of it: {_named(found)}"
        )
    if latest:
        raise NotOneError(f"no session is `{which}`; the latest are: {_named(latest)}")
    raise NotOneError(f"no session is `{which}`: there is none at all yet")


def one_contact(who: str, found: Sequence[ContactLine]) -> ContactLine:
    """The only one of `found`.

    Raises:
        NotOneError: there is none, or several.
    """
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(contact.contact_id for contact in found[:_SHOWN])
        raise NotOneError(f"`{who}` begins several contact ids; write more of it: {ids}")
    # An address stays out of messages, which land in logs.
    named = "no contact has this address" if "@" in who else f"no contact id begins with `{who}`"
    raise NotOneError(
        f"{named}: nothing that Zoom told leads to it; `rollcall session latest --people` shows who is known"
    )


def _named(found: Sequence[SessionLine]) -> str:
    from_here = [_called(contact) for contact in found[:_SHOWN]]
    return "; ".join([*from_here, *(["…"] if len(found) > _SHOWN else [])])


def _called(line: SessionLine) -> str:
    at = line.started_at or line.scheduled_at or line.ended_at
    return f"{line.session_uuid} ({line.topic or line.object_id}{f', {at:%Y-%m-%d %H:%M}' if at else ''})"
