"""What `rollcall backfill` reads of the sandbox's Zoom: by user and month, by name, and around what goes wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.backfill.gathering import Gathering
from ops.backfill.journal import Journal
from ops.backfill.plan import BackfillWish, FoundSessions
from ops.backfill.reading import ATTEMPTS, Reader
from ops.backfill.sessions import PastSession
from ops.backfill.spans import DaySpan
from ops.backfill.units import Unit
from sandbox.zoom.backend import ZoomOptions
from sandbox.zoom.endpoints import ALL_SCOPES
from sandbox.zoom.faults import ZoomFault
from sandbox.zoom.state import ZoomState
from schemas.errors import RetryLaterError
from schemas.instants import format_instant
from tests.support.zoom_sandbox import SandboxZoom, sandbox_zoom

HOSTED = "/report/users/{}/meetings"
TODAY = datetime.now(UTC).date()
PERIOD = DaySpan(TODAY - timedelta(days=59), TODAY)
ANA, BEN = "ana-id", "ben-id"


def ago(days: int) -> int:
    """Noon of that day, in seconds."""
    return int(datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC).timestamp()) - 86_400 * days


def session(number: int, kind: str, host: str, *days: int) -> dict[str, Any]:
    """A webinar or meeting with an hour's instance on each of these days ago."""
    return {
        "object_type": kind,
        "details": {"id": number, "host_id": host, "topic": f"T{number}", "type": 5 if kind == "webinar" else 2},
        "instances": [
            {"uuid": f"/{number}-{day}//==", "start_time": format_instant(ago(day)),
             "end_time": format_instant(ago(day) + 3_600)}
            for day in days
        ],
    }  # fmt: skip


STATE = ZoomState.model_validate(
    {
        "users": [
            {"id": ANA, "email": "Ana@example.com", "status": "active"},
            {"id": BEN, "email": "ben@example.com", "status": "inactive"},
            {"email": "invited@example.com", "status": "pending"},
        ],
        "sessions": [
            session(101, "webinar", ANA, 40, 10),
            session(102, "meeting", ANA, 20),
            session(103, "meeting", BEN, 5, 300),
            session(104, "webinar", BEN, 59, 60),
        ],
    }
)
EVERYTHING = {(101, 40), (101, 10), (102, 20), (103, 5), (104, 59)}


@pytest.fixture
def options() -> ZoomOptions:
    """How the account is set up; tests override it."""
    return ZoomOptions(plan="business")


@pytest.fixture
async def zoom(options: ZoomOptions) -> AsyncIterator[SandboxZoom]:
    """An account with two hosts."""
    async with sandbox_zoom(STATE, options) as made:
        yield made


async def at_once(_seconds: float) -> None:
    """Waits without waiting."""


async def gather(
    zoom: SandboxZoom, folder: Path, *, span: DaySpan = PERIOD, host: str | None = None, name: str | None = None
) -> FoundSessions:
    """What is found of the account, with the journal of the folder."""
    gathering = Gathering(BackfillWish(span, host, name, "backfill"), Journal.open(folder, []), TODAY)
    reader = Reader(zoom.client, nullcontext(), sleep=at_once)
    await gathering.read(STATE.account_id, reader, lambda _done, _total: None)
    return gathering.found


def uuids(*of: tuple[int, int]) -> set[str]:
    """The uuids of (number, days ago)."""
    return {f"/{number}-{days}//==" for number, days in of}


def names(found: FoundSessions) -> list[str]:
    """The uuids found, the oldest span first."""
    return [past.uuid for sessions in found.select(lambda _: True).values() for past in sessions]


def asked(zoom: SandboxZoom) -> int:
    """How often Zoom was asked what somebody hosted."""
    return sum(count for name, count in zoom.backend.requests.items() if name.startswith(HOSTED))


async def test_sessions_of_all_users_are_found_once_within_the_days(zoom: SandboxZoom, tmp_path: Path) -> None:
    """Inactive users hosted too, invited ones did not; webinars and meetings; days of both ends count."""
    found = await gather(zoom, tmp_path)
    assert sorted(names(found)) == sorted(uuids(*EVERYTHING))
    assert found.skipped == []
    assert asked(zoom) == 4
    (webinar,) = (past for unit in found.units.values() for past in unit if past.uuid in uuids((101, 10)))
    assert (webinar.object_type, webinar.object_id, webinar.host_id) == ("webinar", "101", ANA)
    assert (webinar.start, webinar.end) == (ago(10), ago(10) + 3_600)


@pytest.mark.parametrize("host", [ANA, "ana@EXAMPLE.com"])
async def test_host_is_chosen_by_id_or_email(zoom: SandboxZoom, tmp_path: Path, host: str) -> None:
    """And nobody else is asked about."""
    assert set(names(await gather(zoom, tmp_path, host=host))) == uuids((101, 40), (101, 10), (102, 20))
    assert asked(zoom) == 2


async def test_meeting_by_name_is_found_as_far_back_as_a_year_without_reports(
    zoom: SandboxZoom, tmp_path: Path
) -> None:
    """By its id every instance within the days, by a uuid that one."""
    year = DaySpan(TODAY - timedelta(days=365), TODAY)
    assert set(names(await gather(zoom, tmp_path, span=year, name="103"))) == uuids((103, 5), (103, 300))
    assert set(names(await gather(zoom, tmp_path, name="103"))) == uuids((103, 5))
    assert set(names(await gather(zoom, tmp_path, span=year, name="/103-300//=="))) == uuids((103, 300))
    assert asked(zoom) == 0


async def test_webinar_by_id_is_looked_for_with_its_host_alone(zoom: SandboxZoom, tmp_path: Path) -> None:
    """Zoom tells of a webinar's instances in reports only."""
    found = await gather(zoom, tmp_path, name="101")
    wish = BackfillWish(PERIOD, None, "101", "backfill")
    chosen = [past for sessions in found.select(wish.names).values() for past in sessions]
    assert {past.uuid for past in chosen} == uuids((101, 40), (101, 10))
    assert asked(zoom) == 2


async def test_webinar_by_name_from_before_six_months_is_skipped_with_the_reason(
    zoom: SandboxZoom, tmp_path: Path
) -> None:
    """Reports do not go back so far."""
    old = DaySpan(TODAY - timedelta(days=300), TODAY - timedelta(days=250))
    found = await gather(zoom, tmp_path, span=old, name="104")
    assert [skipped.what for skipped in found.skipped] == ["session 104"]
    assert "6 months" in found.skipped[0].reason


async def test_one_refused_user_is_skipped_and_asked_for_again_the_next_time(zoom: SandboxZoom, tmp_path: Path) -> None:
    """Once per run; the others are read, and what was read is not asked for again."""
    zoom.backend.faults.add(ZoomFault(endpoint=HOSTED, status=400, code=1010, message="User does not belong."))
    found = await gather(zoom, tmp_path)
    assert [(skipped.what, "1010" in skipped.reason) for skipped in found.skipped] == [(f"user {ANA}", True)]
    assert set(names(found)) == uuids((103, 5), (104, 59))
    before = asked(zoom)
    assert before == 3
    again = await gather(zoom, tmp_path)
    assert (again.skipped, set(names(again))) == ([], uuids(*EVERYTHING))
    # Ana twice, and the span that includes today of Ben, which may still grow.
    assert asked(zoom) - before == 3


@pytest.mark.parametrize("options", [ZoomOptions(plan="business", scopes=ALL_SCOPES - {"user:read:list_users:admin"})])
async def test_account_that_refuses_its_users_is_skipped_with_the_missing_scope(
    zoom: SandboxZoom, tmp_path: Path
) -> None:
    """Other accounts are not stopped by it."""
    found = await gather(zoom, tmp_path)
    assert names(found) == []
    assert "user:read:list_users:admin" in found.skipped[0].reason


async def test_stumbles_of_zoom_are_waited_out(zoom: SandboxZoom, tmp_path: Path) -> None:
    """A 429 and 500s: nothing is skipped, nothing is lost."""
    zoom.backend.faults.add(ZoomFault(endpoint=HOSTED, status=500, times=ATTEMPTS - 1))
    zoom.backend.faults.add(ZoomFault(endpoint=HOSTED, status=429, retry_after="seconds", retry_after_seconds=0))
    found = await gather(zoom, tmp_path)
    assert (found.skipped, set(names(found))) == ([], uuids(*EVERYTHING))


async def test_user_of_whom_zoom_never_tells_is_skipped(zoom: SandboxZoom, tmp_path: Path) -> None:
    """As long as it tells of others."""
    zoom.backend.faults.add(ZoomFault(endpoint=HOSTED, status=500, times=ATTEMPTS))
    found = await gather(zoom, tmp_path)
    assert [skipped.what for skipped in found.skipped] == [f"user {ANA}"]
    assert set(names(found)) == uuids((103, 5), (104, 59))


async def test_zoom_that_is_away_stops_the_run_and_what_was_read_is_kept(zoom: SandboxZoom, tmp_path: Path) -> None:
    """The next run asks for the rest."""
    await gather(zoom, tmp_path, host=ANA)
    before = asked(zoom)
    zoom.backend.faults.add(
        ZoomFault(endpoint=HOSTED, status=429, times=None, retry_after="seconds", retry_after_seconds=3_600)
    )
    with pytest.raises(RetryLaterError):
        await gather(zoom, tmp_path)
    assert asked(zoom) - before == 1
    zoom.backend.faults.clear()


def test_each_session_is_published_once_however_often_it_was_found() -> None:
    """Zoom may list one under two users."""
    twice = PastSession("account", "u", "1", 2, "T", ANA, 0, 3_600, 2)
    found = FoundSessions({Unit(PERIOD, "account", user): [twice] for user in (ANA, BEN)})
    assert names(found) == ["u"]
