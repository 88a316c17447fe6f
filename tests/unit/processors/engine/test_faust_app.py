"""What the Faust app is told of the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from processors.engine.faust_app import HEARTBEATS_PER_SESSION, build_faust_app
from runtime.kafka import KafkaConnection
from runtime.models import Kafka


@pytest.mark.parametrize("session", ["6s", "10s", "30s"])
def test_session_is_as_configured_and_has_room_for_lost_heartbeats(tmp_path: Path, session: str) -> None:
    """Faust refuses a session that is longer than a request may take, but only once it has started."""
    kafka = Kafka.model_validate({"session": session})
    conf = build_faust_app(KafkaConnection("localhost:9"), kafka, tmp_path).conf
    assert conf.broker_session_timeout == kafka.session == float(session.removesuffix("s"))
    assert conf.broker_heartbeat_interval * HEARTBEATS_PER_SESSION == pytest.approx(kafka.session)
    assert conf.broker_session_timeout <= conf.broker_request_timeout


@pytest.mark.parametrize("session", ["5s", "31s"])
def test_session_that_no_broker_or_faust_takes_is_refused_by_the_file(session: str) -> None:
    """With the bounds, before anything starts."""
    with pytest.raises(ValidationError, match=r"(greater|less) than or equal to (6|30)"):
        Kafka.model_validate({"session": session})
