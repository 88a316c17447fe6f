"""`rollcall demo --against`: wrong usage is told at once; what it does is in tests/integration/containers."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.kafka import free_port
from tests.support.processes import rollcall_command, running

INGRESS, ZOOM = "--against=http://127.0.0.1:1/webhooks/zoom", "--zoom=http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        ([INGRESS], {"ZOOM_WEBHOOK_SECRET": "s"}, ["--zoom", "--brevo"]),
        ([INGRESS, ZOOM, "--brevo=http://127.0.0.1:1", "--keep"], {"ZOOM_WEBHOOK_SECRET": "s"}, ["--keep"]),
        ([INGRESS, ZOOM, "--brevo=http://127.0.0.1:1"], {}, ["ZOOM_WEBHOOK_SECRET_FILE"]),
        ([INGRESS, ZOOM, "--brevo=http://127.0.0.1:{port}"], {"ZOOM_WEBHOOK_SECRET": "s"}, ["--brevo", "{port}"]),
    ],
    ids=["incomplete", "keep", "no-secret", "no-brevo"],
)
def test_demo_against_wrong_usage_is_2_and_says_what_to_give(
    arguments: list[str], environment: dict[str, str], words: list[str], tmp_path: Path
) -> None:
    """Before a single webhook is sent."""
    port = str(free_port())
    command = rollcall_command("demo", *(argument.replace("{port}", port) for argument in arguments))
    with running(command, log=tmp_path / "log", env=environment) as demo:
        assert demo.wait(60) == 2, demo.describe()
        assert [word for word in words if word.replace("{port}", port) not in demo.output()] == []
        assert "Traceback" not in demo.output()
