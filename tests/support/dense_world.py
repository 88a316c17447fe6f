"""One small series made by hand in which most rules of attendance have somebody to decide on. PURE.

Two dates on one day, since a clock that jumps a week would find every report old.
"""

from __future__ import annotations

import orjson

from sandbox.zoom.state import ZoomState
from schemas.instants import format_instant
from tests.support.worked_examples import Example, address, seconds

PRIVATE = "kim@home.example"
FORMER = frozenset({address("moe"), address("mia")})
"""Of the registration whose address changed: they may be told of until that is heard."""
LINES = """
series 10:00 60 min: one, two +4h
registered ana
registered bo for two
registered cy
registered di for two by list
registered ed at 11:00
registered gil
registered ivo
registered kim by list
registered oli for one
registered pia for two
run Early 09:00-09:20 practice
ana in Early 09:01-09:19
run A 10:00-11:00
host in A 10:00-11:00
ana in A 09:59-10:50 pc
ana in A 10:45-11:00 phone
gil in A 10:00-11:00
ivo in A 10:40-11:00
nat in A 10:05-
oli in A 10:00-10:55
qi in A -10:30
run B 13:50-15:00
host in B 13:50-15:00
pia in B 13:50-13:58
gil in B 14:00-15:00
ivo in B 14:00-15:00
nat in B 14:00-14:40
run Again 15:20-15:21
bo in Again 15:20-15:21
report A: ana 09:59-10:50 of ana pc, ana 10:45-11:00 of ana phone, gil 10:00-11:00, ivo 10:40-11:00, nat 10:05-10:40
"""


def dense_world() -> tuple[list[bytes], ZoomState]:
    """(webhooks in Zoom's order, what Zoom answers).

    Ana came to the first date and missed the second, oli is missing in the report, nat's leave was lost, pia was in
    the lobby alone, bo came when the link was opened again, ed registered at the very end, lea cancelled while it was
    on, gil and ivo are users of the account, kim showed another address than the registration's, moe changed it twice.
    """
    example = Example()
    for line in LINES.strip().splitlines():
        example.read(line)
    _say_registered(example, "registration_created", "lea", "-3d 09:00", "lea")
    _say_registered(example, "registration_cancelled", "lea", "10:30", "lea", status="cancelled")
    for day, email in enumerate(("moe", "mia", "moe", "max")):
        _say_registered(example, "registration_approved", "moe", f"-{5 - day}d 09:00", email)
    kim = {"participant_uuid": "kim", "user_id": "7", "registrant_id": "Rkim", "email": PRIVATE}
    for name, at in (("join", "10:10"), ("leave", "10:50")):
        shown = {**kim, f"{name}_time": format_instant(seconds(at))}
        example.say(f"participant_{'joined' if name == 'join' else 'left'}", seconds(at), uuid="A", participant=shown)
    users = tuple({"id": f"user {name}", "email": address(name), "type": 2} for name in ("gil", "ivo"))
    bodies = sorted(example.bodies, key=lambda body: int(orjson.loads(body)["event_ts"]))
    return bodies, example.zoom().model_copy(update={"users": users})


def _say_registered(
    example: Example, event: str, registrant: str, at: str, email: str, status: str = "approved"
) -> None:
    row = {"id": f"R{registrant}", "email": address(email), "first_name": registrant.title(), "status": status}
    example.say(event, seconds(at), registrant=row, start_time=format_instant(example.start or 0))
