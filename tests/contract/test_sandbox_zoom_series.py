"""The sandbox's Zoom about series, several runs of one id, and reports that are not ready at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from sandbox.simulator import Chaos, World, simulate_meeting, simulate_webinar
from sandbox.zoom.backend import ZoomOptions
from sandbox.zoom.control import BACKEND
from sandbox.zoom.server import build_app
from sandbox.zoom.state import ZoomState
from tests.support.zoom_paths import Clock, Zoom

STARTS_AT = 1_787_155_200
HOUR = 3_600


@pytest.fixture
async def zoom() -> AsyncIterator[Zoom]:
    """A sandbox three hours after the start of its worlds, logged in."""
    clock = Clock()
    clock.now = STARTS_AT + 3.0 * HOUR
    server = TestServer(build_app(ZoomOptions(plan="business"), clock=clock))
    async with server, aiohttp.ClientSession() as session:
        client = Zoom(server, session, clock)
        await client.log_in()
        yield client


def webinar(*chaos: Chaos) -> World:
    """One of these tests."""
    return simulate_webinar(30, 7, frozenset(chaos), starts_at=STARTS_AT, recorded=True)


def hold(zoom: Zoom, world: World) -> str:
    """The sandbox holds it; its id."""
    zoom.server.app[BACKEND].state = world.zoom
    return str(world.event.object_id)


def in_path(uuid: str) -> str:
    """A uuid as Zoom finds it."""
    once = quote(uuid, safe="")
    return quote(once, safe="") if uuid.startswith("/") or "//" in uuid else once


async def test_previous_occurrences_are_shown_only_where_they_are_asked_for(zoom: Zoom) -> None:
    """Over is what ended before now; a deleted one keeps its status."""
    name = hold(zoom, webinar("recurring"))
    _, usual = await zoom.get(f"/webinars/{name}")
    _, whole = await zoom.get(f"/webinars/{name}?show_previous_occurrences=true")
    assert [row["status"] for row in usual["occurrences"]] == ["available"]
    assert len(whole["occurrences"]) == 4
    assert {key: value for key, value in usual.items() if key != "occurrences"} == {
        key: value for key, value in whole.items() if key != "occurrences"
    }


async def test_registrants_are_those_of_the_occurrence_that_is_named(zoom: Zoom) -> None:
    """Who named none is in every list, and the list of the whole id has everybody."""
    world = webinar("recurring")
    name = hold(zoom, world)
    (session,) = world.zoom.sessions
    occurrence = world.event.planned[0].occurrence_id
    _, whole = await zoom.get(f"/webinars/{name}/registrants?page_size=300")
    _, one = await zoom.get(f"/webinars/{name}/registrants?page_size=300&occurrence_id={occurrence}")
    approved = [row for row in session.registrants if row["status"] == "approved"]
    wanted = [row["id"] for row in approved if occurrence in row.get("occurrence_ids", [occurrence])]
    assert [row["id"] for row in one["registrants"]] == wanted
    assert len(wanted) < len(whole["registrants"]) == len(approved)
    assert not any("occurrence_ids" in row for row in whole["registrants"])


async def test_each_run_of_one_id_has_its_own_report(zoom: Zoom) -> None:
    """And the id itself answers for the latest run alone."""
    world = webinar("rehearsal", "line-break", "stray-run")
    name = hold(zoom, world)
    (session,) = world.zoom.sessions
    assert len(session.instances) == 5
    for instance in session.instances:
        _, report = await zoom.get(f"/report/webinars/{in_path(instance.uuid)}/participants?page_size=300")
        assert report["total_records"] == len(instance.participants) > 0
    _, latest = await zoom.get(f"/report/webinars/{name}/participants?page_size=300")
    assert latest["total_records"] == len(session.instances[-1].participants)


async def test_readings_of_a_report_change_until_it_is_ready(zoom: Zoom) -> None:
    """A reading is all of its pages; the third one is the last that differs."""
    world = webinar("report-missing")
    hold(zoom, world)
    (session,) = world.zoom.sessions
    (instance,) = session.instances
    path = f"/report/webinars/{in_path(instance.uuid)}/participants?page_size=20&include_fields=registrant_id"

    async def reading() -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        token = ""
        while True:
            _, page = await zoom.get(path + (f"&next_page_token={token}" if token else ""))
            rows += page["participants"]
            token = page["next_page_token"]
            if not token:
                return rows

    readings = [await reading() for _ in range(4)]
    whole = len(instance.participants)
    assert [len(rows) for rows in readings] == [whole // 2, whole, whole, whole]
    assert [sum(row["duration"] for row in rows) > 0 for rows in readings] == [True, False, True, True]
    assert readings[2] == readings[3]
    assert all(set(row) == set(readings[2][0]) for rows in readings for row in rows)


async def test_meeting_without_registration_has_no_list_of_registrants(zoom: Zoom) -> None:
    """HTTP 404 with code 404, which is Zoom's own word for it."""
    world = simulate_meeting(5, 7, starts_at=STARTS_AT)
    name = hold(zoom, world)
    (session,) = world.zoom.sessions
    status, _ = await zoom.get(f"/meetings/{name}/registrants")
    assert status == 200
    details = {**session.details, "settings": {"approval_type": 2}}
    held = ZoomState(sessions=(session.model_copy(update={"details": details}),))
    zoom.server.app[BACKEND].state = held
    status, body = await zoom.get(f"/meetings/{name}/registrants")
    assert (status, body["code"]) == (404, 404)
    assert "Registration has not been enabled" in body["message"]


async def test_recording_tells_its_type_as_a_text(zoom: Zoom) -> None:
    """A number in the webhook, a text in the answer."""
    world = webinar()
    hold(zoom, world)
    _, body = await zoom.get(f"/meetings/{in_path(world.event.spans[0].uuid)}/recordings")
    assert body["type"] == "5"
