"""The compose file as users run it, under a project name and ports of its own."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.kafka import free_port
from tests.support.docker_engine import docker

IMAGE = "rollcall-connector:test"
_PROBE = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())"


class Compose:
    """One project. Use `project`."""

    def __init__(self, name: str) -> None:
        self._options = ("compose", "--project-name", name, "--profile", "sandbox")
        # The sandbox's own installation whatever `.env` says. The ingress is restarted, and a port that the engine had
        # chosen would be another one then.
        self._environment = {
            "ROLLCALL_IMAGE": IMAGE,
            "ROLLCALL_INSTALLATION": "./deploy/sandbox",
            "INGRESS_PUBLISH": f"127.0.0.1:{free_port()}",
            "SANDBOX_ZOOM_PUBLISH": "0",
            "SANDBOX_BREVO_PUBLISH": "0",
        }

    def __call__(self, *arguments: str, timeout_seconds: float = 180) -> str:
        """`docker compose …`: what it prints. Fails the test, with the services' last words, when it fails."""
        done = self._run(*arguments, timeout_seconds=timeout_seconds)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}\n{self.last_words()}"
        return done.stdout

    def url(self, service: str, port: int) -> str:
        """Where a service's port is on this machine."""
        return f"http://{self('port', service, str(port)).strip()}"

    def containers(self, service: str) -> list[str]:
        """Names of its running containers, the oldest first."""
        lines = self("ps", "--format", "json", service).splitlines()
        return sorted(str(json.loads(line)["Name"]) for line in lines)

    def metrics(self, container: str, port: int) -> str:
        """What an admin port inside a container says under `/metrics`; empty when it does not answer."""
        url = f"http://127.0.0.1:{port}/metrics"
        return docker("exec", container, "python", "-c", _PROBE, url).stdout

    def last_words(self) -> str:
        """The ends of all logs."""
        return self._run("logs", "--no-color", "--tail", "30").stdout

    def remove(self) -> None:
        """Everything of it, volumes too."""
        self("down", "--volumes", "--timeout", "5")

    def _run(self, *arguments: str, timeout_seconds: float = 180) -> subprocess.CompletedProcess[str]:
        return docker(*self._options, *arguments, environment=self._environment, timeout_seconds=timeout_seconds)


@contextmanager
def project() -> Iterator[Compose]:
    """A project that is removed afterwards, whatever happened."""
    compose = Compose(f"rollcall-test-{uuid.uuid4().hex[:8]}")
    try:
        yield compose
    finally:
        compose.remove()
