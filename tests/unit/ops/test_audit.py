"""What was done elsewhere than in Kafka, and cannot be noted."""

from __future__ import annotations

import pytest

from ops.audit import audit_entry, note_done
from runtime.kafka import KafkaConnection
from runtime.models import Kafka
from sandbox.kafka import free_port


async def test_act_that_cannot_be_noted_is_told_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    """The act is done, so it is no failure of the act; who runs the command hears that nobody else will know."""
    nobody = KafkaConnection(f"127.0.0.1:{free_port()}")
    assert not await note_done(nobody, Kafka(), audit_entry("zoom.logout", "an-account", {}))
    said = capsys.readouterr().err
    assert said.startswith("zoom.logout of an-account is done, and not noted in ops.audit.v1: Kafka at 127.0.0.1:")
    assert "check KAFKA_BOOTSTRAP_SERVERS" in said
