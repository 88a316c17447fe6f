"""Which state is live: only a topic that is not there says that nobody has switched yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.kafka import KafkaConnection
from runtime.states import read_live, read_states
from schemas.errors import ConfigurationError


@pytest.mark.parametrize("read", [read_live, read_states])
async def test_state_that_cannot_be_asked_for_is_not_taken_for_the_first_one(read: object, tmp_path: Path) -> None:
    """A worker would go on with the tables of another state, because a file of this machine is missing."""
    assert callable(read)
    connection = KafkaConnection("127.0.0.1:1", security_protocol="SSL", ssl_cafile=str(tmp_path / "none.pem"))
    with pytest.raises(ConfigurationError, match="KAFKA_SSL_CAFILE"):
        await read(connection)
