"""The web page: what the sandbox holds, for people. PURE."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from string import Template
from typing import Any

_MOST_ROWS = 200


def render(template: str, held: dict[str, Any]) -> str:
    """The page for a snapshot; the newest rows come first and at most 200 of a kind."""
    names = {brevo_list["id"]: brevo_list["name"] for brevo_list in held["lists"]}
    return Template(template).substitute(
        contact_count=len(held["contacts"]),
        event_count=len(held["events"]),
        call_count=held["calls"]["total"],
        refused_count=len(held["refused"]),
        refused_class="bad" if held["refused"] else "good",
        contacts=_rows((_contact_row(contact, names) for contact in _newest(held["contacts"])), 4),
        events=_rows(map(_event_row, _newest(held["events"])), 4),
        lists=_rows(
            (
                _cells(brevo_list["id"], brevo_list["name"], brevo_list["uniqueSubscribers"])
                for brevo_list in held["lists"]
            ),
            3,
        ),
        calls=_rows((_call_row(label, held) for label in sorted(held["calls"]["paths"])), 3),
        refused=_rows((_cells(call["method"], call["path"], call["why"]) for call in _newest(held["refused"])), 3),
    )


def _newest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return rows[: -_MOST_ROWS - 1 : -1]


def _rows(rows: Iterable[str], columns: int) -> str:
    return "".join(rows) or f'<tr><td colspan="{columns}" class="nothing">Nothing yet</td></tr>'


def _contact_row(contact: dict[str, Any], names: dict[int, str]) -> str:
    attributes = "".join(
        f'<span class="pair"><b>{escape(name)}</b> {escape(str(value))}</span>'
        for name, value in sorted(contact["attributes"].items())
    )
    lists = "".join(
        f'<span class="list" title="{escape(names.get(number, ""))}">{number} {escape(names.get(number, ""))}</span>'
        for number in contact["listIds"]
    )
    blocked = ' <span class="blocked">blocklisted</span>' if contact["emailBlacklisted"] else ""
    return (
        f'<tr><td class="number">{contact["id"]}</td><td>{escape(str(contact["email"]))}{blocked}</td>'
        f"<td>{attributes}</td><td>{lists}</td></tr>"
    )


def _event_row(event: dict[str, Any]) -> str:
    who = ", ".join(str(value) for value in event["identifiers"].values())
    properties = "".join(
        f'<span class="pair"><b>{escape(name)}</b> {escape(str(value))}</span>'
        for name, value in event["event_properties"].items()
    )
    return (
        f'<tr><td class="time">{escape(event["received_at"])}</td><td><code>{escape(event["event_name"])}</code></td>'
        f"<td>{escape(who)}</td><td>{properties}</td></tr>"
    )


def _call_row(label: str, held: dict[str, Any]) -> str:
    statuses = "".join(
        f'<span class="status s{escape(status[0])}">{escape(status)} ({count})</span>'
        for status, count in sorted(held["calls"]["statuses"][label].items())
    )
    return (
        f'<tr><td><code>{escape(label)}</code></td><td class="number">{held["calls"]["paths"][label]}</td>'
        f"<td>{statuses}</td></tr>"
    )


def _cells(*values: object) -> str:
    return "<tr>" + "".join(f"<td>{escape(str(value))}</td>" for value in values) + "</tr>"
