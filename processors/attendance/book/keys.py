"""The rows of the table `attendance`: which key holds what. PURE.

All rows of one webinar or meeting lie in the partition of its id, so no key needs the account. Parts are joined by `|`,
which no id of Zoom's contains; e-mail addresses appear as contact ids only.

| key | row |
| --- | --- |
| `i|object|uuid` | an instance (attendance/instances.py) |
| `c|object|uuid|connection` | a connection (attendance/connections.py) |
| `g|object|registrant` | a registration (attendance/registrations.py) |
| `q|object|contact|registrant` | index: the registrations of a contact |
| `e|object|registrant` | what was last published of a registration |
| `o|object` | that it was converted from webinar to meeting or back |
| `d|object` | details that Zoom answered |
| `f|object` | the scheduled starts that registrations name |
| `k|object|scope` | a look-up: asked or answered |
| `p|object|contact` | a panelist |
| `x|object|e|contact`, `x|object|u|user` | whether an e-mail or user id belongs to the account |
| `u|object|registrant` | a registrant id that Zoom does not know |
| `m|object|uuid` | how far the readings of the report are (attendance/reports.py) |
| `t|object|uuid|row` | a row of the report, stamped with its reading |
| `a|object|uuid|contact` | absent from an instance, as Zoom says |
| `n|object|uuid` | how many participants Zoom counts in an instance |
| `v|object|uuid|contact|connection` | index: the presence of a contact in an instance |
| `r|object|occurrence|contact` | what was last published of a result |
| `s|object|occurrence` | what was last published of a session |
| `b|object|uuid|kind|contact` | polls or questions of a contact in an instance; without contact: of everybody |
| `b|object|uuid|chat|contact|message` | a message of a contact |
| `w|object|uuid` | the recording of an instance (attendance/recordings.py) |
| `y|object|occurrence|contact` | digest of what was last published of a recording; a mark: of the whole session |
| `z|object|uuid` | that the start of an instance was told |
| `z|object|occurrence|contact` | that a contact was told of the end |
| `j|object` | the closing that is due or under way |
| `due|milliseconds|object` | when to look at it |
"""

from __future__ import annotations

TABLE = "attendance"
DUE = b"due|"


def key(kind: str, *parts: str) -> bytes:
    """A row's key."""
    return "|".join((kind, *parts)).encode()


def prefix(kind: str, *parts: str) -> bytes:
    """The prefix of all rows below these parts."""
    return "|".join((kind, *parts, "")).encode()


def last_part(row_key: bytes) -> str:
    """The last part of a key."""
    return row_key.rpartition(b"|")[2].decode()


def due_key(at_ms: int, object_id: str) -> bytes:
    """A row of the agenda: 13 digits, so that the order of the bytes is that of time (until the year 2286)."""
    return b"due|%013d|%s" % (at_ms, object_id.encode())


def parse_due(row_key: bytes) -> tuple[int, str]:
    """(milliseconds since 1970, object id) of a row of the agenda."""
    _kind, at_ms, object_id = row_key.decode().split("|", 2)
    return int(at_ms), object_id
