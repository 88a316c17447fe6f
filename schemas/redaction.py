"""What of Zoom's events and answers a topic may hold. PURE.

Allow before deny: of an event that no rule of ours reads, a topic holds the frame alone. Of the others, and of Zoom's
answers, these fields go, anywhere in the tree, known by their names: Zoom adds fields without notice. Every text loses
the secret parameters of the URLs in it, whatever its field is called.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any


@dataclass(frozen=True, slots=True)
class RedactedField:
    """One kind of field that goes, and why."""

    reason: str
    parts: tuple[str, ...] = ()
    """What a name holds, written in lower case without `_` and `-`."""
    words: frozenset[str] = frozenset()
    """What one of a name's words is: `host_ip`, `ipAddress` and `HostIP` have the word `ip`."""
    ends: tuple[str, ...] = ()
    """What a name ends with, written as `parts`."""


# Names as in Zoom's events and answers: https://developers.zoom.us/docs/api/, checked 2026-11-21 and 2026-11-27.
ENTRIES = (
    RedactedField(
        "whoever has it gets in, or acts for somebody",
        parts=("password", "passcode", "passwd", "token", "secret", "credential", "apikey", "hostkey", "encryptionkey"),
        words=frozenset({"pwd", "pin", "zak", "jwt", "tk", "otp", "authorization", "cookie"}),
    ),
    RedactedField(
        "a join link is personal, a start link makes its holder the host, a download link holds what was said",
        ends=("url", "urls", "link", "links"),
    ),
    RedactedField(
        "it tells where somebody is, or which machine is theirs",
        parts=("ipaddress", "macaddr"),
        words=frozenset({"ip", "ips", "ipv4", "ipv6", "mac", "location", "latitude", "longitude"}),
    ),
    RedactedField(
        "somebody can be called by it, or dials in with it",
        parts=("phone", "dialin", "h323", "pstn", "audioconference", "thirdpartyaudio"),
        words=frozenset({"mobile", "fax", "sip", "dial"}),
        ends=(
            *("callernumber", "calleenumber", "fromnumber", "tonumber", "bynumber", "didnumber", "extensionnumber"),
            *("dialednumber", "dialnumber"),
        ),
    ),
    RedactedField(
        "it is what was said or written",
        parts=("messagecontent", "nextsteps"),
        words=frozenset({"summary", "transcript", "captions"}),
        ends=("messages",),
    ),
)
WHOLE_NAMES = frozenset({"message"})
"""What was said, too; names that hold the word are of ids and objects."""
SHARED = "share_url"
"""A recording's link for people: contacts are sent it. It stays without its query, where Zoom may put the passcode."""

READ = frozenset(
    {
        "app_deauthorized",
        "recording.completed",
        *("webinar.created", "webinar.updated", "webinar.deleted"),
        *(
            f"{kind}.{what}"
            for kind in ("meeting", "webinar")
            for what in (
                *("started", "ended", "participant_joined", "participant_left", "participant_role_changed"),
                *("participant_bind", "converted_to_meeting", "converted_to_webinar", "chat_message_sent"),
                *("registration_created", "registration_approved", "registration_cancelled", "registration_denied"),
            )
        ),
    }
)
"""The events that a rule of ours reads; a test compares."""

_LONGEST_NAME = 64
"""Characters of a field's name; Zoom's have up to 40. What is longer goes: nobody can tell what it is."""
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])|[A-Z]")
# A parameter, also of a URL that is a parameter itself and so is written in percents; its value ends where the next
# begins. Linear: no two of the alternatives begin alike.
_PARAMETER = re.compile(
    r"([?&#;]|%3F|%26|%23)([A-Za-z0-9_.~-]{1,64})(?:=|%3D)(?:[^?&#;\s\"'<>%]+|%(?!26|23|3F))*", re.IGNORECASE
)
_OPENINGS_AND_ESCAPES = b"?&#;%\\"
_NODES = (dict, list)
_EMPTY_QUERY = re.compile(r"[?](?=[\s#\"'<>]|$)")
_FRAME_OF_OBJECT = ("id", "uuid", "host_id", "type", "start_time", "end_time", "date_time")
"""Ids and times: what tells which object an event is about, and when."""
_LONGEST_IN_FRAME = 255
"""Characters; Zoom's ids have 10 to 60."""


def reason_to_drop(name: str) -> str | None:
    """Why a field of this name goes; ``None``: it stays."""
    if name == SHARED:
        return None
    if len(name) > _LONGEST_NAME:
        return "nobody can tell what it is"
    squeezed, words = name.lower().replace("_", "").replace("-", ""), {word.lower() for word in _WORD.findall(name)}
    for field in ENTRIES:
        if words & field.words or squeezed.endswith(field.ends) or any(part in squeezed for part in field.parts):
            return field.reason
    return ENTRIES[-1].reason if name.lower() in WHOLE_NAMES else None


@lru_cache(maxsize=512)  # objects of one kind have the same fields; only what Zoom signed or answered gets here
def _changed_of(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if name == SHARED or reason_to_drop(name) is not None)


def may_hold_parameters(body: bytes) -> bool:
    """Whether a text of this JSON may hold what opens a URL's parameter, as it is or escaped; in most there is none."""
    return len(body.translate(None, _OPENINGS_AND_ESCAPES)) < len(body)


def redact(tree: Any, *, with_urls: bool = True) -> int:
    """Drop from a parsed value, in place, what no topic may hold, and say how many fields and URLs that were.

    Without recursion, since a body may be nested as deeply as its sender likes.

    Args:
        tree: of dicts, lists, texts and numbers.
        with_urls: false where its JSON is known to hold no parameter of a URL (`may_hold_parameters`).
    """
    changed = 0
    waiting: list[dict[str, Any] | list[Any]] = [tree] if isinstance(tree, dict | list) else []
    while waiting:
        node: Any = waiting.pop()
        is_object = type(node) is dict
        if is_object and (names := _changed_of(tuple(node))):
            changed += _drop_fields(node, names)
        # A JSON parser makes exactly these types, and comparing them is quicker than isinstance.
        if not with_urls:
            waiting += [value for value in (node.values() if is_object else node) if type(value) in _NODES]
            continue
        for key, value in node.items() if is_object else enumerate(node):
            kind = type(value)
            if kind is str:
                if (clean := _clean(value)) != value:
                    node[key] = clean
                    changed += 1
            elif kind is dict or kind is list:
                waiting.append(value)
    return changed


def _drop_fields(node: dict[str, Any], names: tuple[str, ...]) -> int:
    changed = 0
    for name in names:
        if name != SHARED:
            del node[name]
            changed += 1
        elif isinstance(link := node[name], str) and "?" in link:
            node[name] = link.partition("?")[0]
            changed += 1
    return changed


def redacted(value: Any) -> Any:
    """A copy without what `redact` drops."""
    made = copy.deepcopy(value)
    redact(made)
    return made


def without_secret_parameters(text: str) -> str:
    """The text without the parameters of its URLs that let somebody in; others stay.

    >>> without_secret_parameters("Join https://zoom.us/j/95?pwd=Zm9v&from=mail#tk=x or call")
    'Join https://zoom.us/j/95?from=mail or call'
    """
    found = _PARAMETER.sub(lambda match: match[0] if reason_to_drop(match[2]) is None else _opening(match[1]), text)
    return text if found == text else _EMPTY_QUERY.sub("", found.replace("?&", "?"))


def _clean(text: str) -> str:
    """Most texts hold no parameter, which shows at once."""
    return without_secret_parameters(text) if "=" in text or "%3" in text else text


def _opening(separator: str) -> str:
    return separator if separator in ("?", "%3F", "%3f") else ""


@lru_cache(maxsize=1_024)
def keeps_payload(event: str, allowed: tuple[str, ...]) -> bool:
    """Whether a topic holds more of an event than its frame.

    Args:
        event: Zoom's name.
        allowed: the operator's patterns (`privacy.payloads_of`).
    """
    return event in READ or any(fnmatchcase(event, pattern) for pattern in allowed)


def frame_of(event: Any) -> dict[str, Any]:
    """Event name, account, ids and times of an event, and nothing that anybody said, typed or is called by.

    >>> frame_of({"event": "phone.sms_sent", "event_ts": 5, "payload": {"object": {"id": "s1", "message": "Hi Maya"}}})
    {'event': 'phone.sms_sent', 'event_ts': 5, 'payload': {'object': {'id': 's1'}}}
    """
    if not isinstance(event, Mapping):
        return {}
    framed = _plain(event, ("event", "event_ts"))
    if isinstance(payload := event.get("payload"), Mapping):
        framed["payload"] = _plain(payload, ("account_id", "event_ts"))
        if isinstance(subject := payload.get("object"), Mapping):
            framed["payload"]["object"] = _plain(subject, _FRAME_OF_OBJECT)
    return framed


def _plain(fields: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: fields[name] for name in names if _says_no_more(fields.get(name))}


def _says_no_more(value: Any) -> bool:
    """Numbers, and texts that are no address and no essay."""
    if isinstance(value, str):
        return len(value) <= _LONGEST_IN_FRAME and "@" not in value
    return isinstance(value, int | float)
