"""The sandbox's Zoom with what the payload files show, and a client that sends paths exactly as written."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer
from yarl import URL

from sandbox.zoom.backend import ZoomBackend, ZoomOptions
from sandbox.zoom.control import BACKEND
from sandbox.zoom.server import build_app
from sandbox.zoom.state import ZoomState

EXAMPLES = Path(__file__).parents[2] / "schemas/examples/zoom.rest"
WEBINAR, MEETING = "93577204816", "84215567031"
SLASHED, PLAIN = "/H7cZq0bS1uWm//5rXeTkQ==", "pT9/Qw3sRzGm4yBhK1xVdA=="
ONCE = "%2FH7cZq0bS1uWm%2F%2F5rXeTkQ%3D%3D"
TWICE = "%252FH7cZq0bS1uWm%252F%252F5rXeTkQ%253D%253D"
THRICE = TWICE.replace("%", "%25")
# Keys of a participant row that one of the endpoints does not show.
_REST_OF_A_ROW = {
    "registrant_id": "",
    "participant_user_id": "",
    "customer_key": "",
    "bo_mtg_id": "",
    "internal_user": False,
}


def example(name: str) -> dict[str, Any]:
    """A payload file."""
    loaded: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def sample_state() -> ZoomState:
    """An account that holds exactly what the payload files show; their second report page is two copies of a row."""
    report = example("report_webinar_participants")["participants"]
    participants = [_REST_OF_A_ROW | row for row in example("past_meeting_participants")["participants"]]
    return ZoomState.model_validate(
        {
            "users": example("users")["users"],
            "sessions": [
                {
                    "object_type": "webinar",
                    "details": {"id": int(WEBINAR), "host_id": "kR3vQpZlTN6wYb1mUxE0dA", "topic": "T", "type": 5},
                    "registrants": example("webinar_registrants")["registrants"],
                    "instances": [
                        {
                            "uuid": SLASHED,
                            "start_time": "2026-08-19T15:55:12Z",
                            "end_time": "2026-08-19T17:31:05Z",
                            "participants": [*({"internal_user": False} | row for row in (*report, *report[-2:]))],
                            "absentees": example("past_webinar_absentees")["registrants"],
                        }
                    ],
                },
                {
                    "object_type": "meeting",
                    "details": {"id": int(MEETING), "host_id": "kR3vQpZlTN6wYb1mUxE0dA", "topic": "M", "type": 2},
                    "instances": [
                        {
                            "uuid": PLAIN,
                            "start_time": "2026-08-12T14:00:04Z",
                            "end_time": "2026-08-12T15:02:41Z",
                            "participants": participants,
                        },
                    ],
                },
            ],
        }
    )


class Clock:
    """Seconds that move only when a test says so."""

    def __init__(self) -> None:
        self.now = 1_787_200_000.0

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self.now


class Zoom:
    """One sandbox, and a client that sends paths exactly as written."""

    def __init__(self, server: TestServer, session: aiohttp.ClientSession, clock: Clock) -> None:
        self.server = server
        self.session = session
        self.clock = clock
        self.headers: dict[str, str] = {}

    @property
    def backend(self) -> ZoomBackend:
        """The state behind the server."""
        return self.server.app[BACKEND]

    async def token(self, secret: str | None = None, **form: str) -> tuple[int, dict[str, Any]]:
        """`POST /oauth/token`."""
        secret = secret or self.backend.state.client_secret
        fields = {"grant_type": "account_credentials", "account_id": self.backend.state.account_id} | form
        basic = {"Authorization": "Basic " + b64encode(f"sandbox-client:{secret}".encode()).decode()}
        async with self.session.post(self.server.make_url("/oauth/token"), data=fields, headers=basic) as response:
            return response.status, await response.json()

    async def log_in(self) -> None:
        """Uses a fresh token from here on."""
        _, body = await self.token()
        self.headers = {"Authorization": f"Bearer {body['access_token']}"}

    async def get(self, path: str) -> tuple[int, Any]:
        """`GET /v2<path>`, not re-encoded."""
        status, body, _ = await self.get_with_headers(path)
        return status, body

    async def get_with_headers(self, path: str) -> tuple[int, Any, dict[str, str]]:
        """As `get`, with the answer's headers."""
        url = URL(f"{str(self.server.make_url('/')).rstrip('/')}/v2{path}", encoded=True)
        async with self.session.get(url, headers=self.headers) as response:
            return response.status, await response.json(), dict(response.headers)

    async def control(self, method: str, path: str, body: object = None) -> Any:
        """A request to `/_sandbox`."""
        async with self.session.request(method, self.server.make_url(f"/_sandbox/{path}"), json=body) as response:
            assert response.status < 300, await response.text()
            return await response.json()


async def start(options: ZoomOptions, session: aiohttp.ClientSession) -> Zoom:
    """A sandbox with the sample state, logged in."""
    clock = Clock()
    server = TestServer(build_app(options, clock=clock))
    await server.start_server()
    zoom = Zoom(server, session, clock)
    zoom.backend.state = sample_state()
    await zoom.log_in()
    return zoom
