"""The sandbox's web page: what this Zoom holds, as plain HTML. PURE but for reading the template beside the package."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from sandbox.zoom.state import Instance, ZoomObject, ZoomState

_ROWS_SHOWN = 200


def _table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    if not rows:
        return '<p class="none">none</p>'
    cells = "".join(f"<th>{escape(title)}</th>" for title in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(value))}</td>" for value in row) + "</tr>" for row in rows[:_ROWS_SHOWN]
    )
    more = f'<p class="none">and {len(rows) - _ROWS_SHOWN} more</p>' if len(rows) > _ROWS_SHOWN else ""
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>{more}"


def _details(title: str, content: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{content}</details>"


def _instance(instance: Instance) -> str:
    rows = [
        (row["name"], row["user_email"], row["join_time"], row["leave_time"], row["duration"], row["status"])
        for row in instance.participants
    ]
    title = f"instance {instance.uuid}: {instance.start_time} to {instance.end_time or 'still live'}, {len(rows)} rows"
    return _details(title, _table(("name", "e-mail", "join", "leave", "seconds", "status"), rows))


def _session(session: ZoomObject) -> str:
    shown = ("first_name", "last_name", "email", "status", "create_time")
    registrants = [tuple(row[key] for key in shown) for row in session.registrants]
    scheduled = f"{session.object_type} {session.id}, scheduled {session.details['start_time']}"
    panelists = [(p["name"], p["email"]) for p in session.panelists]
    parts = [
        f"<h2>{escape(str(session.details['topic']))}</h2>",
        f'<p class="meta">{escape(scheduled)}</p>',
        _details(
            f"{len(registrants)} registrants",
            _table(("first name", "last name", "e-mail", "status", "created"), registrants),
        ),
        _details(f"{len(panelists)} panelists", _table(("name", "e-mail"), panelists)),
        *(_instance(instance) for instance in session.instances),
    ]
    return f"<section>{''.join(parts)}</section>"


def render(state: ZoomState, requests: dict[str, int], faults: list[dict[str, Any]]) -> str:
    """The whole page; long tables show their first 200 rows."""
    template = Template(files("sandbox").joinpath("web/zoom.html").read_text(encoding="utf-8"))
    users = [(u.get("display_name", ""), u["email"], u.get("id", "(pending)")) for u in state.users]
    return template.substitute(
        account=escape(state.account_id),
        sessions="".join(_session(session) for session in state.sessions)
        or '<p class="none">No webinar or meeting yet.</p>',
        users=_table(("name", "e-mail", "id"), users),
        requests=_table(("endpoint and status", "count"), sorted(requests.items())),
        faults=_table(("endpoint", "kind", "left"), [(f["endpoint"], f["kind"], f["left"]) for f in faults]),
    )


def render_consent(state: ZoomState, redirect_uri: str, scopes: frozenset[str]) -> str:
    """The page on which a person lets an app in, or does not."""
    template = Template(files("sandbox").joinpath("web/zoom-consent.html").read_text(encoding="utf-8"))
    return template.substitute(
        account=escape(state.account_id),
        redirect=escape(redirect_uri),
        scopes="".join(f"<li>{escape(scope)}</li>" for scope in sorted(scopes)),
    )
