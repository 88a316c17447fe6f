"""`rollcall backfill` killed while it reads and while it publishes, and asked for somebody whom nobody knows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ops.backfill.journal import Journal
from ops.backfill.sessions import PastSession
from ops.backfill.spans import DaySpan
from ops.backfill.units import Unit
from sandbox.zoom.backend import ZoomOptions
from sandbox.zoom.state import ZoomState
from schemas.instants import format_instant
from schemas.topics import RAW_EVENTS
from tests.support.acts import acts
from tests.support.kafka import read_to_end
from tests.support.processes import Process, eventually, rollcall_command, running
from tests.support.zoom_sandbox import SandboxZoom, sandbox_zoom

HOSTS = 400
UNREAD = 30
"""Of them the first command has not read yet; it knows the others from a run before."""
TODAY = datetime.now(UTC).date()
SPAN = DaySpan(TODAY - timedelta(days=20), TODAY - timedelta(days=5))
START = int(datetime.combine(TODAY - timedelta(days=10), datetime.min.time(), UTC).timestamp()) + 43_200
TIMES = {"start_time": format_instant(START), "end_time": format_instant(START + 60)}
HOSTED = "/report/users/{}/meetings"


def host(number: int) -> str:
    """A user's id."""
    return f"host-{number:03}"


def session_of(number: int) -> PastSession:
    """The one webinar that a user hosted."""
    return PastSession(
        STATE.account_id, f"u{number}==", str(number + 1_000), 5, "T", host(number), START, START + 60, 2
    )


STATE = ZoomState()
ACCOUNT = STATE.merged(
    ZoomState.model_validate(
        {
            "users": [
                {"id": name, "email": f"{name}@example.com", "status": "active"} for name in map(host, range(HOSTS))
            ],
            "sessions": [
                {
                    "object_type": "webinar",
                    "details": {"id": number + 1_000, "host_id": host(number), "topic": "T", "type": 5},
                    "instances": [{"uuid": f"u{number}==", **TIMES}],
                }
                for number in range(HOSTS)
            ],
        }
    )
)  # fmt: skip


@dataclass
class Machine:
    """Where the command runs."""

    env: dict[str, str]
    folder: Path

    @property
    def journal(self) -> list[str]:
        """What the journal's lines say: `read` or `published`."""
        (path,) = (self.folder / "data" / "backfill").iterdir()
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line]
        return ["read" if line.startswith('{"read"') else "published" for line in lines]

    async def run(self, *options: str, killed_when: Callable[[Counter[str]], bool] | None = None) -> Process:
        """The command until it ends, or is killed because of what its journal says."""
        days = ("--from", SPAN.first.isoformat(), "--to", SPAN.last.isoformat())
        log = self.folder / "backfill.log"
        log.unlink(missing_ok=True)
        with running(
            rollcall_command("backfill", *days, "--yes", "--json", *options), log=log, env=self.env, is_forked=True
        ) as process:

            async def stopped() -> bool:
                if killed_when is not None and killed_when(Counter(self.journal)):
                    process.kill()
                return process.exit_code is not None

            await eventually(stopped, timeout_seconds=120, what="the command ends", tell=process.describe)
            return process


@pytest.fixture
async def zoom() -> AsyncIterator[SandboxZoom]:
    """An account with many hosts."""
    async with sandbox_zoom(ACCOUNT, ZoomOptions(plan="business")) as made:
        yield made


@pytest.fixture
def machine(zoom: SandboxZoom, kafka_bootstrap: str, topic_prefix: str, tmp_path: Path) -> Machine:
    """A configured machine."""
    config = {"account_id": STATE.account_id, "client_id": STATE.client_id, "client_secret": STATE.client_secret}
    file = {"connectors": {"zoom": config}, "zoom_api": {"plan": "business"}}
    (tmp_path / "rollcall.yaml").write_text(json.dumps(file), encoding="utf-8")
    env = {
        "ROLLCALL_CONFIG": str(tmp_path / "rollcall.yaml"),
        "ROLLCALL_DATA_DIR": str(tmp_path / "data"),
        "KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap,
        "KAFKA_TOPIC_PREFIX": topic_prefix,
        "ZOOM_OAUTH_BASE_URL": zoom.url,
    }
    return Machine(env, tmp_path)


def asked(zoom: SandboxZoom) -> int:
    """How often Zoom was asked what somebody hosted."""
    return sum(count for name, count in zoom.backend.requests.items() if name.startswith(HOSTED))


async def test_backfill_killed_while_it_reads_and_while_it_publishes_goes_on_where_it_was(
    zoom: SandboxZoom, machine: Machine, kafka_bootstrap: str, topic_prefix: str
) -> None:
    """Three runs ask Zoom and publish what one would have, but for what was under way when a kill struck."""
    journal = Journal.open(machine.folder / "data" / "backfill", [SPAN.first, SPAN.last, None, None, STATE.account_id])
    for number in range(UNREAD, HOSTS):
        journal.note_read(Unit(SPAN, STATE.account_id, host(number)), [session_of(number)])

    known = HOSTS - UNREAD
    first = await machine.run(killed_when=lambda lines: lines["read"] >= known + UNREAD // 3)
    assert first.exit_code == -9, first.describe()
    read = machine.journal.count("read") - known
    assert UNREAD // 3 <= read < UNREAD
    assert asked(zoom) - read in (0, 1)

    second = await machine.run(killed_when=lambda lines: lines["published"] > 0)
    assert second.exit_code == -9, second.describe()
    published = machine.journal.count("published")
    assert 0 < published < HOSTS, "it was killed too late"
    assert asked(zoom) - UNREAD in (0, 1)
    questions = asked(zoom)

    third = await machine.run()
    assert third.exit_code == 0, third.describe()
    told = json.loads(third.output().splitlines()[-1])
    assert (told["sessions"], told["published"], told["skipped"]) == (HOSTS, HOSTS - published, [])
    assert asked(zoom) == questions
    assert list((machine.folder / "data" / "backfill").iterdir()) == []
    raw = await read_to_end(kafka_bootstrap, RAW_EVENTS.physical(topic_prefix))
    of_session = Counter(message.key for message in raw)
    assert len(of_session) == HOSTS
    assert len({dict(message.headers)["ce_id"] for message in raw}) == 2 * HOSTS
    assert len(raw) - 2 * HOSTS in (0, 1, 2), "no more than the session under way was published again"
    told = [entry.action for entry in await acts(kafka_bootstrap, topic_prefix)]
    assert told == ["backfill.begin", "backfill.begin", "backfill"], "the killed one had published something, too"


async def test_backfill_of_an_unknown_host_says_so_and_publishes_nothing(zoom: SandboxZoom, machine: Machine) -> None:
    """Exit code 2 with the name that was given; a host is known by id and by e-mail, however it is written."""
    for name, shown in (("nobody", "nobody"), ("nobody@example.com", "(address)")):
        ended = await machine.run("--host", name)
        assert ended.exit_code == 2
        assert f"--host {shown}: no user of the configured accounts has this id or e-mail" in ended.output()
    assert asked(zoom) == 0
    for name in (host(7), f"{host(7).upper()}@Example.com"):
        ended = await machine.run("--host", name, "--dry-run")
        assert ended.exit_code == 0, ended.describe()
        assert json.loads(ended.output().splitlines()[-1])["sessions"] == 1
