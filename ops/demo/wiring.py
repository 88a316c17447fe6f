"""How the parts of an installation on one machine find each other: its file, and the variables of each process."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.zoom.state import ZoomState

_CONFIGURATION = """\
# The demo's configuration: the keys of the guide, with short durations.
connectors:
  zoom:
    enabled: true
    account_id: "${ZOOM_ACCOUNT_ID}"
    client_id: "${ZOOM_CLIENT_ID}"
    client_secret: "${ZOOM_CLIENT_SECRET}"
    sync: {participants: true, webinars: true, recordings: true}
    webhook:
      secret_token: "${ZOOM_WEBHOOK_SECRET}"
    lists: {meeting_participants: 15, webinar_attendees: 16, webinar_registrants: 17, webinar_no_shows: 18}
field_mapping:
  email: email
  name: FIRSTNAME
  join_time: MEETING_JOIN_DATE
  duration: MEETING_DURATION
  webinar_title: WEBINAR_NAME
  attendance_status: ATTENDANCE_STATUS
  registration_source: UTM_SOURCE
brevo: {api_key: "${BREVO_API_KEY}", contacts_per_second: 200, events_per_second: 200}
sessions: {settle: %ds, report_checks: [%s]}
"""
LIMIT_FACTOR = 50
"""Brevo's limits would make 50 contacts last a minute: sandbox and worker are told fifty times the ordinary plan."""


@dataclass(frozen=True)
class DemoPace:
    """How long the worker waits before it says what came of a session."""

    settle_seconds: int = 2
    """From the end until the first result."""
    report_seconds: tuple[int, ...] = ()
    """From the end until each reading of Zoom's report; none: what webhooks say is final."""


def configuration(pace: DemoPace | None = None) -> str:
    """The text of `rollcall.yaml`."""
    chosen = pace or DemoPace()
    return _CONFIGURATION % (
        chosen.settle_seconds,
        ", ".join(f"{report_second}s" for report_second in chosen.report_seconds),
    )


@dataclass(frozen=True)
class Wiring:
    """Addresses and secrets of one installation."""

    directory: Path
    """Holds `rollcall.yaml` and the workers' state."""
    kafka: Mapping[str, str]
    """The `KAFKA_…` variables: servers, security, and the prefix that keeps installations on one Kafka apart."""
    zoom_url: str
    """Of the sandbox's Zoom, without a path."""
    brevo_url: str
    """Of the sandbox's Brevo, with `/v3`."""
    brevo_api_key: str = field(repr=False)
    webhook_secret: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)

    def write_configuration(self, pace: DemoPace | None = None) -> None:
        """Writes the file that both processes read."""
        self._file.write_text(configuration(pace), encoding="utf-8")

    def ingress(self, port: int) -> dict[str, str]:
        """Variables of the ingress, which never gets Brevo's key; where its admin port is, others say."""
        return self._shared() | {
            "INGRESS_HOST": "127.0.0.1",
            "INGRESS_PORT": str(port),
            "ZOOM_WEBHOOK_SECRET": self.webhook_secret,
        }

    def worker(self, name: str = "data") -> dict[str, str]:
        """Variables of the worker whose state is in the folder `name`."""
        zoom = ZoomState()
        return self._shared() | {
            "ROLLCALL_DATA_DIR": str(self.directory / name),
            "ZOOM_CLIENT_ID": zoom.client_id,
            "ZOOM_CLIENT_SECRET": zoom.client_secret,
            "ZOOM_API_BASE_URL": f"{self.zoom_url}/v2",
            "ZOOM_OAUTH_BASE_URL": self.zoom_url,
            "BREVO_API_KEY": self.brevo_api_key,
            "BREVO_API_BASE_URL": self.brevo_url,
        }

    @property
    def _file(self) -> Path:
        return self.directory / "rollcall.yaml"

    def _shared(self) -> dict[str, str]:
        return {
            "ROLLCALL_CONFIG": str(self._file),
            **self.kafka,
            "ZOOM_ACCOUNT_ID": ZoomState().account_id,
        }
